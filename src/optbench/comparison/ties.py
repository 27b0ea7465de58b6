"""Equal numbers are no lead: which rows share the best mean, and which pairs are level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.comparison.result import OptimizerSummary, PairResult

_ROUNDING = 1e-9  # relative: what is left between sums of the same scores in another order


def is_equal(a: float, b: float) -> bool:
    """Return whether two means are the same but for rounding.

    Examples
    --------
    >>> is_equal((0.1 + 0.2) / 2, 0.3 / 2), is_equal(0.8625, 0.86251)
    (True, False)
    """
    return math.isclose(a, b, rel_tol=_ROUNDING, abs_tol=1e-15)


def sharing_best(optimizers: Iterable[OptimizerSummary]) -> list[OptimizerSummary]:
    """Return the rows that share the best mean, in their order; [] where none has a mean.

    Parameters
    ----------
    optimizers : best mean first
    """
    scored = [one for one in optimizers if one.mean is not None]
    return [one for one in scored if _same_mean(one, scored[0])]


def sharing_last(optimizers: Sequence[OptimizerSummary]) -> list[OptimizerSummary]:
    """Return the rows that share the last mean; otherwise as `sharing_best`."""
    return sharing_best(list(optimizers)[::-1])[::-1]


def is_level(pair: PairResult) -> bool:
    """Return whether the mean difference of a pair is nothing, whatever the single ones are."""
    widest = max(map(abs, pair.differences), default=0.0)
    return pair.difference is not None and abs(pair.difference) <= _ROUNDING * widest


def _same_mean(a: OptimizerSummary, b: OptimizerSummary) -> bool:
    return a.mean is not None and b.mean is not None and is_equal(a.mean, b.mean)
