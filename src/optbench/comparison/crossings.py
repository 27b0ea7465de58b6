"""Where the order of two optimizers flips during training: the budget that decides who wins."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.metrics import lower_is_better
from optbench.core.findings import Finding, Severity
from optbench.records import RunStatus
from optbench.statistics import crossings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.comparison.groups import Group
    from optbench.records import History

    _Curves = Mapping[int, Mapping[str, NDArray[np.float64]]]

_STANDARD_ERRORS: Final = 2.0
_FEWEST_EPOCHS: Final = 3
_MOST_SENTENCES: Final = 3


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two mean curves that change places.

    Attributes
    ----------
    a, b : labels; a is ahead at the end
    column : the history column that was looked at
    epochs : where the order flips, rising, interpolated
    n : shared seeds behind the means, diverged ones left out
    """

    a: str
    b: str
    column: str
    epochs: tuple[float, ...]
    n: int

    @property
    def finding(self) -> Finding:
        """At which budget the verdict would be another one."""
        values = {"a": self.a, "b": self.b, "column": self.column}
        if len(self.epochs) > 1:
            return Finding("verdict-order-flips-often", Severity.REMARK, {**values, "epochs": list(self.epochs)})
        return Finding("verdict-order-flips", Severity.REMARK, {**values, "epoch": self.epochs[0]})

    def to_json(self) -> dict[str, Any]:
        """Return the crossing as JSON values."""
        return {"a": self.a, "b": self.b, "column": self.column, "epochs": list(self.epochs), "n": self.n}


def find_crossings(
    groups: Sequence[Group], histories: Mapping[str, History], metric: Metric, margin: float
) -> tuple[Crossing, ...]:
    """Return the pairs of optimizers whose mean curves cross.

    Parameters
    ----------
    histories : run id -> history; runs without one are left out
    margin : a lead below it does not count, if the curve is in units of the metric

    Notes
    -----
    Looked at is the validation curve of the metric, else that of the loss. Means are over the seeds that both
    have and that did not diverge, up to the epoch that all of them reached. A lead counts where it exceeds both
    the margin and two standard errors of the paired differences at that epoch: curves of equal optimizers touch
    all the time. With one seed there is not a standard error, and nothing is said.
    """
    found = []
    curves = {group.label: _curves(group, histories, metric) for group in groups}
    for a, b in itertools.combinations(curves, 2):
        paired = _paired(curves[a], curves[b], metric)
        if paired is not None and (crossing := _crossing(a, b, *paired, metric, margin)) is not None:
            found.append(crossing)
    return tuple(found)


def crossing_findings(found: Sequence[Crossing]) -> list[Finding]:
    """Return what the verdict says about crossings; of many the first ones."""
    shown = [crossing.finding for crossing in found[:_MOST_SENTENCES]]
    rest = len(found) - len(shown)
    if rest:
        shown.append(Finding("verdict-more-flips", Severity.REMARK, {"n": rest}))
    return shown


def curve_column(histories: Sequence[History], metric: Metric) -> str | None:
    """Return the column that shows progress best: validation metric, validation loss, training loss; None if mixed."""
    return _first_shared([history.columns for history in histories], metric)


def _first_shared(columns: Sequence[Collection[str]], metric: Metric) -> str | None:
    shown = (name for name in _columns(metric) if columns and all(name in known for known in columns))
    return next(shown, None)


def _columns(metric: Metric) -> tuple[str, ...]:
    return f"val_{metric.name}", "val_loss", "loss"


def _curves(group: Group, histories: Mapping[str, History], metric: Metric) -> _Curves:
    """Return seed -> column -> values per epoch, of the runs of a group that did not diverge.

    Each history is asked for once, and only what is looked at of it is kept: there may be ten thousand.
    """
    found = {}
    for record in group.records:
        if record.status is RunStatus.COMPLETED and record.run in histories:
            history = histories[record.run]
            names = [name for name in ("epoch", *_columns(metric)) if name in history.columns]
            found[record.seed] = {name: np.array(history.column(name)) for name in names}
    return found


def _paired(
    of_a: _Curves, of_b: _Curves, metric: Metric
) -> tuple[str, NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the column, the epochs (m,) and the differences a - b (seeds, m); None if there are too few."""
    seeds = sorted(of_a.keys() & of_b.keys())
    column = _first_shared([of[seed] for seed in seeds for of in (of_a, of_b)], metric)
    if len(seeds) < 2 or column is None:  # noqa: PLR2004 - one seed has no standard error
        return None
    epochs = min(len(of[seed][column]) for seed in seeds for of in (of_a, of_b))
    if epochs < _FEWEST_EPOCHS:
        return None
    curves_a, curves_b = (np.array([of[seed][column][:epochs] for seed in seeds]) for of in (of_a, of_b))
    return column, of_a[seeds[0]]["epoch"][:epochs], curves_a - curves_b


def _crossing(
    a: str,
    b: str,
    column: str,
    epochs: NDArray[np.float64],
    differences: NDArray[np.float64],
    metric: Metric,
    margin: float,
) -> Crossing | None:
    n = len(differences)
    advantage = differences.mean(axis=0) * (-1.0 if lower_is_better(column) else 1.0)
    noise = _STANDARD_ERRORS * differences.std(axis=0, ddof=1) / math.sqrt(n)
    least = margin if column == f"val_{metric.name}" else 0.0
    flips = crossings(epochs, advantage, np.zeros_like(advantage), smallest_lead=np.maximum(noise, least))
    if not flips:
        return None
    clear = advantage[np.abs(advantage) > np.maximum(noise, least)]
    first, second = (a, b) if clear[-1] > 0.0 else (b, a)
    return Crossing(first, second, column, tuple(flips), n)
