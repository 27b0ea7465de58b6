"""A table in a compressed file: unpacked a block at a time, and only as far as a table can be meant.

A few kilobytes can be packed so that they unpack to more than any disk holds. What the file itself declares is compared
with the room there is before anything is read, and what comes out is counted, since such a declaration may be wrong.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from optbench.core.text import stated
from optbench.core.worded import worded
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zipfile import ZipFile, ZipInfo

PACKED: Final = (".gz", ".zip", ".bz2", ".xz")
_MOST_TIMES: Final = 200  # tables of text pack to a tenth, of nearly equal rows to a hundredth
_ALWAYS_ALLOWED: Final = 1 << 30  # bytes, however small the packed file
_DISK_LEFT: Final = 256 << 20
_CLUTTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_SIGNATURES: Final = (
    (b"\x1f\x8b", "gzip data", ".gz"),
    (b"BZh", "bzip2 data", ".bz2"),
    (b"\xfd7zXZ", "xz data", ".xz"),
)


@dataclass(frozen=True, slots=True)
class PackedTable:
    """A packed file that is open.

    Attributes
    ----------
    name : of the table in it
    file : its bytes, unpacked as they are read; no more of them than `most`
    """

    name: str
    file: BinaryIO
    most: int


def is_packed(path: Path) -> bool:
    """Return True for a file whose name says that it is compressed."""
    return path.suffix.lower() in PACKED


def disguised(start: bytes) -> tuple[str, str] | None:
    """Return what a file with these first bytes is packed as, and the ending that says so; None if it is not."""
    return next(((what, ending) for mark, what, ending in _SIGNATURES if start.startswith(mark)), None)


@contextmanager
def opened_packed(path: Path, name: str) -> Iterator[PackedTable]:
    """Open the one table in a packed file.

    Parameters
    ----------
    name : what messages call the file

    Raises
    ------
    DataError
        If it is damaged, cut short or encrypted, holds none or several files, or unpacks to more than there is room.
    OSError
        If the system does not give it.
    """
    with _damage_told(path, name):
        if path.suffix.lower() == ".zip":
            from zipfile import ZipFile

            with ZipFile(path) as archive:
                member = _only_member(archive, name)
                most = _most_bytes(path, name, declared=member.file_size)
                with archive.open(member) as file:
                    yield PackedTable(PurePosixPath(member.filename).name, cast("BinaryIO", file), most)
            return
        with _open_stream(path) as file:
            yield PackedTable(path.stem, file, _most_bytes(path, name))


def copied(table: PackedTable, target: IO[bytes], name: str) -> None:
    """Unpack a table into a file.

    Raises
    ------
    DataError
        If more comes out than there may be.
    """
    for block in counted_blocks(table, name):
        target.write(block)


def counted_blocks(table: PackedTable, name: str) -> Iterator[bytes]:
    """Yield a table's bytes in blocks; see `copied`."""
    n_bytes = 0
    while block := table.file.read(1 << 20):
        n_bytes += len(block)
        if n_bytes > table.most:
            raise _too_large(name, n_bytes, table.most)
        yield block


def most_unpacked(packed_bytes: int, folder: str | None = None) -> int:
    """Return how many bytes a packed file may unpack to: as a table may, and as the temporary folder holds."""
    free = shutil.disk_usage(folder or tempfile.gettempdir()).free - _DISK_LEFT
    return max(0, min(free, max(_ALWAYS_ALLOWED, _MOST_TIMES * packed_bytes)))


def require_unpacked(name: str, *, declared: int, packed_bytes: int) -> int:
    """Return how many bytes a packed file may unpack to, and require that it declares no more.

    Raises
    ------
    DataError
        If it does.
    """
    most = most_unpacked(packed_bytes)
    if declared > most:
        raise _too_large(name, declared, most)
    return most


def _most_bytes(path: Path, name: str, *, declared: int = 0) -> int:
    return require_unpacked(name, declared=declared, packed_bytes=path.stat().st_size)


def _too_large(name: str, n_bytes: int, most: int) -> DataError:
    return DataError(
        f"{name} unpacks to more than there is room for: at least {n_bytes / 1e9:.3g} GB, at most {most / 1e9:.3g} GB "
        f"(free disk space for temporary files; {_MOST_TIMES} times the packed size above 1 GB). If it is meant, "
        "unpack it yourself and name the table, or set TMPDIR to a folder on a larger disk.",
        code="data-unpacks-too-large",
    )


def _only_member(archive: ZipFile, name: str) -> ZipInfo:
    members = [
        each
        for each in archive.infolist()
        if not each.is_dir() and not each.filename.startswith(_CLUTTER[0]) and Path(each.filename).name not in _CLUTTER
    ]
    if len(members) != 1:
        shown = ", ".join(each.filename for each in members[:5]) + (", ..." if len(members) > 5 else "")  # noqa: PLR2004
        raise DataError(
            f"{name} must hold exactly one file. Received: {len(members)}{f' ({shown})' if shown else ''}. Unpack it "
            "and name the table.",
            code="data-file-wrong-format",
        )
    if members[0].flag_bits & 1:
        raise DataError(
            worded("file-encrypted", "{name} is encrypted. Unpack it and name the table.", name=name),
            code="data-file-wrong-format",
        )
    if Path(members[0].filename).suffix.lower() in PACKED:
        raise DataError(
            f"{name} holds another packed file, {members[0].filename}. Unpack it and name the table.",
            code="data-file-wrong-format",
        )
    return members[0]


def _open_stream(path: Path) -> BinaryIO:
    import bz2
    import gzip
    import lzma

    openers: dict[str, Callable[[Path], object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return cast("BinaryIO", openers[path.suffix.lower()](path))


@contextmanager
def _damage_told(path: Path, name: str) -> Iterator[None]:
    import gzip
    import lzma
    import zipfile
    import zlib

    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        told = str(error).strip().rstrip(".")
        raise DataError(
            f"{name} cannot be unpacked as {path.suffix.lower()}: {told}. Is it whole, and is that its form?",
            code="data-file-damaged",
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"{name} is packed in a way that is not read here: {stated(error)}. Unpack it yourself.",
            code="data-file-wrong-format",
        ) from error
    except OSError as error:
        if error.errno is None:  # bz2 says so of data that is not its own
            raise DataError(
                f"{name} cannot be unpacked as {path.suffix.lower()}: {stated(error)}.", code="data-file-damaged"
            ) from error
        raise
