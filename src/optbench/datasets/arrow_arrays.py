"""Between Python, NumPy and pyarrow arrays by their buffers: pyarrow's own way to them imports pandas (0.25 s)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def texts_of(cells: Sequence[str | None]) -> Any:
    """Return cells as a pyarrow string array, None as null."""
    import pyarrow as pa

    encoded = [b"" if cell is None else cell.encode("utf-8", "surrogatepass") for cell in cells]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    valid = None
    if None in cells:
        valid = _bits(np.array([cell is not None for cell in cells], dtype=bool))
    return pa.StringArray.from_buffers(len(cells), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)), valid)


def numbers_of(numbers: NDArray[Any]) -> Any:
    """Return numbers as a pyarrow array of their type."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def mask_of(is_true: NDArray[np.bool_]) -> Any:
    """Return truth values as a pyarrow array."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(is_true), [None, _bits(is_true)])


def _bits(is_true: NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(is_true, bitorder="little"))


def numpy_of(array: Any) -> NDArray[Any]:
    """Return a pyarrow array of integers, float64 or truth values as NumPy array; a null of float64 is NaN."""
    import pyarrow as pa

    valid, data = array.buffers()
    if pa.types.is_boolean(array.type):
        return _truth(data, array)
    width = np.dtype(array.type.to_pandas_dtype())
    numbers = np.frombuffer(data, dtype=width, count=array.offset + len(array))[array.offset :]
    if array.null_count == 0:
        return numbers
    if width.kind != "f":
        raise ValueError(f"an array of {array.type} with nulls has no NumPy array of that type")
    return np.where(_truth(valid, array), numbers, np.nan)


def _truth(bits: Any, array: Any) -> NDArray[np.bool_]:
    unpacked = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=array.offset + len(array), bitorder="little")
    return unpacked[array.offset :].astype(bool)


def is_null(array: Any) -> NDArray[np.bool_]:
    """Return which values of an array are null, (n,) bool."""
    valid = array.buffers()[0]
    return np.zeros(len(array), dtype=bool) if valid is None else ~_truth(valid, array)
