"""From run records to a comparison: groups, scores, what else differs, pairs, verdict. No files, no drawing."""

from __future__ import annotations

from optbench.comparison.across import Across, AcrossPair, AcrossRow, across_problems
from optbench.comparison.across_findings import across_findings
from optbench.comparison.collapse import count_collapsed
from optbench.comparison.compare import compare
from optbench.comparison.crossings import Crossing, curve_column
from optbench.comparison.curves import (
    CurveBand,
    ExampleCurves,
    MeanCurve,
    ProblemCurves,
    RocBand,
    curve_bands,
    precision_recall_means,
    reliability_means,
    roc_bands,
)
from optbench.comparison.disagreement import AnsweredRows, ClassGap, Disagreement, Disagreements
from optbench.comparison.labels import differing_keys, setting_text
from optbench.comparison.pair_findings import without_numbers
from optbench.comparison.pairs import difference_interval
from optbench.comparison.question import OPTIMIZER
from optbench.comparison.result import (
    SCHEMA_VERSION,
    Comparison,
    NewRows,
    Obstacle,
    OptimizerSummary,
    PairOutcome,
    PairResult,
    ProblemComparison,
    Ruling,
    Scope,
    Unknown,
)
from optbench.comparison.row_scores import RowCounts, RowScores, RunRows, SplitEvidence
from optbench.comparison.scopes import narrowest
from optbench.comparison.scores import default_margin, run_score, score_of_diverged
from optbench.comparison.settings import chosen_settings, config_parts, once_each
from optbench.comparison.severity import Difference
from optbench.comparison.targets import (
    RunTrace,
    TargetRow,
    TargetTable,
    reached_shares,
    suggested_targets,
    target_table,
)
from optbench.comparison.ties import is_equal, sharing_best
from optbench.comparison.update_rules import UpdateRule, update_rules
from optbench.core.findings import Severity

__all__ = [
    "OPTIMIZER",
    "SCHEMA_VERSION",
    "Across",
    "AcrossPair",
    "AcrossRow",
    "AnsweredRows",
    "ClassGap",
    "Comparison",
    "Crossing",
    "CurveBand",
    "Difference",
    "Disagreement",
    "Disagreements",
    "ExampleCurves",
    "MeanCurve",
    "NewRows",
    "Obstacle",
    "OptimizerSummary",
    "PairOutcome",
    "PairResult",
    "ProblemComparison",
    "ProblemCurves",
    "RocBand",
    "RowCounts",
    "RowScores",
    "Ruling",
    "RunRows",
    "RunTrace",
    "Scope",
    "Severity",
    "SplitEvidence",
    "TargetRow",
    "TargetTable",
    "Unknown",
    "UpdateRule",
    "across_findings",
    "across_problems",
    "chosen_settings",
    "compare",
    "config_parts",
    "count_collapsed",
    "curve_bands",
    "curve_column",
    "default_margin",
    "difference_interval",
    "differing_keys",
    "is_equal",
    "narrowest",
    "once_each",
    "precision_recall_means",
    "reached_shares",
    "reliability_means",
    "roc_bands",
    "run_score",
    "score_of_diverged",
    "setting_text",
    "sharing_best",
    "suggested_targets",
    "target_table",
    "update_rules",
    "without_numbers",
]
