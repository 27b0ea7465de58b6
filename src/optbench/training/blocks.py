"""Rows in blocks of bounded size: what is trained on or evaluated may be larger than memory.

Arrays are read-only, and often memory maps of a file. Nothing here keeps a copy of them; a block is the only part of
them that is held, so memory does not grow with their number of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.mapped_arrays import take_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

# Large enough that the call for a block costs nothing beside its steps, small beside what TensorFlow itself needs.
BLOCK_BYTES = 64 * 2**20


def rows_of_a_block(arrays: Sequence[NDArray[Any]], batch_size: int, *, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many rows of `arrays` are held at a time: all, or as many whole batches as fit into `block_bytes`.

    One batch is held in any case, however large it is.
    """
    n = len(arrays[0])
    bytes_of_a_row = sum(array.dtype.itemsize * int(np.prod(array.shape[1:])) for array in arrays)
    batches = max(1, block_bytes // max(1, bytes_of_a_row * batch_size))
    return max(1, min(n, batches * batch_size))


class Blocks:
    """Arrays of equal length in an order that each pass chooses, a block at a time.

    Parameters
    ----------
    arrays : (n, ...) each; never written to
    rows : rows of a block
    """

    def __init__(self, arrays: Sequence[NDArray[Any]], rows: int) -> None:
        self._arrays = arrays
        self._n = len(arrays[0])
        self._rows = rows
        self._buffers = [np.zeros((rows, *array.shape[1:]), array.dtype) for array in arrays]

    def empty(self) -> list[NDArray[Any]]:
        """Return a block in which no row counts, to trace and compile with."""
        return self._buffers

    def in_order(self, order: NDArray[np.int64]) -> Iterator[tuple[list[NDArray[Any]], int]]:
        """Yield blocks of the rows in `order`, each with the number of rows that count.

        Every block has the same shape, so that a compiled function serves all; what the last one has too much is old.
        A block is valid until the next one is asked for.
        """
        for start in range(0, self._n, self._rows):
            part = order[start : start + self._rows]
            for array, buffer in zip(self._arrays, self._buffers, strict=True):
                take_rows(array, part, out=buffer)
            yield self._buffers, len(part)
