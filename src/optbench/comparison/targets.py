"""How long each optimizer takes to reach a shared target, misses counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.metrics import lower_is_better
from optbench.statistics import restricted_mean_time, target_discriminates, time_to_target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import History


@dataclass(frozen=True, slots=True)
class RunTrace:
    """What is needed of a run to say when it reached something.

    Attributes
    ----------
    history : its history
    epochs : the epochs it was to train
    diverged : a diverged run reaches nothing, whatever it passed on the way
    seconds_per_epoch : training seconds, evaluation off the clock; None if unknown
    steps_per_epoch : None if unknown
    """

    history: History
    epochs: int
    diverged: bool = False
    seconds_per_epoch: float | None = None
    steps_per_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One optimizer's way to the target.

    Attributes
    ----------
    label, n, reached : optimizer, its runs, how many of them reached the target
    epochs : restricted mean time, a miss counted with the whole budget
    steps, seconds : the same in training steps and seconds; None if unknown for a run
    """

    label: str
    n: int
    reached: int
    epochs: float
    steps: float | None
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "optimizer": self.label,
            "n": self.n,
            "reached": self.reached,
            "epochs": self.epochs,
            "steps": self.steps,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class TargetTable:
    """Time to one target per optimizer, fastest first.

    Attributes
    ----------
    column, target : history column and the value to reach
    horizon : the common budget in epochs
    rows : by epochs, then label
    discriminates : some run reaches the target, and not all at the first evaluation
    """

    column: str
    target: float
    horizon: int
    rows: tuple[TargetRow, ...]
    discriminates: bool

    def to_json(self) -> dict[str, Any]:
        """Return the table as JSON values."""
        return {
            "column": self.column,
            "target": self.target,
            "horizon": self.horizon,
            "discriminates": self.discriminates,
            "rows": [row.to_json() for row in self.rows],
        }


def suggested_targets(histories: Sequence[History], column: str) -> tuple[float, ...]:
    """Return two values to aim at: what nine of ten runs reach at some time, and what half of them reach.

    Parameters
    ----------
    histories : runs that set the targets: the baseline's tuning runs in a study; else all runs, and then the table is a
        description, not a test, since the targets come from the runs they are applied to

    Notes
    -----
    The value is one that was reached (no interpolation), so rounding cannot put it out of reach. Of two equal
    targets one is returned; none if no run has a finite value.
    """
    is_loss = lower_is_better(column)
    best = sorted((value for history in histories if (value := _best(history, column)) is not None), reverse=is_loss)
    if not best:
        return ()
    easy, hard = best[len(best) // 10], best[len(best) // 2]
    return (easy,) if easy == hard else (easy, hard)


def target_table(traces: Mapping[str, Sequence[RunTrace]], column: str, target: float) -> TargetTable:
    """Return how long each optimizer takes to reach `target` in `column`.

    Parameters
    ----------
    traces : label -> its runs, at least one each; optimizers without the column reach nothing

    Notes
    -----
    The horizon is the smallest number of epochs planned for a run. Every miss counts with the whole horizon: a
    diverged run never reaches the target, nor does one that stopped early, because both ended by their own doing.
    Steps and seconds are those spent until then, `min(T, horizon)` times the run's own steps or seconds per epoch,
    averaged.
    """
    horizon = min(trace.epochs for runs in traces.values() for trace in runs)
    times = {
        label: np.array([_time(trace, column, target, horizon) for trace in runs]) for label, runs in traces.items()
    }
    rows = [_row(label, traces[label], found, horizon) for label, found in times.items()]
    return TargetTable(
        column=column,
        target=target,
        horizon=horizon,
        rows=tuple(sorted(rows, key=lambda row: (row.epochs, row.label))),
        discriminates=target_discriminates(np.concatenate(list(times.values())), first_evaluation=1.0),
    )


def reached_shares(traces: Mapping[str, Sequence[RunTrace]], column: str, target: float) -> dict[str, list[float]]:
    """Return per label the share of its runs that had reached the target after 0, 1, ... epochs of the horizon.

    A run counts from the first evaluation at which it is there; what `target_table` calls a miss never counts.
    """
    horizon = min(trace.epochs for runs in traces.values() for trace in runs)
    shares = {}
    for label, runs in traces.items():
        times = np.array([_time(trace, column, target, horizon) for trace in runs])
        shares[label] = [float(np.mean(times <= epoch)) for epoch in range(horizon + 1)]
    return shares


def _best(history: History, column: str) -> float | None:
    """Return the best finite value after the start; None without one."""
    if column not in history.columns:
        return None
    values = [value for value in history.column(column)[1:] if math.isfinite(value)]
    return (min if lower_is_better(column) else max)(values, default=None)


def _time(trace: RunTrace, column: str, target: float, horizon: int) -> float:
    if trace.diverged or column not in trace.history.columns:
        return math.inf
    history = trace.history
    epoch = time_to_target(
        history.column("epoch"), history.column(column), target, higher_is_better=not lower_is_better(column)
    )
    return epoch if epoch <= horizon else math.inf


def _row(label: str, runs: Sequence[RunTrace], times: NDArray[np.float64], horizon: int) -> TargetRow:
    reached = np.isfinite(times)
    spent = np.minimum(times, horizon)
    return TargetRow(
        label=label,
        n=len(runs),
        reached=int(reached.sum()),
        epochs=restricted_mean_time(times, reached, horizon),
        steps=_mean_cost(spent, [trace.steps_per_epoch for trace in runs]),
        seconds=_mean_cost(spent, [trace.seconds_per_epoch for trace in runs]),
    )


def _mean_cost(epochs: NDArray[np.float64], per_epoch: Sequence[float | None]) -> float | None:
    known = [value for value in per_epoch if value is not None]
    if len(known) < len(per_epoch):
        return None
    return math.fsum(epochs * np.array(known)) / len(known)
