"""Random numbers of generated problems: functions of a purpose, a seed and a shape, from counter-based generators.

Only raw bits are taken from NumPy, whose other methods may change between versions (NEP 19).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optbench.random_streams import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNUSED_BITS = np.uint64(11)
_HALF = np.uint64(32)
_STEP = 2.0**-53


def uniform(purpose: str, seed: int, *shape: int) -> NDArray[np.float64]:
    """Return numbers between 0 and 1, both excluded: the middles of 2**53 equal parts."""
    raw = stream(purpose, seed).random_raw(math.prod(shape))
    return (((raw >> _UNUSED_BITS).astype(np.float64) + 0.5) * _STEP).reshape(shape)


def normal(purpose: str, seed: int, *shape: int) -> NDArray[np.float64]:
    """Return standard normal numbers, by the inverse of the distribution function."""
    from scipy.special import ndtri

    values: NDArray[np.float64] = ndtri(uniform(purpose, seed, *shape))
    return values


def integers(purpose: str, seed: int, *shape: int, below: int) -> NDArray[np.int64]:
    """Return whole numbers from 0 to `below` - 1, at most 2**31; their shares differ by less than 2**-31."""
    raw = stream(purpose, seed).random_raw(math.prod(shape))
    return ((raw >> _HALF) * np.uint64(below) >> _HALF).astype(np.int64).reshape(shape)
