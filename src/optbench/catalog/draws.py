"""Random numbers of generated problems: functions of a purpose, a seed and a shape, from counter-based generators.

Only raw bits are taken from NumPy, whose other methods may change between versions (NEP 19).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNUSED_BITS: Final = 11
_HALF: Final = 32
_STEP: Final = 2.0**-53


def uniform(purpose: str, seed: int, *shape: int) -> NDArray[np.float64]:
    """Return numbers between 0 and 1, both excluded: the middles of 2**53 equal parts."""
    import numpy as np

    raw = _raw(purpose, seed, shape)
    return (((raw >> np.uint64(_UNUSED_BITS)).astype(np.float64) + 0.5) * _STEP).reshape(shape)


def normal(purpose: str, seed: int, *shape: int) -> NDArray[np.float64]:
    """Return standard normal numbers, by the inverse of the distribution function."""
    from scipy.special import ndtri

    values: NDArray[np.float64] = ndtri(uniform(purpose, seed, *shape))
    return values


def integers(purpose: str, seed: int, *shape: int, below: int) -> NDArray[np.int64]:
    """Return whole numbers from 0 to `below` - 1, at most 2**31; their shares differ by less than 2**-31."""
    import numpy as np

    raw, half = _raw(purpose, seed, shape), np.uint64(_HALF)
    return ((raw >> half) * np.uint64(below) >> half).astype(np.int64).reshape(shape)


def _raw(purpose: str, seed: int, shape: tuple[int, ...]) -> NDArray[np.uint64]:
    from optbench.random_streams import stream

    return stream(purpose, seed).random_raw(math.prod(shape))
