"""Every run of a problem as a row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.reporting.comparison_text import entrant_word
from optbench.words import text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves, RunTrace

MOST_RUNS: Final = 2000
"""Of more runs than that only the names are listed."""


def run_table(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, language: str | None = None
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return header and rows: optimizer, seed, score, epochs, training time, how it ended, run.

    There are no rows of more than `MOST_RUNS` runs.
    """
    metric = comparison.metric
    score = text("table-score-percent" if metric.in_points else "table-score", language, metric=metric.name)
    codes = ("table-epochs", "table-time", "table-status", "table-run")
    header = [
        entrant_word(comparison, language),
        text("table-seed", language),
        score,
        *(text(code, language) for code in codes),
    ]
    if sum(one.n for one in problem.optimizers) > MOST_RUNS:
        return header, []
    return header, list(_rows(comparison, problem, curves, language))


def _rows(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, language: str | None
) -> Iterator[tuple[str, ...]]:
    for one in problem.optimizers:
        traces = list(curves.traces.get(one.label, ())) if curves is not None else []
        for place, (run, seed, score) in enumerate(zip(one.runs, one.seeds, one.scores, strict=True)):
            trace = traces[place] if len(traces) == one.n else None
            shown = NOTHING if score is None else localised(comparison.metric.number(score), language)
            yield (one.label, str(seed), shown, *_of_trace(trace, language), run)


def _of_trace(trace: RunTrace | None, language: str | None) -> tuple[str, str, str]:
    """Return epochs, seconds and end of a run, dashes for what is not known."""
    if trace is None:
        return NOTHING, NOTHING, NOTHING
    epochs = max(0, len(trace.history.rows) - 1)
    seconds = None if trace.seconds_per_epoch is None else epochs * trace.seconds_per_epoch
    status = "diverged" if trace.diverged else "completed"
    written = NOTHING if seconds is None else number(seconds, "seconds", language).removesuffix(" s")
    return str(epochs), written, text(f"status-{status}", language)
