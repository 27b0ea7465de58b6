"""The sentences of a comparison: its verdict, and what differs besides the optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.words.sentences import sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, Comparison, Difference, ProblemComparison
    from optbench.core.findings import Finding


def problem_verdict(problem: ProblemComparison, language: str | None = None) -> str:
    """Return the verdict on one problem."""
    return " ".join(sentences(problem.verdict, language))


def verdict_text(comparison: Comparison, language: str | None = None) -> str:
    """Return the verdict, with the problem in front of it if there are several."""
    if len(comparison.problems) == 1:
        return problem_verdict(comparison.problems[0], language)
    return " ".join(f"[{one.problem}] {problem_verdict(one, language)}" for one in comparison.problems)


def across_sentences(found: Across, metric: Metric, language: str | None = None) -> list[str]:
    """Return what several problems say together."""
    from optbench.comparison import across_findings

    return sentences(across_findings(found, metric), language)


def difference_sentences(differences: Iterable[Difference], language: str | None = None) -> list[str]:
    """Return the sentence of each difference."""
    return [sentence(item.finding, language) for item in differences]


def located_sentences(differences: Iterable[tuple[str, Difference]], language: str | None = None) -> list[str]:
    """Return the sentences of `Comparison.all_differences`, each with the problem in front of it that has one."""
    return located(((problem, item.finding) for problem, item in differences), language)


def located(findings: Iterable[tuple[str, Finding]], language: str | None = None) -> list[str]:
    """Return the sentence of each finding, with the problem in front of it that it is about, if there is one."""
    told = ((problem, sentence(finding, language)) for problem, finding in findings)
    return [f"[{problem}] {said}" if problem else said for problem, said in told]
