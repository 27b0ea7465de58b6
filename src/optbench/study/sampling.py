"""Where the settings of a study lie: the same points of the unit cube for every optimizer, mapped onto its ranges."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.config import SearchRange, Values

_DIGITS = 6
_SMALL = 1e-9
LARGEST = 1e6


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


def further_settings(
    search: Mapping[str, SearchRange], tried: Sequence[Values], best: Values, edges: Sequence[str], points: int
) -> list[Values]:
    """Return settings beyond the edge that the best one lies at, or around it if it lies at none.

    Parameters
    ----------
    tried : all settings so far
    edges : hyperparameters whose best value is an end of the range
    points : how many

    Notes
    -----
    One hyperparameter is varied, the first that lies at an edge, else the first of the search; the others keep the best
    values. Beyond an edge the steps are those between the last two values tried; inside, each new value halves the
    wider of the gaps beside the best one, which end at the range's ends where nothing lies between. Never below 0 or
    above what a search can hold.
    """
    name = next(iter(edges), next(iter(search)))
    of = search[name]
    places = {_place(dict(values)[name], of) for values in tried}
    here = _place(dict(best)[name], of)
    found: list[float] = []
    while len(found) < points:
        place = _beyond(places, here) if name in edges else _between({*places, 0.0, 1.0}, here)
        if place is None or not 0.0 < value_at(place, of) <= LARGEST:
            break
        places.add(place)
        found.append(place)
    return [tuple((key, value_at(place, of) if key == name else value) for key, value in best) for place in found]


def _beyond(places: AbstractSet[float], here: float) -> float:
    """Return the next place outwards, on the side of the edge that `here` lies at, at the distance of the last two."""
    ordered = sorted(places)
    if here <= _middle(ordered):
        return ordered[0] - (ordered[1] - ordered[0] if len(ordered) > 1 else 0.5)
    return ordered[-1] + (ordered[-1] - ordered[-2] if len(ordered) > 1 else 0.5)


def _middle(ordered: Sequence[float]) -> float:
    return 0.5 * (ordered[0] + ordered[-1])


def _between(places: AbstractSet[float], here: float) -> float | None:
    """Return the middle of the wider gap beside `here`; None if there is none."""
    below = max((place for place in places if place < here - _SMALL), default=None)
    above = min((place for place in places if place > here + _SMALL), default=None)
    gaps = [(here - below, 0.5 * (here + below))] if below is not None else []
    gaps += [(above - here, 0.5 * (here + above))] if above is not None else []
    return max(gaps, key=lambda gap: round(gap[0], _DIGITS))[1] if gaps else None


def _place(value: float, search: SearchRange) -> float:
    """Return the position of a value, from 0 to 1 inside the range."""
    if search.scale == "linear":
        return (value - search.low) / (search.high - search.low)
    return math.log10(value / search.low) / math.log10(search.high / search.low)


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
