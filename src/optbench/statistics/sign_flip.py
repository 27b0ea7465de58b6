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
        return _split_means(self._sample)

    @property
    def p(self) -> float:
        """As of `sign_flip_p`."""
        tolerance = _tolerance(self._sample)
        mean = float(self._sample.mean())
        if abs(mean) <= tolerance:
            return 1.0
        lower, upper = self._means
        beyond = lower <= tolerance if mean > 0 else upper >= -tolerance
        return float(np.count_nonzero(beyond) / beyond.size)

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """As of `sign_flip_interval`."""
        check_alpha(alpha)
        lower, upper = self._means
        rank = math.floor(alpha * lower.size)
        low = float(np.partition(lower, rank)[rank])
        high = float(-np.partition(-upper, rank)[rank])
        return _tidy_end(low, self._sample), _tidy_end(high, self._sample)


def _split_means(sample: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smaller and the larger mean of both parts, for every split of the sample into two parts.

    The trivial split (nothing flipped) stands for -inf and inf: it is as extreme as itself for every delta.
    """
    ordered = np.sort(sample)
    if sample.size <= ENUMERATED_UP_TO:
        return _means_of_parts([ordered], _all_subsets(sample.size))
    return _means_of_parts([ordered, ordered[::-1]], _sampled_subsets(sample.size))


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
    orders: Sequence[NDArray[np.float64]], subsets: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return min and max of the means of each subset and of its complement, for each order of the sample in turn."""
    sizes = np.bitwise_count(subsets).sum(axis=0, dtype=np.int64)
    lower, upper = [], []
    for ordered, sums in zip(orders, _subset_sums(orders, subsets), strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = sums / sizes
            outside = (ordered.sum() - sums) / (ordered.size - sizes)
        trivial = (sizes == 0) | (sizes == ordered.size)
        lower.append(np.where(trivial, -np.inf, np.minimum(inside, outside)))
        upper.append(np.where(trivial, np.inf, np.maximum(inside, outside)))
    return np.concatenate(lower), np.concatenate(upper)


def _subset_sums(orders: Sequence[NDArray[np.float64]], subsets: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return for each order the sum of each subset, eight seeds at a time through a table of their 256 partial sums."""
    members = (np.arange(2**_BITS)[:, None] >> np.arange(_BITS)) & 1
    sums = np.zeros((len(orders), subsets.shape[1]))
    positions, partial = np.empty(subsets.shape[1], np.intp), np.empty(subsets.shape[1])
    for row, codes in enumerate(subsets):
        positions[:] = codes  # NumPy would do that for each order
        for ordered, total in zip(orders, sums, strict=True):
            part = ordered[row * _BITS : (row + 1) * _BITS]
            np.take(members[:, : part.size] @ part, positions, out=partial, mode="clip")
            np.add(total, partial, out=total)
    return sums


def _tolerance(sample: NDArray[np.float64]) -> float:
    return RELATIVE_TOLERANCE * float(np.abs(sample).max())


def _tidy_end(end: float, sample: NDArray[np.float64]) -> float:
    """Undo rounding: a mean of differences lies between the smallest and the largest, and 1e-17 is 0."""
    if math.isinf(end):
        return end
    if abs(end) <= _tolerance(sample):
        return 0.0
    return min(max(end, float(sample.min())), float(sample.max()))
