"""How large a gap the seeds alone produce: one optimizer against itself."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.sample import as_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    Positions = NDArray[np.intp] | NDArray[np.uint16]

ENUMERATED_UP_TO: Final = 12
SAMPLED_HALVES: Final = 2000
FEWEST_SEEDS: Final = 4
_CELLS: Final = 500_000
"""Positions that are drawn at a time."""
_KEPT_UP_TO: Final = 4000
"""Seeds of which the drawn halves are kept, 16 MB: groups of one comparison mostly have as many."""


def noise_floor(scores: ArrayLike, quantile: float = 0.95) -> float:
    """Return the gap between two groups of n seeds of the same optimizer that chance exceeds 5 % of the time.

    Parameters
    ----------
    scores : (n,) scores of one optimizer, n >= 4

    Notes
    -----
    The `quantile` of |mean(half 1) - mean(half 2)| over disjoint halves of floor(n / 2) seeds each (all of
    them up to n = 12, 2000 from a fixed stream beyond), times sqrt(floor(n / 2) / n), which rescales the
    standard error of halves to that of two full groups of n. The halves are not paired, so this is the
    noise a reader faces who compares two columns of numbers; pairing by seed can only be judged by the
    pair's interval.

    References
    ----------
    The A/A test of online experiments: Kohavi et al. 2009, Data Min. Knowl. Discov. 18, 140-181.
    """
    sample = np.sort(as_sample(scores, at_least=FEWEST_SEEDS))
    half = sample.size // 2
    gaps = np.concatenate([_gaps(sample, order, half) for order in _halves(sample.size)])
    return float(np.quantile(gaps, quantile)) * math.sqrt(half / sample.size)


def _halves(n: int) -> Iterable[Positions]:
    """Return rows of positions, one half behind the other, some at a time."""
    if n <= ENUMERATED_UP_TO:
        return _enumerated_halves(n)
    return _kept_halves(n) if n <= _KEPT_UP_TO else _sampled_halves(n)


@lru_cache(maxsize=1)
def _kept_halves(n: int) -> Sequence[Positions]:
    return [rows.astype(np.uint16) for rows in _sampled_halves(n)]


def _gaps(sample: NDArray[np.float64], order: Positions, half: int) -> NDArray[np.float64]:
    first, second = sample[order[:, :half]], sample[order[:, half : 2 * half]]
    gaps: NDArray[np.float64] = np.abs(first.mean(axis=1) - second.mean(axis=1))
    return gaps


def _enumerated_halves(n: int) -> Iterator[NDArray[np.intp]]:
    """Yield rows of positions, one half behind the other; with odd n each seed is left out in turn."""
    half = n // 2
    rows = [
        first + second
        for first in itertools.combinations(range(n), half)
        for second in itertools.combinations([seed for seed in range(n) if seed not in first], half)
    ]
    yield np.array(rows, dtype=np.intp)


def _sampled_halves(n: int) -> Iterator[NDArray[np.intp]]:
    """Yield rows of positions, some at a time: all of them for thousands of seeds would be a hundred megabytes."""
    words, at_once = stream("statistics/noise-floor", n), max(1, _CELLS // n)
    for begin in range(0, SAMPLED_HALVES, at_once):
        rows = min(at_once, SAMPLED_HALVES - begin)
        yield np.argsort(np.asarray(words.random_raw(rows * n)).reshape(rows, n), axis=1, kind="stable")
