"""Targets for time-to-target, fixed by the baseline's tuning runs before any run that counts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import curve_column, suggested_targets, target_table
from optbench.records import RunStatus

if TYPE_CHECKING:
    from optbench.comparison import TargetTable
    from optbench.records import History
    from optbench.study.conclusion import Conclusion
    from optbench.study.tuning import Tuning


def target_tables(conclusion: Conclusion) -> list[TargetTable]:
    """Return the time to each target that tells the runs apart; without clock times in it.

    Notes
    -----
    Targets are what nine of ten and what half of the baseline's tuning runs reach at some time, and what every tuning
    seed reached at its chosen setting. The baseline is that of the study, else the first optimizer that was tuned.
    """
    targets = fixed_targets(conclusion)
    found = [target_table(conclusion.curves.traces, column, target) for column, target in targets]
    return [table for table in found if table.discriminates]


def fixed_targets(conclusion: Conclusion) -> list[tuple[str, float]]:
    """Return history column and value of every target, the easiest first; [] if nothing was tuned.

    What some run has before it is trained is no target.
    """
    tuning = _baseline(conclusion)
    if tuning is None:
        return []
    histories = {
        run: history
        for setting in tuning.settings
        for run in setting.runs
        if (history := _history(conclusion, run)) is not None
    }
    column = curve_column(list(histories.values()), conclusion.comparison.metric)
    if column is None:
        return []
    chosen = [histories[run] for run in tuning.winner.runs if run in histories]
    values = {*suggested_targets(list(histories.values()), column), *suggested_targets(chosen, column)[:1]}
    sign = -1.0 if lower_is_better(column) else 1.0
    starts = [sign * history.column(column)[0] for history in _starts(conclusion, column)]
    least = max([start for start in starts if math.isfinite(start)], default=-math.inf)
    return [(column, value) for value in sorted(values, key=lambda value: sign * value) if sign * value > least]


def targets_from(conclusion: Conclusion) -> str:
    """Return the label of the optimizer whose tuning runs fix the targets; "" if nothing was tuned."""
    tuning = _baseline(conclusion)
    return "" if tuning is None else tuning.label


def without_seconds(table: TargetTable) -> TargetTable:
    """Return a table without what clocks measured."""
    return replace(table, rows=tuple(replace(row, seconds=None) for row in table.rows))


def _baseline(conclusion: Conclusion) -> Tuning | None:
    label = conclusion.plan.config.baseline
    tunings = conclusion.tunings
    return next((tuning for tuning in tunings if tuning.label == label), tunings[0] if tunings else None)


def _starts(conclusion: Conclusion, column: str) -> list[History]:
    histories = [trace.history for runs in conclusion.curves.traces.values() for trace in runs]
    return [history for history in histories if column in history.columns and history.rows]


def _history(conclusion: Conclusion, run: str) -> History | None:
    from pathlib import Path

    from optbench.run_store import RunPaths, read_history

    record = conclusion.records[run]
    if record.status is RunStatus.DIVERGED:
        return None
    return read_history(RunPaths(Path(record.folder)).history)
