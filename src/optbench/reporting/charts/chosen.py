"""Which pairs, columns and scales the charts of a comparison have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import LOSS, VALIDATION, lower_is_better
from optbench.catalog.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import CurveBand, PairResult, ProblemComparison, ProblemCurves

_MOST_PAIRS: Final = 15
_MOST_VIEWS: Final = 4
_WIDE_RANGE: Final = 30.0
_NO_CURVES: Final = ("epoch", "learning_rate")


def drawn_pairs(problem: ProblemComparison) -> list[PairResult]:
    """Return the pairs with a difference; of more than a picture can hold those with the best optimizer."""
    pairs = [pair for pair in problem.pairs if pair.difference is not None]
    has_baseline = len({pair.b for pair in pairs}) == 1
    if has_baseline or len(pairs) <= _MOST_PAIRS:
        return pairs
    best = problem.optimizers[0].label
    return [pair for pair in pairs if best in (pair.a, pair.b)]


def drawn_columns(curves: ProblemCurves) -> list[str]:
    """Return what there is to draw: loss and accuracy or RMSE, on the training and the validation split."""
    names = dict.fromkeys(name for runs in curves.histories.values() for run in runs for name in run.columns)
    shown = (LOSS.name, *(task.headline for task in TASKS.values()))
    headline = [name for name in names if name.removeprefix(VALIDATION) in shown]
    return (headline or [name for name in names if name not in _NO_CURVES])[:_MOST_VIEWS]


def wants_logarithm(name: str, bands: Mapping[str, Sequence[CurveBand]]) -> bool:
    """Return True for a loss or an error of wide range: one scale for both splits, so that they can be compared."""
    plain = name.removeprefix(VALIDATION)
    if not lower_is_better(plain):
        return False
    pair = [band for other, found in bands.items() if other.removeprefix(VALIDATION) == plain for band in found]
    later = [(band.low[band.epochs > 0], band.high[band.epochs > 0]) for band in pair]
    lowest = min((float(low.min()) for low, _ in later if low.size), default=0.0)
    highest = max((float(high.max()) for _, high in later if high.size), default=0.0)
    is_positive = all(float(band.low.min()) > 0.0 for band in pair)
    return is_positive and lowest > 0.0 and highest / lowest > _WIDE_RANGE
