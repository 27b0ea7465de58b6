"""Targets for time-to-target, fixed by the baseline's tuning runs before any run that counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import curve_column, suggested_targets, target_table
from optbench.records import RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import RunTrace, TargetTable
    from optbench.records import History
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning

    Traces = Mapping[str, Sequence[RunTrace]]


def target_tables(targets: Sequence[tuple[str, float]], traces: Traces) -> tuple[TargetTable, ...]:
    """Return the time to each target that tells the confirmation runs apart.

    Parameters
    ----------
    targets : history column and value of each
    traces : label -> its confirmation runs
    """
    tables = (target_table(traces, column, target) for column, target in targets)
    return tuple(table for table in tables if table.discriminates)


def fixed_targets(tuning: Tuning | None, metric: Metric, runs: StudyRuns, traces: Traces) -> list[tuple[str, float]]:
    """Return history column and value of every target, the easiest first; [] if nothing was tuned.

    Parameters
    ----------
    tuning : of the baseline
    runs : with the records and histories of its runs
    traces : label -> its confirmation runs; what one of them has before it is trained is no target

    Notes
    -----
    Targets are what nine of ten and what half of the baseline's tuning runs reach at some time, and what every tuning
    seed reached at its chosen setting.
    """
    if tuning is None:
        return []
    of_tuning = [run for setting in tuning.settings for run in setting.runs]
    histories = {run: runs.histories[run] for run in of_tuning if not _diverged(runs, run)}
    column = curve_column(list(histories.values()), metric)
    if column is None:
        return []
    chosen = [histories[run] for run in tuning.winner.runs if run in histories]
    values = {*suggested_targets(list(histories.values()), column), *suggested_targets(chosen, column)[:1]}
    sign = -1.0 if lower_is_better(column) else 1.0
    starts = [sign * history.column(column)[0] for history in _starts(traces, column)]
    least = max([start for start in starts if math.isfinite(start)], default=-math.inf)
    return [(column, value) for value in sorted(values, key=lambda value: sign * value) if sign * value > least]


def baseline_tuning(label: str | None, tunings: Sequence[Tuning]) -> Tuning | None:
    """Return the tuning that fixes the targets: the baseline's, else the first; None if nothing was tuned."""
    return next((tuning for tuning in tunings if tuning.label == label), tunings[0] if tunings else None)


def _diverged(runs: StudyRuns, run: str) -> bool:
    return runs.records[run].status is RunStatus.DIVERGED


def _starts(traces: Traces, column: str) -> list[History]:
    histories = [trace.history for runs in traces.values() for trace in runs]
    return [history for history in histories if column in history.columns and history.rows]
