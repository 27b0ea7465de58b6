"""From run records to a comparison: groups, scores, what else differs, pairs, verdict. No files, no drawing."""

from __future__ import annotations

from optbench.comparison.compare import compare
from optbench.comparison.curves import CurveBand, ProblemCurves, RocBand, curve_bands, roc_bands
from optbench.comparison.metrics import METRICS, Metric, metric_named
from optbench.comparison.result import (
    Comparison,
    Obstacle,
    OptimizerSummary,
    PairResult,
    ProblemComparison,
)
from optbench.comparison.severity import Difference, Severity

__all__ = [
    "METRICS",
    "Comparison",
    "CurveBand",
    "Difference",
    "Metric",
    "Obstacle",
    "OptimizerSummary",
    "PairResult",
    "ProblemComparison",
    "ProblemCurves",
    "RocBand",
    "Severity",
    "compare",
    "curve_bands",
    "metric_named",
    "roc_bands",
]
