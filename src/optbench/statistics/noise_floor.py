"""How large a gap the seeds alone produce: one optimizer against itself."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.sample import as_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ENUMERATED_UP_TO: Final = 12
SAMPLED_HALVES: Final = 2000
FEWEST_SEEDS: Final = 4


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
    order = _enumerated_halves(sample.size) if sample.size <= ENUMERATED_UP_TO else _sampled_halves(sample.size)
    first, second = sample[order[:, :half]], sample[order[:, half : 2 * half]]
    gaps = np.abs(first.mean(axis=1) - second.mean(axis=1))
    return float(np.quantile(gaps, quantile)) * math.sqrt(half / sample.size)


def _enumerated_halves(n: int) -> NDArray[np.intp]:
    """Return rows of positions, one half behind the other; with odd n each seed is left out in turn."""
    half = n // 2
    rows = [
        first + second
        for first in itertools.combinations(range(n), half)
        for second in itertools.combinations([seed for seed in range(n) if seed not in first], half)
    ]
    return np.array(rows, dtype=np.intp)


def _sampled_halves(n: int) -> NDArray[np.intp]:
    keys = np.asarray(stream("statistics/noise-floor", n).random_raw(SAMPLED_HALVES * n))
    return np.argsort(keys.reshape(SAMPLED_HALVES, n), axis=1, kind="stable")
