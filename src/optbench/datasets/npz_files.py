"""npz files as strangers may have made them: sizes are known before anything is unpacked, and no pickle is loaded."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.refusals import told_as
from optbench.core.regular_files import open_regular
from optbench.core.worded import worded
from optbench.datasets.downloads import stream_sha256
from optbench.datasets.memory import require_memory
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_SUFFIX: Final = ".npy"
_ENCRYPTED: Final = 1  # of a member's flags
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what numpy.savez and savez_compressed write
_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_OBJECTS: Final = "it holds Python objects, which are not loaded: store numbers or texts"


@dataclass(frozen=True, slots=True)
class NpzContent:
    """Arrays of an npz file.

    Attributes
    ----------
    arrays : those that were asked for and are there
    found : names of all members
    sha256, size_bytes : of the file
    """

    arrays: Mapping[str, NDArray[Any]]
    found: tuple[str, ...]
    sha256: str
    size_bytes: int


def read_npz_arrays(path: Path, wanted: Collection[str], *, shown: str) -> NpzContent:
    """Read arrays of an npz file; what is not wanted is not unpacked.

    Parameters
    ----------
    shown : how messages call the file

    Raises
    ------
    DataError
        If it is missing, no npz file, damaged, encrypted, does not fit into memory, or a wanted array holds objects.
    """
    if not _is_there(path, shown):
        raise DataError(
            worded(
                "file-no-data",
                "{path} does not exist. A path in an experiment file is relative to the folder of that file.",
                path=shown,
            ),
            code="data-file-missing",
        )
    with told_as(DataError, shown, code="data-file-unreadable"), open_regular(path, follow_links=True) as file:
        if not zipfile.is_zipfile(file):
            raise DataError(
                worded(
                    "file-not-npz",
                    "{shown} is not an npz file. Write it with numpy.savez(path, x_train=..., ...).",
                    shown=shown,
                ),
                code="data-file-wrong-format",
            )
        arrays, found = _unpacked(file, wanted, shown)
        return NpzContent(arrays, found, stream_sha256(file), file.seek(0, 2))


def _is_there(path: Path, shown: str) -> bool:
    with told_as(DataError, shown, code="data-file-unreadable"):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def _unpacked(file: IO[bytes], wanted: Collection[str], shown: str) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(_SUFFIX): info for info in archive.infolist()}
            ours = {name: members[name] for name in wanted if name in members}
            sizes = [_declared_bytes(archive, name, info) for name, info in ours.items()]
            require_memory(sum(sizes), what=f"unpacking {shown}", remedy="Store fewer examples, or a smaller type.")
            return {name: _array(archive, info) for name, info in ours.items()}, tuple(members)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # bytes made by a stranger can make zipfile and NumPy fail in any way
        raise DataError(
            f"{shown} cannot be read as an npz file: {error or type(error).__name__}.", code="data-file-wrong-format"
        ) from error


def _declared_bytes(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> int:
    """Return the size of an array that header and archive agree on.

    Raises
    ------
    ValueError
        If they do not, or it is none that can be read.
    """
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(f"{name!r} in it is encrypted. Store it without a password")
    if info.compress_type not in _COMPRESSIONS:
        raise ValueError(f"{name!r} in it is compressed in another way than numpy.savez_compressed does it")
    if not info.filename.endswith(_SUFFIX):
        raise ValueError(f"{name!r} in it is not an array")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        if version not in _HEADERS:
            raise ValueError(f"{name!r} in it has the format {version[0]}.{version[1]}, which plain arrays do not have")
        shape, _, dtype = _HEADERS[version](member)
        if dtype.hasobject:
            raise ValueError(_OBJECTS)
        declared, stored = math.prod(shape) * dtype.itemsize, info.file_size - member.tell()
    if declared != stored:
        raise ValueError(f"{name!r} of shape {shape} and {dtype} must have {declared} bytes. Received: {stored}")
    return declared


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(info) as member:
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):
            raise ValueError(f"{info.filename!r} in it has more bytes than its array")
        return array
