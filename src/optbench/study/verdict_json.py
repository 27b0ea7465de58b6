"""verdict.json: what a study found, for programs. Its sentences are English whatever language the machine speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.comparison import SCHEMA_VERSION
from optbench.study.plan import protocol
from optbench.study.sentences import leaders_sentence, problem_verdict, study_verdict, study_warnings
from optbench.words import DEFAULT, sentences
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.comparison import Comparison, TargetTable
    from optbench.core.findings import Finding
    from optbench.study.findings import Analyses, ProblemFindings, StudyFindings


def verdict_document(study: StudyFindings) -> dict[str, Any]:
    """Return verdict.json: for one problem the shape of `compare --format json` with more at its end.

    For several, what is common to them, then `problems` with one such shape each, then `across`. `findings` are what
    the sentences of `warnings` are made of, one by one; `verdict_findings` what a study adds to a verdict.
    """
    from optbench.reporting.comparison_document import SEVERAL_PROBLEMS, across_document, common_design

    about = {
        "study": {
            "name": study.config.name,
            "key": study.key,
            "plan": study.plan,
            "design": study.config.design.to_json(),
        },
        "protocol": protocol(study.config),
        "exploratory_plan": study.exploratory and study.exploratory.to_json(),
    }
    doubts = [{**doubt.to_json(), "problem": name or None} for name, doubt in study.all_doubts]
    warnings = study_warnings(study, DEFAULT)
    if len(study.problems) == 1:
        document = problem_document(study.problems[0], study.protocol)
        of_protocol = [{**doubt.to_json(), "problem": None} for doubt in study.doubts]
        return {
            **document,
            "warnings": [*located_sentences(study.comparison.all_differences, DEFAULT), *warnings],
            "findings": [*document["findings"], *of_protocol],
            "verdict": study_verdict(study, DEFAULT),
            **about,
        }
    return {
        "schema_version": SCHEMA_VERSION,
        "metric": study.metric.name,
        "split": "test",
        "alpha": study.config.alpha,
        "margin": study.config.margin,
        "looks": list(study.config.looks),
        "warnings": warnings,
        "verdict": study_verdict(study, DEFAULT),
        "scope": SEVERAL_PROBLEMS,
        "split_design": common_design(problem.compared for problem in study.problems),
        "findings": doubts,
        **about,
        "problems": [problem_document(problem, study.protocol) for problem in study.problems],
        "across": across_document(study.across),
    }


def problem_document(problem: ProblemFindings, protocol: Iterable[Finding]) -> dict[str, Any]:
    """Return the shape of `compare --format json`, then what only a study knows of the problem.

    Of the clock there is `training_seconds` alone.
    """
    from optbench.reporting.comparison_document import comparison_document

    document = comparison_document(problem.comparison)
    for summary in document["optimizers"]:
        del summary["peak_memory_mb"]
    doubts = [{**doubt.to_json(), "problem": None} for doubt in problem.doubts]
    added = (*problem.failed_tunings, *protocol, *problem.gain_statements, *problem.turned, *problem.decision)
    return {
        **document,
        "warnings": [*document["warnings"], *sentences(problem.doubts, DEFAULT)],
        "findings": [*document["findings"], *doubts],
        "verdict": problem_verdict(problem, protocol, DEFAULT),
        "scope": problem.scope and problem.scope.value,
        "name": problem.name,
        "openings": [{key: opening[key] for key in ("plan", "data", "split")} for opening in problem.openings],
        "tuning": [tuning.to_json() for tuning in problem.tunings],
        "shrinkage": [shrinkage.to_json() for shrinkage in problem.shrinkages],
        "chosen": {tuning.label: dict(tuning.winner.values) for tuning in problem.tunings},
        **_analyses(problem.analyses),
        "verdict_findings": [finding.to_json() for finding in added],
        "seeds": problem.seeds,
        "recommended": problem.recommended and problem.recommended.to_json(),
        "exploratory": problem.exploratory and _exploratory(problem.exploratory),
    }


def _exploratory(comparison: Comparison) -> dict[str, Any]:
    """Return what runs beyond the plan say: a verdict of its own, which is not the study's."""
    from optbench.reporting.comparison_document import comparison_document

    document = comparison_document(comparison)
    kept = ("optimizers", "pairs", "verdict", "rulings")
    return {name: document[name] for name in kept} | {"seeds": max(one["n"] for one in document["optimizers"])}


def _analyses(analyses: Analyses) -> dict[str, Any]:
    budgets = analyses.budgets
    return {
        "best_of_k": budgets and {**budgets.to_json(), "sentence": leaders_sentence(budgets, DEFAULT)},
        "learning_rate_width": [width.to_json() for width in analyses.widths],
        "targets": [_without_clock(table) for table in analyses.targets],
        "disagreement": [item.to_json() for item in analyses.disagreements],
        "calibration": [
            {"optimizer": label, "expected_calibration_error": error} for label, error in analyses.calibration.items()
        ],
        "splits": analyses.splits and analyses.splits.to_json(),
        "unseen_rows": analyses.unseen and analyses.unseen.to_json(),
        "one_split": analyses.seed_noise and analyses.seed_noise.to_json(),
    }


def _without_clock(table: TargetTable) -> dict[str, Any]:
    document = table.to_json()
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in document["rows"]]
    return {**document, "rows": rows}
