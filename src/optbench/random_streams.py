"""Every random number that optbench itself draws: pure functions of a purpose, a seed and an index.

Nothing here has a state, so nothing has to be saved for a resume. The purpose is part of the key of each stream:
adding one purpose never shifts the numbers of another.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stream(purpose: str, seed: int, index: int = 0) -> np.random.Philox:
    """Return the counter-based bit generator of (purpose, seed, index).

    Notes
    -----
    Only `random_raw` of it is used: NumPy freezes the bits of a bit generator, not the methods built on them (NEP 19).
    The key is the first 16 bytes of sha256("optbench/v1/<purpose>/<seed>/<index>").
    """
    tag = hashlib.sha256(f"optbench/v1/{purpose}/{seed}/{index}".encode()).digest()
    return np.random.Philox(key=np.frombuffer(tag[:16], dtype="<u8"))


def permutation(purpose: str, seed: int, n: int, index: int = 0) -> NDArray[np.int64]:
    """Return a permutation of 0..n-1 of shape (n,), int64: the stable sorting order of n raw 64-bit numbers."""
    return np.argsort(stream(purpose, seed, index).random_raw(n), kind="stable").astype(np.int64, copy=False)


def epoch_order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    """Return the order in which epoch `epoch` of a run with seed `seed` sees its n training rows; (n,) int64."""
    return permutation("order", seed, n, epoch)


def component_seed(seed: int, *parts: str | int) -> int:
    """Return a seed in [0, 2**32) for one named component of a run.

    The first 4 bytes (big-endian) of the sha256 of the arguments as a JSON list: a part added elsewhere in the
    program leaves it as it is, which a shared stream would not.

    Examples
    --------
    >>> component_seed(0, "layer", "output") == component_seed(0, "layer", "output")
    True
    >>> component_seed(0, "layer", 1) == component_seed(0, "layer", "1")
    False
    """
    text = json.dumps([seed, *parts], separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
