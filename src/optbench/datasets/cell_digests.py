"""Digests of the cells of a table, in row order: the same however many rows are held at a time."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_ROWS = 1 << 16
NO_VALUE = -1


class CellsDigest:
    """sha256 of a column's cells: of their UTF-8 bytes one after the other, and of their lengths.

    Lengths are in bytes, int32, little-endian, -1 for a null, so that no two different columns give the same bytes.
    """

    def __init__(self) -> None:
        self._texts = hashlib.sha256()
        self._lengths = hashlib.sha256()

    def add(self, texts: bytes | memoryview, lengths: NDArray[np.int32]) -> None:
        """Append cells: their bytes without anything between them, and (cells,) lengths."""
        self._texts.update(texts)
        self._lengths.update(lengths.astype("<i4", copy=False).data)

    def hexdigest(self) -> str:
        """Return the digest of all cells added, 64 hex digits."""
        return hashlib.sha256(self._texts.digest() + self._lengths.digest()).hexdigest()


def cells_digest(levels: Sequence[str | None], codes: NDArray[np.int64]) -> str:
    """Return the digest of a column that holds `levels[code]` per row."""
    texts = [b"" if level is None else level.encode("utf-8", "surrogatepass") for level in levels]
    lengths = np.array([NO_VALUE if level is None else len(text) for level, text in zip(levels, texts, strict=True)])
    digest = CellsDigest()
    for start in range(0, len(codes), _ROWS):
        part = codes[start : start + _ROWS]
        digest.add(b"".join(map(texts.__getitem__, part.tolist())), lengths[part].astype(np.int32))
    return digest.hexdigest()


def table_digest(rows_per_file: Sequence[int], columns: Mapping[str, str]) -> str:
    """Return the digest of a table.

    Parameters
    ----------
    rows_per_file : of each file, in order
    columns : digest of the cells per column name, in the order of the table
    """
    parts = [list(rows_per_file), *([name, digest] for name, digest in columns.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
