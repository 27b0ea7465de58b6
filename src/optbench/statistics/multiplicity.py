"""Several comparisons at once."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p values adjusted so that the chance of any false verdict stays at the level.

    Parameters
    ----------
    p_values : (m,) one per comparison of the plan, in [0, 1]; give 1 for a planned comparison without a test

    Returns
    -------
    (m,) float64 in the order of `p_values`

    Notes
    -----
    With p_(1) <= ... <= p_(m): adjusted p_(j) = max over i <= j of min(1, (m - i + 1) p_(i)).

    References
    ----------
    Holm 1979, Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _p_values(p_values)
    return _stepped(p, np.arange(p.size, 0, -1))


def shaffer(p_values: ArrayLike, optimizers: int) -> NDArray[np.float64]:
    """Return adjusted p values of all pairs of `optimizers`, by Shaffer's step; nowhere larger than Holm's.

    Parameters
    ----------
    p_values : (k (k - 1) / 2,) one per pair, every pair tested

    Returns
    -------
    (k (k - 1) / 2,) float64 in the order of `p_values`

    Notes
    -----
    If i - 1 pairs differ, the others cannot all be equal: among k optimizers the number of equal pairs is that of a
    division into groups, for four of them 6, 3, 2, 1 or 0. The factor of the i-th smallest p is the largest of these
    numbers that is at most m - i + 1: 6, 3, 3, 3, 2, 1 for four optimizers where Holm has 6, 5, 4, 3, 2, 1. This takes
    equality for transitive: true of means, neither of symmetry, which the sign-flip test asks for, nor of equivalence
    within a margin (three optimizers in a row may each be equivalent to the next, and the ends not).

    References
    ----------
    Shaffer 1986, J. Am. Stat. Assoc. 81, 826-831 (procedure 1); for classifiers over data sets: Garcia and Herrera
    2008, J. Mach. Learn. Res. 9, 2677-2694.

    Examples
    --------
    >>> shaffer([0.001, 0.01, 0.01, 0.02, 0.03, 0.5], optimizers=4).round(4).tolist()
    [0.006, 0.03, 0.03, 0.06, 0.06, 0.5]
    """
    p = _p_values(p_values)
    if p.size != math.comb(optimizers, 2):
        pairs = math.comb(optimizers, 2)
        raise ValueError(f"all {pairs} pairs of {optimizers} optimizers must have a p value. Received: {p.size}.")
    possible = numbers_of_equal_pairs(optimizers)
    factors = [max(count for count in possible if count <= left) for left in range(p.size, 0, -1)]
    return _stepped(p, np.array(factors, dtype=np.int64))


@cache
def numbers_of_equal_pairs(optimizers: int) -> frozenset[int]:
    """Return how many of the pairs of so many optimizers can be equal at once, if equality is transitive.

    Examples
    --------
    >>> sorted(numbers_of_equal_pairs(4)), sorted(numbers_of_equal_pairs(5))
    ([0, 1, 2, 3, 6], [0, 1, 2, 3, 4, 6, 10])
    """
    if optimizers < 2:  # noqa: PLR2004 - one optimizer has no pair
        return frozenset({0})
    return frozenset(
        math.comb(equal, 2) + others
        for equal in range(1, optimizers + 1)
        for others in numbers_of_equal_pairs(optimizers - equal)
    )


def _p_values(p_values: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError(f"p values must be one row of numbers in [0, 1]. Received: {p.tolist()}.")
    return p


def _stepped(p: NDArray[np.float64], factors: NDArray[np.int64]) -> NDArray[np.float64]:
    """Multiply the i-th smallest p by the i-th factor; no adjusted p is below that of a smaller one."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * factors) if p.size else p
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
