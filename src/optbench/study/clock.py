"""Clock times of a study: the only part of its text that differs between two executions of the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.study.tables_text import NONE
from optbench.words import text
from optbench.words.comparisons import difference_sentences

if TYPE_CHECKING:
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.conclusion import Conclusion, StudyConclusion
    from optbench.study.tables_text import TextTable

CLOCK_HEADING: Final = "## Times on this machine"


def clock_paragraphs(conclusion: StudyConclusion) -> list[str]:
    """Return what the times are, what disturbs them, and how long what would settle the undecided pairs takes."""
    told = text("study-times")
    doubts = dict.fromkeys(
        sentence
        for one in conclusion.problems
        for sentence in difference_sentences(one.comparison.problems[0].clock_differences)
    )
    return [" ".join([told, *doubts]), " ".join(_to_settle(conclusion))]


def clock_table(conclusion: Conclusion) -> TextTable:
    """Return one row per optimizer, fastest run first."""
    rows = sorted(
        conclusion.problem.optimizers, key=lambda one: (one.training_seconds is None, one.training_seconds or 0.0)
    )
    return ["optimizer", "training of a run (median)", "memory (median)"], [_row(one) for one in rows]


def settle_sentence(conclusion: Conclusion) -> str:
    """Say how long the seeds that the verdict asks for would take, or ""."""
    undecided = [pair for pair in conclusion.problem.pairs if pair.more_seeds and _is_spoken_of(conclusion, pair)]
    widest = max(undecided, key=lambda pair: pair.more_seeds or 0, default=None)
    if widest is None:
        return ""
    seconds = [conclusion.problem.optimizer(label).training_seconds for label in (widest.a, widest.b)]
    known = [value for value in seconds if value is not None]
    if len(known) < len(seconds):
        return ""
    more = widest.more_seeds or 0
    return text("study-time-to-settle", n_seeds=more, seconds=more * sum(known), labels=[widest.a, widest.b])


def _to_settle(conclusion: StudyConclusion) -> list[str]:
    several = len(conclusion.problems) > 1
    found = [(one.name, settle_sentence(one)) for one in conclusion.problems]
    return [f"[{name}] {told}" if several else told for name, told in found if told]


def _is_spoken_of(conclusion: Conclusion, pair: PairResult) -> bool:
    return not {pair.a, pair.b} & conclusion.plan.config.aside.keys()


def _row(one: OptimizerSummary) -> list[str]:
    seconds = NONE if one.training_seconds is None else f"{one.training_seconds:.2g} s"
    memory = NONE if one.peak_memory_mb is None else f"{one.peak_memory_mb:.0f} MB"
    return [one.label, seconds, memory]
