"""Where the settings of a study lie: the same points of the unit cube for every optimizer, mapped onto its ranges."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config import SearchRange, Values

_DIGITS = 6


def unit_points(sampler: str, points: int, dimensions: int = 1) -> list[tuple[float, ...]]:
    """Return `points` points of the unit cube, ascending by their first coordinate.

    Notes
    -----
    `grid`: the same even steps along each axis, both ends included; the middle if there is one point. Twice the points
    along an axis minus one hold all earlier ones. `halton`: the first points of a Halton sequence, without the corner
    0; more points hold all earlier ones. Either way the first coordinates of a search in two dimensions are points
    of the search in one: optimizers with more to search get no better places for what they share.

    References
    ----------
    Halton 1960, Numer. Math. 2, 84-90; bases 2, 3, 5, ... as in `scipy.stats.qmc.Halton` without scrambling.
    """
    if sampler == "grid":
        side = round(points ** (1 / dimensions))
        axis = [i / (side - 1) for i in range(side)] if side > 1 else [0.5]
        return list(itertools.product(axis, repeat=dimensions))
    from scipy.stats import qmc

    drawn = qmc.Halton(d=dimensions, scramble=False).random(points + 1)[1:]
    return sorted(tuple(float(position) for position in point) for point in drawn)


def settings_of(search: Mapping[str, SearchRange], *, sampler: str, points: int) -> list[Values]:
    """Return the settings that are tried: per point a value of each hyperparameter, in the order of the search."""
    if not search:
        return []
    found = [
        tuple((name, value_at(position, of)) for position, (name, of) in zip(point, search.items(), strict=True))
        for point in unit_points(sampler, points, len(search))
    ]
    return list(dict.fromkeys(found))


def value_at(position: float, search: SearchRange) -> float:
    """Return the value at a position from 0 to 1, with six digits, so that a table can hold it exactly.

    Examples
    --------
    >>> from optbench.config import SearchRange
    >>> value_at(0.5, SearchRange(low=1e-4, high=1e-1))
    0.00316228
    """
    if search.scale == "linear":
        value = search.low + position * (search.high - search.low)
    else:
        value = 10 ** (math.log10(search.low) + position * (math.log10(search.high) - math.log10(search.low)))
    return float(f"{value:.{_DIGITS}g}")
