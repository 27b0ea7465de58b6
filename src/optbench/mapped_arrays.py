"""Arrays that are files mapped into memory: read a block at a time, so that only a block is held."""

from __future__ import annotations

import itertools
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK_BYTES = 16 << 20


def blocks(array: NDArray[Any], *, n_bytes: int | None = None) -> Iterator[NDArray[Any]]:
    """Yield consecutive parts of an array along its first axis, each of at most `n_bytes` (16 MiB) or one row.

    A part is a view and valid until the next one is asked for: the pages of a mapped array are then let go.
    """
    row_bytes = max(1, array.nbytes // max(1, len(array)))
    step = max(1, (BLOCK_BYTES if n_bytes is None else n_bytes) // row_bytes)
    for start in range(0, len(array), step):
        yield array[start : start + step]
        release_pages(array)


def release_pages(array: NDArray[Any]) -> None:
    """Let go of the memory that holds pages of a mapped array; they are read from the file again when needed."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and not array.flags.writeable and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


def take_rows(array: NDArray[Any], rows: NDArray[np.int64], out: NDArray[Any], *, n_bytes: int = BLOCK_BYTES) -> None:
    """Copy `array[rows]` into the first rows of `out`.

    A mapped file is gone through once from its begin to its end, whatever the order of `rows`, and no more than a
    block of it is held: rows in a random order would otherwise bring most of its pages into memory.

    Parameters
    ----------
    n_bytes : size of a block of a mapped file
    """
    if not isinstance(array, np.memmap):
        out[: len(rows)] = array[rows]
        return
    places = np.argsort(rows, kind="stable")
    ordered = rows[places]
    step = max(1, n_bytes // max(1, array.nbytes // max(1, len(array))))
    cuts = np.searchsorted(ordered, np.arange(0, len(array) + step, step))
    for begin, end in itertools.pairwise(cuts.tolist()):
        if begin < end:
            out[places[begin:end]] = array[ordered[begin:end]]
            release_pages(array)
