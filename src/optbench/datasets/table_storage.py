"""Where the cells and arrays of a table lie: in memory while they are few, in a temporary folder from then on.

What is read from it is the same either way, so nothing that uses a table knows how large it is.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.temporary_folders import remove_abandoned
from optbench.datasets.memory import large_table_bytes
from optbench.datasets.scratch import make_scratch, require_disk, storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from optbench.core.temporary_folders import TemporaryFolder

_CELLS = "cells"


class StoredCells:
    """A pyarrow array that is held, or lies in a file."""

    __slots__ = ("_held", "_place", "_read", "type")

    def __init__(self, array: Any) -> None:
        self.type = array.type
        self._held = array
        self._place = (0, 0)
        self._read: Callable[[int, int], Any] | None = None

    @property
    def held(self) -> Any | None:
        """The array, or None if it lies in a file."""
        return self._held

    def lies_in(self, read: Callable[[int, int], Any], place: tuple[int, int]) -> None:
        """Let go of the array: `read` gives its bytes back, from an offset on and so many."""
        self._held, self._read, self._place = None, read, place

    def load(self) -> Any:
        """Return the array."""
        import pyarrow as pa

        if self._read is None:
            return self._held
        batch = pa.ipc.read_record_batch(pa.py_buffer(self._read(*self._place)), _schema(self.type))
        return batch.column(0)


def _schema(kind: Any) -> Any:
    import pyarrow as pa

    return pa.schema([pa.field(_CELLS, kind)])


@dataclass(frozen=True, slots=True)
class StoredValues:
    """Numbers per row that are held, or lie in a file.

    Attributes
    ----------
    source : (rows, ...) array, or the path of a file with its bytes
    dtype : of the numbers
    shape : of the numbers of one row
    """

    source: NDArray[Any] | str
    dtype: np.dtype[Any]
    shape: tuple[int, ...] = ()

    def part(self, first: int, after: int) -> NDArray[Any]:
        """Return the numbers of rows `first` up to `after`, not included."""
        if isinstance(self.source, str):
            per_row = math.prod(self.shape)
            offset, count = first * per_row * self.dtype.itemsize, (after - first) * per_row
            numbers = np.fromfile(self.source, dtype=self.dtype, offset=offset, count=count)
            return numbers.reshape(after - first, *self.shape)
        return self.source[first:after]


class TableStorage:
    """Takes the cells of a table and the arrays that are made of them; on the disk once they are large.

    Parameters
    ----------
    most_bytes : what may be held in memory; by default what `OPTBENCH_LARGE_TABLE_MB` says
    """

    def __init__(self, most_bytes: float | None = None) -> None:
        self._most = large_table_bytes() if most_bytes is None else most_bytes
        self._held: list[StoredCells] = []
        self._held_bytes = 0
        self._numbers = count(1)
        self._values: list[str] = []
        self._scratch: TemporaryFolder | None = None
        self._file: int | None = None
        self._end = 0

    @property
    def is_on_disk(self) -> bool:
        """True once anything lies in the temporary folder."""
        return self._scratch is not None

    def expect(self, n_bytes: int, *, what: str) -> None:
        """Require that `n_bytes` more find room on the disk, if they would lie there.

        Raises
        ------
        MachineError
            If they do not.
        """
        if self.is_on_disk or n_bytes > self._most:
            require_disk(n_bytes, what=what)

    def put(self, cells: Any) -> StoredCells:
        """Keep a pyarrow array."""
        stored = StoredCells(cells)
        if self.is_on_disk:
            self._write(stored)
            return stored
        self._held.append(stored)
        self._held_bytes += cells.nbytes
        if self._held_bytes > self._most:
            self._go_to_disk()
        return stored

    def put_values(self, values: NDArray[Any]) -> StoredValues:
        """Keep numbers, one per row."""
        if not self.is_on_disk:
            return StoredValues(values, values.dtype)
        path = self._new_values()
        with storage_errors():
            values.tofile(path)
        return StoredValues(path, values.dtype)

    def put_blocks(self, blocks: Iterable[NDArray[Any]], *, width: int, dtype: Any) -> StoredValues:
        """Keep `width` numbers per row, given for consecutive rows."""
        kind = np.dtype(dtype)
        if not self.is_on_disk:
            held = [np.empty((0, width), kind), *blocks]
            return StoredValues(np.concatenate(held), kind, (width,))
        path = self._new_values()
        with storage_errors(), open(path, "wb") as file:  # noqa: PTH123 - a text, like all paths here
            for block in blocks:
                np.ascontiguousarray(block, dtype=kind).tofile(file)
        return StoredValues(path, kind, (width,))

    def _new_values(self) -> str:
        """Return the path of a new file of numbers; threads may ask at the same time."""
        path = self._path(f"{next(self._numbers)}.values")
        self._values.append(path)
        return path

    def array(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        """Return an array with the values of another; on the disk it is mapped and read-only."""
        writer = self.writer(name, values.shape, values.dtype)
        writer.add(values)
        return writer.finish()

    def writer(self, name: str, shape: tuple[int, ...], dtype: Any) -> ArrayWriter:
        """Return what takes the blocks of an array, one after the other.

        Raises
        ------
        MachineError
            If the array has to lie on the disk and does not fit there.
        """
        n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if not self.is_on_disk and n_bytes > self._most:
            self._go_to_disk()
        if not self.is_on_disk:
            return ArrayWriter(np.empty(shape, dtype=dtype))
        require_disk(n_bytes, what=f"an array of {' x '.join(map(str, shape))} numbers")
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
        return ArrayWriter(self._path(f"{name}.npy"), header)

    def forget_cells(self) -> None:
        """Remove the cells: nobody reads them any more."""
        self._held.clear()
        if self._file is not None:
            os.close(self._file)
            self._file = None
            os.unlink(self._path(_CELLS))  # noqa: PTH108 - a text, like all paths here

    def forget_values(self) -> None:
        """Remove the numbers per row: nobody reads them any more."""
        for path in self._values:
            os.unlink(path)  # noqa: PTH108
        self._values.clear()

    def remove(self) -> None:
        """Remove everything that lies on the disk."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._scratch is not None:
            self._scratch.remove()

    def keep_with(self, owner: object) -> None:
        """Remove what lies on the disk when `owner` is no longer referred to, or when the process ends."""
        if self._scratch is not None:
            self._scratch.remove_with(owner)

    def _go_to_disk(self) -> None:
        remove_abandoned()
        self._scratch = make_scratch()
        self._file = os.open(self._path(_CELLS), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        for stored in self._held:
            self._write(stored)
        self._held.clear()

    def _write(self, stored: StoredCells) -> None:
        import pyarrow as pa

        batch = pa.record_batch([stored.held], schema=_schema(stored.type))
        data = memoryview(batch.serialize())
        with storage_errors():
            written = 0
            while written < len(data):
                written += os.pwrite(self._open_file(), data[written:], self._end + written)
        stored.lies_in(self._read, (self._end, len(data)))
        self._end += len(data)

    def _read(self, offset: int, size: int) -> bytes:
        with storage_errors():
            return os.pread(self._open_file(), size, offset)

    def _open_file(self) -> int:
        if self._file is None:
            raise ValueError("the cells of this table were removed")
        return self._file

    def _path(self, name: str) -> str:
        if self._scratch is None:
            raise ValueError("nothing of this table lies on the disk")
        return str(self._scratch.path / name)


class ArrayWriter:
    """Takes an array in blocks of rows.

    Parameters
    ----------
    target : the array itself, or the path of an `.npy` file
    header : of the file
    """

    def __init__(self, target: NDArray[Any] | str, header: dict[str, Any] | None = None) -> None:
        self._target = target
        self._n_rows = 0
        self._file: Any = None
        if isinstance(target, str):
            assert header is not None  # noqa: S101 - for the type checker
            with storage_errors():
                self._file = open(target, "wb")  # noqa: PTH123, SIM115 - a text, closed by `finish`
                np.lib.format.write_array_header_1_0(self._file, header)

    def add(self, block: NDArray[Any]) -> None:
        """Append rows."""
        if isinstance(self._target, str):
            with storage_errors():
                np.ascontiguousarray(block).tofile(self._file)
        else:
            self._target[self._n_rows : self._n_rows + len(block)] = block
        self._n_rows += len(block)

    def finish(self) -> NDArray[Any]:
        """Return the array."""
        if not isinstance(self._target, str):
            return self._target
        with storage_errors():
            self._file.close()
        mapped: NDArray[Any] = np.load(self._target, mmap_mode="r")
        return mapped
