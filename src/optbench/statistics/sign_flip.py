"""The exact sign-flip test of paired differences, and the interval that agrees with it.

Both are read off one table. A sign vector flips a subset F of the differences d. Flipping F keeps the sum of
d - delta at least as far from zero as it was if, and only if, one of the means of F and of its complement
lies on the far side of delta. So for each split of the seeds into F and its complement the smaller and the
larger of the two means are all that is needed: how many smaller means are <= 0 gives p, and their order
gives the interval.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.sample import as_sample, check_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

ENUMERATED_UP_TO: Final = 16
SAMPLED_SPLITS: Final = 50_000
RELATIVE_TOLERANCE: Final = 1e-9
_BITS: Final = 8


def sign_flip_p(differences: ArrayLike) -> float:
    """Return the two-sided p value of the sign-flip test of mean(differences) = 0.

    Parameters
    ----------
    differences : (n,) scores of A minus scores of B, one per shared seed

    Returns
    -------
    float in (0, 1]; a multiple of 2 / 2^n up to n = 16, of 1e-5 (and at least 2e-5) beyond

    Notes
    -----
    p = #{e in {-1, +1}^n : |sum e_i d_i| >= |sum d_i|} / 2^n, all e enumerated up to n = 16. Beyond, e runs
    over 50,000 sign vectors from a fixed stream, the identity among them: (c + 1) / (m + 1). They are laid
    over the sorted differences forwards and backwards, so that neither the order nor the common sign of the
    d_i matters. Valid if each d_i is symmetric about 0 under the null hypothesis. Sums that are equal up to
    rounding (1e-9 of the largest |d_i|) count as equal, since scores are counts divided by n_test and ties
    are common.

    References
    ----------
    Fisher 1935, The Design of Experiments, section 21; Pitman 1937, J. R. Stat. Soc. Suppl. 4, 119-130;
    Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9(1), 39 (the +1).

    Examples
    --------
    >>> sign_flip_p([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    0.03125
    """
    return SignFlips(differences).p


def sign_flip_interval(differences: ArrayLike, alpha: float = 0.05) -> tuple[float, float]:
    """Return the closed interval of all delta that the sign-flip test does not reject at `alpha`.

    Parameters
    ----------
    differences : (n,) paired differences
    alpha : 1 - level, two-sided; 0.05 for a 95 % interval

    Returns
    -------
    (low, high); (-inf, inf) if so few differences cannot reject anything at `alpha` (n < 6 for 0.05)

    Notes
    -----
    delta is inside exactly where `sign_flip_p(differences - delta) > alpha`. With M splits of the seeds
    (2^(n-1) enumerated or 100,000 sampled, the trivial one included) and k = floor(alpha M), the ends are
    the (k+1)-th smallest of the smaller means and the (k+1)-th largest of the larger means. For enumerated
    splits this is the interval of Hartigan's typical values. An end within rounding of zero is zero, so
    that interval and p never disagree.

    References
    ----------
    Hartigan 1969, J. Am. Stat. Assoc. 64, 1303-1317 (typical values).

    Examples
    --------
    >>> sign_flip_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    (1.0, 6.0)
    """
    return SignFlips(differences).interval(alpha)


def sign_flip_ps(samples: Sequence[ArrayLike]) -> list[float]:
    """Return what `sign_flip_p` returns of each sample; all have one size, and their signs are drawn once."""
    checked = [as_sample(values) for values in samples]
    return [_p(sample, *means) for sample, means in zip(checked, _split_means(checked), strict=True)]


class SignFlips:
    """The test of `sign_flip_p` and the intervals of `sign_flip_interval`, read off one table of one sample.

    Parameters
    ----------
    differences : (n,) paired differences
    """

    def __init__(self, differences: ArrayLike) -> None:
        self._sample = as_sample(differences)

    @cached_property
    def _means(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        (means,) = _split_means([self._sample])
        return means

    @property
    def p(self) -> float:
        """As of `sign_flip_p`."""
        return _p(self._sample, *self._means)

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """As of `sign_flip_interval`."""
        check_alpha(alpha)
        lower, upper = self._means
        rank = math.floor(alpha * lower.size)
        low = float(np.partition(lower, rank)[rank])
        high = float(-np.partition(-upper, rank)[rank])
        return _tidy_end(low, self._sample), _tidy_end(high, self._sample)


def _p(sample: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]) -> float:
    """Return p of a sample from the means of its parts."""
    tolerance = _tolerance(sample)
    mean = float(sample.mean())
    if abs(mean) <= tolerance:
        return 1.0
    beyond = lower <= tolerance if mean > 0 else upper >= -tolerance
    return float(np.count_nonzero(beyond) / beyond.size)


def _split_means(samples: Sequence[NDArray[np.float64]]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return for each sample the smaller and the larger mean of both parts, for every split of it into two parts.

    The trivial split (nothing flipped) stands for -inf and inf: it is as extreme as itself for every delta.
    """
    size = samples[0].size
    is_whole = size <= ENUMERATED_UP_TO
    subsets = _all_subsets(size) if is_whole else _sampled_subsets(size)
    orders = [order for sample in map(np.sort, samples) for order in ([sample] if is_whole else [sample, sample[::-1]])]
    sizes = np.bitwise_count(subsets).sum(axis=0, dtype=np.uint32)
    means = [
        _means_of_parts(order, sums, sizes) for order, sums in zip(orders, _subset_sums(orders, subsets), strict=True)
    ]
    each = len(orders) // len(samples)
    found = []
    for first in range(0, len(means), each):
        lower, upper = zip(*means[first : first + each], strict=True)
        found.append((np.concatenate(lower), np.concatenate(upper)))
    return found


def _all_subsets(n: int) -> NDArray[np.uint8]:
    """Return 2^(n-1) subsets as bit masks; the last seed is in none, so that each split is there once."""
    codes = np.arange(2 ** (n - 1), dtype="<u2").view(np.uint8).reshape(-1, 2)
    return np.ascontiguousarray(codes.T[: math.ceil(n / _BITS)])


def _sampled_subsets(n: int) -> NDArray[np.uint8]:
    """Return random subsets as bit masks, one column each; the first one is empty."""
    width = math.ceil(n / _BITS)
    words = stream("statistics/sign-flip", n).random_raw(math.ceil(SAMPLED_SPLITS * width / _BITS))
    raw = np.asarray(words, dtype="<u8").view(np.uint8)
    codes = raw[: SAMPLED_SPLITS * width].reshape(width, SAMPLED_SPLITS)
    codes[-1] &= np.uint8(2 ** (n - _BITS * (width - 1)) - 1)
    codes[:, 0] = 0
    return codes


def _means_of_parts(
    ordered: NDArray[np.float64], sums: NDArray[np.float64], sizes: NDArray[np.uint32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return min and max of the means of each subset and of its complement, from the sums and sizes of the subsets."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = sums / sizes
        outside = (ordered.sum() - sums) / (ordered.size - sizes)
    trivial = (sizes == 0) | (sizes == ordered.size)
    lower = np.where(trivial, -np.inf, np.minimum(inside, outside))
    return lower, np.where(trivial, np.inf, np.maximum(inside, outside))


def _subset_sums(orders: Sequence[NDArray[np.float64]], subsets: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return for each order the sum of each subset, eight seeds at a time through a table of their 256 partial sums.

    What a code adds in each order lies side by side, so that it is looked up once.
    """
    members = (np.arange(2**_BITS)[:, None] >> np.arange(_BITS)) & 1
    sums = np.zeros((subsets.shape[1], len(orders)))
    positions, partial = np.empty(subsets.shape[1], np.intp), np.empty_like(sums)
    table = np.empty((2**_BITS, len(orders)))
    for row, codes in enumerate(subsets):
        positions[:] = codes  # NumPy would do that by itself, more slowly
        for place, ordered in enumerate(orders):
            part = ordered[row * _BITS : (row + 1) * _BITS]
            table[:, place] = members[:, : part.size] @ part
        np.take(table, positions, axis=0, out=partial, mode="clip")
        np.add(sums, partial, out=sums)
    return np.ascontiguousarray(sums.T)


def _tolerance(sample: NDArray[np.float64]) -> float:
    return RELATIVE_TOLERANCE * float(np.abs(sample).max())


def _tidy_end(end: float, sample: NDArray[np.float64]) -> float:
    """Undo rounding: a mean of differences lies between the smallest and the largest, and 1e-17 is 0."""
    if math.isinf(end):
        return end
    if abs(end) <= _tolerance(sample):
        return 0.0
    return min(max(end, float(sample.min())), float(sample.max()))
