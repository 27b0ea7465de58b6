"""Ragged lists of whole numbers in the npz files of Keras, which hold them as pickles: read, and nothing executed.

A pickle names functions to call. Here each name stands for something inert: the few that NumPy's own pickles of arrays
need are replaced by stand-ins that only keep what they are given, every other name is refused.
"""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.text import stated
from optbench.datasets.memory import require_memory
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_ELEMENTS = 4  # of an array's state: version, shape, type, order, elements
_RECONSTRUCT = {"numpy.core.multiarray", "numpy._core.multiarray"}


class _Inert:
    """Stands for an array or a type: takes any arguments, keeps its state, does nothing."""

    def __init__(self, *_arguments: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _reconstructed(*_arguments: Any) -> _Inert:
    return _Inert()


def _encoded(text: str, *_encoding: Any) -> bytes:
    return text.encode("latin1")


class _Reader(pickle.Unpickler):
    """Knows the names that stand in a pickled array, and no other."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _RECONSTRUCT and name == "_reconstruct":
            return _reconstructed
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return _Inert
        if (module, name) == ("_codecs", "encode"):  # how protocol 2 writes bytes
            return _encoded
        raise pickle.UnpicklingError(f"it names {module}.{name}, which arrays of lists do not need")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"it refers to {pid!r} outside itself")


def read_arrays_and_lists(path: Path, names: tuple[str, ...], *, shown: str) -> Mapping[str, Any]:
    """Return arrays of an npz file by name: numbers as an array, objects as a list of lists of whole numbers.

    Raises
    ------
    DataError
        If the file lacks a name, is cut, or holds anything but numbers and lists of whole numbers.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            declared = sum(member.file_size for member in packed.infolist())
            require_memory(10 * declared, what=f"reading {shown}", remedy="Close other programs.")
            return {name: _array_or_lists(packed.read(f"{name}.npy")) for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, pickle.UnpicklingError) as error:
        raise DataError(f"{shown} is not the file it should be: {stated(error)}.", code="data-file-damaged") from error


def _array_or_lists(content: bytes) -> NDArray[Any] | list[list[int]]:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, dtype = read_header(stream)
    if dtype.hasobject:
        return _lists(stream)
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _lists(stream: io.BytesIO) -> list[list[int]]:
    try:
        found = _Reader(stream, encoding="latin1").load()
    except (TypeError, AttributeError, IndexError, OverflowError, MemoryError, ImportError) as error:
        raise pickle.UnpicklingError(f"{type(error).__name__}: {error}") from error
    state = found.state if isinstance(found, _Inert) else None
    rows = state[_ELEMENTS] if isinstance(state, tuple) and len(state) > _ELEMENTS else None
    if not isinstance(rows, list) or not all(_is_list_of_integers(row) for row in rows):
        raise ValueError("it holds something else than lists of whole numbers")
    return rows


def _is_list_of_integers(row: Any) -> bool:
    return isinstance(row, list) and all(type(number) is int for number in row)
