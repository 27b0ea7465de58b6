"""Where the learning rates of a study lie: the same points between 0 and 1 for every optimizer, on a log scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optbench.config import RateRange

_DIGITS = 6


def unit_points(sampler: str, points: int) -> list[float]:
    """Return `points` positions from 0 to 1, ascending.

    Notes
    -----
    `grid`: even steps, both ends included; the middle if there is one point. Twice the points minus one hold all
    earlier ones. `halton`: the first points of a Halton sequence in base 2, without the corner 0; more points hold
    all earlier ones.
    """
    if sampler == "grid":
        return [i / (points - 1) for i in range(points)] if points > 1 else [0.5]
    from scipy.stats import qmc

    drawn = qmc.Halton(d=1, scramble=False).random(points + 1)[1:, 0]
    return sorted(float(position) for position in drawn)


def rate_at(position: float, search: RateRange) -> float:
    """Return the learning rate at a position from 0 to 1, with six digits, so that a table can hold it exactly.

    Examples
    --------
    >>> from optbench.config import RateRange
    >>> rate_at(0.5, RateRange(low=1e-4, high=1e-1))
    0.00316228
    """
    exponent = math.log10(search.low) + position * (math.log10(search.high) - math.log10(search.low))
    return float(f"{10**exponent:.{_DIGITS}g}")
