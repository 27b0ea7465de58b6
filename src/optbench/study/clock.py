"""Clock times of a study: the only part of its text that differs between two executions of the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.sentences import joined
from optbench.words import text
from optbench.words.comparisons import difference_sentences
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, titles

if TYPE_CHECKING:
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.findings import ProblemFindings, StudyFindings
    from optbench.study.tables_text import TextTable


def clock_paragraphs(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return what the times are, what disturbs them, and how long what would settle the undecided pairs takes."""
    disturbed = dict.fromkeys(
        sentence
        for one in study.problems
        for sentence in difference_sentences(one.compared.clock_differences, language)
    )
    return [joined((text("study-times", language), *disturbed)), joined(_of_each(study, language))]


def clock_table(problem: ProblemFindings, language: str | None = None) -> TextTable:
    """Return one row per optimizer, fastest run first."""
    rows = sorted(
        problem.compared.optimizers, key=lambda one: (one.training_seconds is None, one.training_seconds or 0.0)
    )
    codes = ("table-optimizer", "table-median-training", "table-median-memory")
    return titles(codes, language), [_row(one, language) for one in rows]


def settle_sentence(problem: ProblemFindings, language: str | None = None) -> str:
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
    labels = [widest.a, widest.b]
    return text("study-time-to-settle", language, n_seeds=more, seconds=more * sum(seconds), labels=labels)


def decision_seconds(problem: ProblemFindings, language: str | None = None) -> str:
    """Say how long a run of what is taken trained here, beside the fastest row; "" without times."""
    taken = problem.recommended
    times = {one.label: one.training_seconds for one in problem.compared.optimizers if one.training_seconds is not None}
    if taken is None or taken.label not in times:
        return ""
    fastest = min(times, key=lambda label: times[label])
    values = {"label": taken.label, "seconds": times[taken.label], "fastest": fastest, "least": times[fastest]}
    return text("take-seconds-fastest" if fastest == taken.label else "take-seconds", language, **values)


def _of_each(study: StudyFindings, language: str | None) -> list[str]:
    several = len(study.problems) > 1
    told = ((one, (decision_seconds(one, language), settle_sentence(one, language))) for one in study.problems)
    settled = [(one.name, joined(sentences)) for one, sentences in told]
    return [f"[{name}] {sentence}" if several else sentence for name, sentence in settled if sentence]


def _is_ranked(problem: ProblemFindings, pair: PairResult) -> bool:
    return not {pair.a, pair.b} & problem.config.aside.keys()


def _row(one: OptimizerSummary, language: str | None) -> list[str]:
    seconds, memory = one.training_seconds, one.peak_memory_mb
    return [
        one.label,
        NOTHING if seconds is None else localised(f"{seconds:.2g} s", language),
        NOTHING if memory is None else localised(f"{memory:.0f} MB", language),
    ]
