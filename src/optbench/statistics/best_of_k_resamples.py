"""The cross-fitted best-of-k curves of thousands of resamples: many at a time, with the bits of one at a time.

A curve is recorded with all its digits, so the order of additions is a part of it. In each resample settings that rank
equal are a group, and the sum over groups is taken in the pairwise order of `numpy.sum`. Resamples with the same number
of groups add in the same order, and are added up together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_NUMBERS_AT_ONCE: Final = 125_000
_LANES: Final = 8  # numpy.sum adds up so many sums side by side ...
_BLOCK: Final = 128  # ... over blocks of at most so many numbers


def resampled_curves(table: Floats, rows: Places, weights: Floats) -> Floats:
    """Return the curve of each resample.

    Parameters
    ----------
    table : (N, s) finite scores, higher ones better, of N settings with s >= 2 seeds
    rows : (B, N) the settings of each resample
    weights : (N, N) chance of the i-th worst, a column, to be the best of k, a row

    Returns
    -------
    (B, N) float64
    """
    at_once = max(1, _NUMBERS_AT_ONCE // table.size)
    parts = (_curves(table, rows[first : first + at_once], weights) for first in range(0, len(rows), at_once))
    return np.concatenate(list(parts))


def _curves(table: Floats, rows: Places, weights: Floats) -> Floats:
    n, n_seeds = table.shape
    outcomes = np.array([np.delete(table, seed, axis=1).mean(axis=1) for seed in range(n_seeds)])
    ranks = np.array([np.unique(column, return_inverse=True)[1] for column in table.T], dtype=np.uint16)  # fast to sort
    ranking, values = ranks[:, rows].reshape(-1, n), outcomes[:, rows].reshape(-1, n)
    order = np.argsort(ranking, axis=1, kind="stable")
    ranked, values = np.take_along_axis(ranking, order, axis=1), np.take_along_axis(values, order, axis=1)
    return np.asarray(_expected_best(ranked, values, weights).reshape(n_seeds, -1, n).mean(axis=0))


def _expected_best(ranked: NDArray[np.uint16], values: Floats, weights: Floats) -> Floats:
    """Return a curve for each line of values, which are in the order of their ranks, worst first."""
    n = ranked.shape[1]
    is_first = np.ones(ranked.shape, dtype=bool)
    is_first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.append(starts, is_first.size))
    shared = np.add.reduceat(values.ravel(), starts) / sizes  # settings that rank equal share their weights
    kind = starts % n * (n + 1) + sizes
    is_there = np.bincount(kind) > 0
    kinds, kind_of = np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[kind]
    ends, together = _together(kinds // (n + 1), kinds % (n + 1), weights)
    numbers = is_first.sum(axis=1)
    begins = np.cumsum(numbers) - numbers
    curves = np.empty(ranked.shape)
    for number in np.unique(numbers):
        lines = np.flatnonzero(numbers == number)
        groups = begins[lines] + np.arange(number)[:, np.newaxis]
        curves[lines] = _added_up(together, ends, kind_of[groups], shared[groups])
    return curves


def _together(starts: Places, sizes: Places, weights: Floats) -> tuple[Places, Floats]:
    """Return where groups end, and (groups, N) the weights of their settings together."""
    ends = starts + sizes
    bordered = np.pad(weights, ((0, 0), (0, 1)))
    bounds = np.stack([starts, ends], axis=1)[::-1].ravel()  # by falling starts: what lies between two groups is empty
    sums = np.add.reduceat(bordered, bounds, axis=1)[:, ::2]
    return ends, np.ascontiguousarray(sums[:, ::-1].T)


def _added_up(together: Floats, ends: Places, kind_of: Places, shared: Floats) -> Floats:
    """Return the sum over groups of their weights times what they score.

    Parameters
    ----------
    kind_of, shared : (groups, lines)
    """
    shape = (kind_of.shape[1], together.shape[1])

    def add(to: Floats, group: int) -> None:
        """Add one group of every line; it weighs nothing for a k beyond its end."""
        end = ends[kind_of[group]].max()
        to[:, :end] += together[kind_of[group], :end] * shared[group][:, np.newaxis]

    return _in_pairs(0, len(kind_of), shape, add)


def _in_pairs(first: int, n: int, shape: tuple[int, int], add: Callable[[Floats, int], None]) -> Floats:
    """Return the sum of n terms in the order in which `numpy.sum` adds numbers that lie side by side."""
    if n > _BLOCK:
        half = n // 2 - n // 2 % _LANES
        return _in_pairs(first, half, shape, add) + _in_pairs(first + half, n - half, shape, add)
    whole = n - n % _LANES
    lanes = np.zeros((_LANES, *shape))
    for place in range(whole):
        add(lanes[place % _LANES], first + place)
    a, b, c, d, e, f, g, h = lanes
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for place in range(whole, n):
        add(total, first + place)
    return np.asarray(total)
