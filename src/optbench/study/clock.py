"""Clock times of a study: the only part of its text that differs between two executions of the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.sentences import joined
from optbench.study.tables_text import NONE
from optbench.words import text
from optbench.words.comparisons import difference_sentences

if TYPE_CHECKING:
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.findings import ProblemFindings, StudyFindings
    from optbench.study.tables_text import TextTable


def clock_paragraphs(study: StudyFindings) -> list[str]:
    """Return what the times are, what disturbs them, and how long what would settle the undecided pairs takes."""
    disturbed = dict.fromkeys(
        sentence for one in study.problems for sentence in difference_sentences(one.compared.clock_differences)
    )
    return [joined((text("study-times"), *disturbed)), joined(_to_settle(study))]


def clock_table(problem: ProblemFindings) -> TextTable:
    """Return one row per optimizer, fastest run first."""
    rows = sorted(
        problem.compared.optimizers, key=lambda one: (one.training_seconds is None, one.training_seconds or 0.0)
    )
    return ["optimizer", "training of a run (median)", "memory (median)"], [_row(one) for one in rows]


def settle_sentence(problem: ProblemFindings) -> str:
    """Say how long the seeds that the verdict asks for would take, or ""."""
    undecided = [pair for pair in problem.compared.pairs if pair.more_seeds and _is_ranked(problem, pair)]
    widest = max(undecided, key=lambda pair: pair.more_seeds or 0, default=None)
    if widest is None:
        return ""
    times = [problem.compared.optimizer(label).training_seconds for label in (widest.a, widest.b)]
    seconds = [time for time in times if time is not None]
    if len(seconds) < len(times):
        return ""
    more = widest.more_seeds or 0
    return text("study-time-to-settle", n_seeds=more, seconds=more * sum(seconds), labels=[widest.a, widest.b])


def _to_settle(study: StudyFindings) -> list[str]:
    several = len(study.problems) > 1
    settled = [(one.name, settle_sentence(one)) for one in study.problems]
    return [f"[{name}] {sentence}" if several else sentence for name, sentence in settled if sentence]


def _is_ranked(problem: ProblemFindings, pair: PairResult) -> bool:
    return not {pair.a, pair.b} & problem.config.aside.keys()


def _row(one: OptimizerSummary) -> list[str]:
    seconds = NONE if one.training_seconds is None else f"{one.training_seconds:.2g} s"
    memory = NONE if one.peak_memory_mb is None else f"{one.peak_memory_mb:.0f} MB"
    return [one.label, seconds, memory]
