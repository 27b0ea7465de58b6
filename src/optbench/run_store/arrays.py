"""Arrays as `.npz` bytes that depend on the arrays alone, and back, without pickle and without trust.

Entries are stored, not compressed, so reading never needs more memory than the file has bytes. NumPy is imported
where it is used: commands that list runs do without it.
"""

from __future__ import annotations

import ast
import io
import math
import re
import struct
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from optbench.errors import StorageError
from optbench.records import SPLITS
from optbench.run_store.atomic import write_bytes, write_in_parts
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

    from optbench.records import SplitName

_FIRST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL = 0o100644 << 16
_UNIX = 3
_KINDS = "biufcU"
LARGEST_HELD = 64 << 20
_DTYPE = re.compile(r"[<|][biufcU]\d{1,9}")
_MAGIC = b"\x93NUMPY"
_USUAL_HEADER = 256
_HEADER_LENGTH = {1: "<H", 2: "<I"}  # by the version of the .npy format


def by_split(found: Mapping[SplitName, Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of all splits, each named `<array>_<split>`, in the order train, validation, test."""
    return {f"{name}_{split}": array for split in SPLITS if split in found for name, array in found[split].items()}


def pack(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of stored entries, in the order given, without dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(_entry(name, len(data)), data)
    return buffer.getvalue()


def pack_arrays(file: BinaryIO, arrays: Mapping[str, NDArray[Any]], *, block_bytes: int | None = None) -> None:
    """Write arrays as `pack` would, each as `npy_bytes` makes it, holding a block of one at a time."""
    import numpy as np

    from optbench.mapped_arrays import blocks

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            little = array.dtype.newbyteorder("<")
            header = _npy_start(little, array.shape)
            with archive.open(_entry(f"{name}.npy", len(header) + array.nbytes), "w") as entry:
                entry.write(header)
                for block in blocks(array, n_bytes=block_bytes):
                    entry.write(np.ascontiguousarray(block, dtype=little).data)


def write_arrays(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    most_held: int = LARGEST_HELD,
    block_bytes: int | None = None,
) -> None:
    """Write an archive of arrays atomically; one that is large is written in parts, to the same bytes.

    A training result or a manifest vouches for it, so it is not waited for until it is on the disk.

    Parameters
    ----------
    most_held : bytes of arrays that are written as a whole
    block_bytes : bytes of an array that are held at a time of a larger archive; as many as elsewhere if None

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    if sum(array.nbytes for array in arrays.values()) > most_held:
        write_in_parts(path, lambda file: pack_arrays(file, arrays, block_bytes=block_bytes))
    else:
        write_bytes(path, pack({f"{name}.npy": npy_bytes(array) for name, array in arrays.items()}), durable=False)


def read_arrays(path: Path, *, most: int) -> dict[str, NDArray[Any]]:
    """Read an archive of arrays.

    Parameters
    ----------
    most : largest size in bytes

    Raises
    ------
    StorageError
        If the file is missing, damaged or larger.
    """
    entries = unpack(read_bytes(path, most=most), path)
    return {name.removesuffix(".npy"): array_from_npy(entries.pop(name), path) for name in list(entries)}


def _npy_start(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the bytes of an `.npy` file before its values."""
    import numpy as np

    buffer = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIRST_ZIP_DATE)
    info.create_system, info.external_attr, info.file_size = _UNIX, _READABLE_BY_ALL, size
    return info


def unpack(data: bytes, path: Path) -> dict[str, bytes]:
    """Return the entries of an archive that `pack` made.

    Parameters
    ----------
    path : named in errors

    Raises
    ------
    StorageError
        If it is damaged or holds anything `pack` does not write, as compressed entries or two of one name.
    """
    try:
        return _stored_entries(data)
    except Exception as error:  # bytes made by a stranger can make zipfile fail in any way
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def npy_bytes(array: NDArray[Any]) -> bytes:
    """Return an array in the `.npy` format: little-endian, C order, no pickle.

    Raises
    ------
    TypeError
        If it holds neither numbers, booleans nor texts.
    """
    import numpy as np

    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of dtype {array.dtype} cannot be stored; numbers, booleans and texts can")
    plain = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, plain, allow_pickle=False)
    return buffer.getvalue()


def array_from_npy(data: bytes, path: Path) -> NDArray[Any]:
    """Return the array that `npy_bytes` made; nothing is allocated before the sizes are known to agree.

    Raises
    ------
    StorageError
        If the bytes are damaged or hold anything `npy_bytes` does not write.
    """
    import numpy as np

    try:
        dtype, shape, start = _npy_header(data)
    except (ValueError, TypeError, SyntaxError, KeyError, struct.error, RecursionError, MemoryError) as error:
        raise _damaged(path, f"an array's header is unreadable: {error}") from error
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise _damaged(path, f"an array of shape {shape} needs {math.prod(shape) * dtype.itemsize} bytes")
    values = np.frombuffer(data, dtype, offset=start) if len(data) > start else np.empty(0, dtype)
    return values.reshape(shape).copy()


def _stored_entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        stored = all(info.compress_type == zipfile.ZIP_STORED for info in infos)
        size = sum(info.file_size for info in infos)
        if not stored or size > len(data) or len({info.filename for info in infos}) < len(infos):
            raise ValueError("its entries must be stored uncompressed, each once")
        return {info.filename: archive.read(info) for info in infos}


def _npy_header(data: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Return dtype, shape and the position of the first value.

    Not NumPy's own reader: it allocates what the header claims, and repairs headers with a warning.
    """
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it does not begin like a .npy file")
    length_format = _HEADER_LENGTH[data[6]]
    begin = 8 + struct.calcsize(length_format)
    (length,) = struct.unpack(length_format, data[8:begin])
    text = data[begin : begin + length]
    return *(_known_description(text) if length <= _USUAL_HEADER else _description(text)), begin + length


@lru_cache(maxsize=64)
def _known_description(text: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return dtype and shape of a header: runs of one experiment have the same ones, ten in each of thousands."""
    return _description(text)


def _description(text: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    import numpy as np

    header = ast.literal_eval(text.decode("ascii").strip())
    description, shape = header["descr"], header["shape"]
    if set(header) != {"descr", "fortran_order", "shape"} or header["fortran_order"] is not False:
        raise ValueError("fortran_order must be False")
    if not isinstance(description, str) or not _DTYPE.fullmatch(description):
        raise ValueError(f"dtype {description!r} is not one that optbench writes")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{shape!r} is no shape")
    return np.dtype(description), shape


def _damaged(path: Path, reason: str) -> StorageError:
    return StorageError(f"{path} is damaged or not a file of optbench: {reason}.", code="storage-file-damaged")
