"""A number per row of an array, by which equal rows are found among millions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.mapped_arrays import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = 8  # bytes
_ROWS = 4096  # so many running digests stay in a core's cache
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits without a pattern: the golden ratio's
_HALF = np.uint64(32)


def row_digests(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a digest per row of an array, (n,) uint64.

    Equal rows have equal digests. That two of ten million different rows share one has a chance of 3 in a million.
    """
    digests = [_row_digests(block[start : start + _ROWS]) for block in blocks(rows) for start in _starts(block)]
    return np.concatenate(digests) if digests else np.zeros(0, dtype=np.uint64)


def _starts(block: NDArray[Any]) -> range:
    return range(0, len(block), _ROWS)


def _row_digests(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the digests of a few rows: each word of a row is taken in and mixed with what came before it."""
    words = _words(rows)
    digests = np.full(len(rows), words.shape[1], dtype=np.uint64)
    shifted = np.empty_like(digests)
    for position in range(words.shape[1]):
        digests ^= words[:, position]
        digests *= _FACTOR  # a change of any bit reaches the bits above it,
        np.right_shift(digests, _HALF, out=shifted)
        digests ^= shifted  # and these the bits below
    return digests


def _words(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the bytes of each row as (rows, words), the last word filled up with zeros."""
    data = np.ascontiguousarray(rows).reshape(len(rows), -1).view(np.uint8)
    if data.shape[1] % _WORD:
        padded = np.zeros((len(rows), -(-data.shape[1] // _WORD) * _WORD), dtype=np.uint8)
        padded[:, : data.shape[1]] = data
        data = padded
    words: NDArray[np.uint64] = data.view(np.uint64)
    return words


def count_found(digests: NDArray[np.uint64], among: NDArray[np.uint64]) -> int:
    """Return how many digests are among others; both are sorted."""
    if not len(among):
        return 0
    places = np.minimum(np.searchsorted(among, digests), len(among) - 1)
    return int((among[places] == digests).sum())
