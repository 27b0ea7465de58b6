"""A comparison as JSON values: the shape of `compare --format json` and of verdict.json; its sentences are English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import SCHEMA_VERSION, across_findings
from optbench.comparison.wording import value_text
from optbench.core.findings import as_json
from optbench.words import DEFAULT, sentence, sentences
from optbench.words.comparisons import (
    difference_sentences,
    located_sentences,
    problem_verdict,
    verdict_text,
)
from optbench.words.rules import rule_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, Comparison, Difference, ProblemComparison, Ruling, UpdateRule

SEVERAL_PROBLEMS: Final = "several_problems"
"""The scope of what several problems say together; each of them has one of its own."""


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return strict JSON values; `findings` are what the sentences of `warnings` are made of, one by one.

    The shape does not depend on the number of problems: `optimizers` and `pairs` are flat lists whose entries
    name their `problem` (no pair joins two problems), and `problems` has a verdict for each.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "metric": comparison.metric.name,
        "split": "test",
        "alpha": comparison.alpha,
        "margin": comparison.margin,
        "optimizers": [
            {**summary.to_json(), "problem": problem.problem}
            for problem in comparison.problems
            for summary in problem.optimizers
        ],
        "pairs": [
            {**pair.to_json(), "problem": problem.problem} for problem in comparison.problems for pair in problem.pairs
        ],
        "warnings": located_sentences(comparison.all_differences, DEFAULT),
        "verdict": verdict_text(comparison, DEFAULT),
        "scope": _scope(comparison),
        "split_design": common_design(comparison.problems),
        "findings": [
            {**item.finding.to_json(), "problem": problem or None} for problem, item in comparison.all_differences
        ],
        "problems": [_problem(problem) for problem in comparison.problems],
        "differences": [_difference(item) for item in comparison.differences],
        "baseline": comparison.baseline,
        "higher_is_better": comparison.metric.higher_is_better,
        "across": across_document(comparison.across, comparison.metric),
        "looks": list(comparison.looks),
        "by": comparison.by,
        "rulings": [
            {**_ruling(ruling), "problem": problem.problem}
            for problem in comparison.problems
            for ruling in problem.rulings
        ],
    }


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return {
        "family": ruling.family.value,
        "verdict": " ".join(sentences(ruling.findings, DEFAULT)),
        "optimizers": list(ruling.optimizers),
        "comparisons": ruling.comparisons,
        "scope": None if ruling.scope is None else ruling.scope.value,
        "findings": [finding.to_json() for finding in ruling.findings],
    }


def common_design(problems: Iterable[ProblemComparison]) -> str | None:
    """Return what a seed varies; None if that is not the same everywhere."""
    designs = {problem.design for problem in problems}
    design = designs.pop() if len(designs) == 1 else None
    return None if design is None else design.value


def _scope(comparison: Comparison) -> str | None:
    """Return how far the verdict reaches; None if it rests on no test."""
    if len(comparison.problems) > 1:
        return SEVERAL_PROBLEMS
    scope = comparison.problems[0].scope
    return None if scope is None else scope.value


def across_document(across: Across | None, metric: Metric) -> dict[str, Any] | None:
    """Return what several problems say together; `findings` are what its sentences are made of.

    `untested_because` is the sentence of `untested`, "" without one.
    """
    if across is None:
        return None
    because = "" if across.untested is None else sentence(across.untested, DEFAULT)
    findings = as_json(across_findings(across, metric))
    return {**across.to_json(), "untested_because": because, "findings": findings}


def _problem(problem: ProblemComparison) -> dict[str, Any]:
    """Return what is said about the problem as a whole; its optimizers and pairs stand at the top level."""
    return {
        "problem": problem.problem,
        "margin": problem.margin,
        "scope": None if problem.scope is None else problem.scope.value,
        "split_design": common_design([problem]),
        "verdict": problem_verdict(problem, DEFAULT),
        "verdict_findings": [finding.to_json() for finding in problem.verdict],
        "warnings": difference_sentences(problem.differences, DEFAULT),
        "differences": [_difference(item) for item in problem.differences],
        "crossings": [crossing.to_json() for crossing in problem.crossings],
        "update_rules": [_update_rule(rule) for rule in problem.update_rules],
    }


def _difference(item: Difference) -> dict[str, Any]:
    return {"what": item.what, "severity": item.severity.value, "sentence": sentence(item.finding, DEFAULT)}


def _update_rule(rule: UpdateRule) -> dict[str, Any]:
    written = rule_texts(rule, DEFAULT)
    return {
        "optimizer": rule.label,
        "rule": written.rule,
        "arguments": {name: value_text(value) for name, value, _ in rule.arguments},
        "changed": [name for name, _, is_default in rule.arguments if not is_default],
        "weight_decay": written.weight_decay,
        "remark": written.remark,
    }
