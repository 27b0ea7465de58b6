"""Digests of the cells of a table, in row order: the same however many rows are held at a time."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

NO_VALUE = -1


class CellsDigest:
    """sha256 of a column's cells: of their UTF-8 bytes one after the other, and of their lengths.

    Lengths are in bytes, int32, little-endian, -1 for a null, so that no two different columns give the same bytes.
    """

    def __init__(self) -> None:
        self._texts = hashlib.sha256()
        self._lengths = hashlib.sha256()

    def add(self, texts: NDArray[np.uint8], lengths: NDArray[Any]) -> None:
        """Append cells: their bytes without anything between them, and (cells,) lengths."""
        self._texts.update(texts.data)
        self._lengths.update(lengths.astype("<i4", copy=False).data)

    def hexdigest(self) -> str:
        """Return the digest of all cells added, 64 hex digits."""
        return hashlib.sha256(self._texts.digest() + self._lengths.digest()).hexdigest()


def table_digest(rows_per_file: Sequence[int], columns: Mapping[str, str]) -> str:
    """Return the digest of a table.

    Parameters
    ----------
    rows_per_file : of each file, in order
    columns : digest of the cells per column name, in the order of the table
    """
    parts = [list(rows_per_file), *([name, digest] for name, digest in columns.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
