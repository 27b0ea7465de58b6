"""Columns of a table as plain files, so that a column can be read again and again without the table.

A column of texts is two files: the UTF-8 bytes of its cells one after the other, and their lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from optbench.datasets.cell_digests import NO_VALUE, CellsDigest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

BLOCK_ROWS = 1 << 16
_LENGTH = np.dtype("<i4")


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """The cells of one column on the disk.

    Attributes
    ----------
    name : as in the header, stripped
    path : without ending; the files are `<path>.texts` and `<path>.lengths`
    digest : of the cells
    """

    name: str
    path: Path
    digest: str

    def blocks(self) -> Iterator[Any]:
        """Yield the cells, `BLOCK_ROWS` at a time, as pyarrow large_string arrays."""
        with self.path.with_suffix(".texts").open("rb") as texts, self.path.with_suffix(".lengths").open("rb") as file:
            while len(lengths := np.fromfile(file, dtype=_LENGTH, count=BLOCK_ROWS)):
                yield _array(lengths, texts.read(int(lengths[lengths > 0].sum(dtype=np.int64))))

    def remove(self) -> None:
        """Remove the files."""
        for ending in (".texts", ".lengths"):
            self.path.with_suffix(ending).unlink()


class ColumnWriter:
    """Writes the cells of one column and digests them; as a context it closes the files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: BinaryIO = path.with_suffix(".texts").open("wb")
        self._lengths: BinaryIO = path.with_suffix(".lengths").open("wb")
        self._digest = CellsDigest()

    def add(self, cells: Any) -> None:
        """Append a pyarrow array of texts (string or large_string), nulls allowed."""
        is_null = cells.is_null().to_numpy(zero_copy_only=False)
        offsets, data = _buffers(cells.fill_null(""))
        lengths = np.diff(offsets).astype(_LENGTH)
        lengths[is_null] = NO_VALUE
        part = memoryview(data)[offsets[0] : offsets[-1]] if data is not None else memoryview(b"")
        self._digest.add(part, lengths)
        self._texts.write(part)
        self._lengths.write(lengths.data)

    def stored(self, name: str) -> StoredColumn:
        """Return what has been written, once the files are closed."""
        return StoredColumn(name, self._path, self._digest.hexdigest())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._texts.close()
        self._lengths.close()


def _buffers(cells: Any) -> tuple[NDArray[Any], Any]:
    """Return the offsets of an array's cells, (n + 1,), and the bytes they point into."""
    import pyarrow as pa

    width = np.dtype(np.int64 if pa.types.is_large_string(cells.type) else np.int32)
    _, offsets, data = cells.buffers()
    begin = cells.offset
    return np.frombuffer(offsets, dtype=width)[begin : begin + len(cells) + 1], data


def _array(lengths: NDArray[np.int32], data: bytes) -> Any:
    import pyarrow as pa

    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(np.maximum(lengths, 0), out=offsets[1:])
    has_value = lengths >= 0
    valid = None if has_value.all() else pa.array(has_value).buffers()[1]
    return pa.LargeStringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data), valid)
