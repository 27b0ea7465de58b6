"""The sentences of a comparison: its verdict, and what differs besides the optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.words.sentences import sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, Comparison, Difference, ProblemComparison


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
    located = ((problem, sentence(item.finding, language)) for problem, item in differences)
    return [f"[{problem}] {told}" if problem else told for problem, told in located]
