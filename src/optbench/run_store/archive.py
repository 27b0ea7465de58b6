"""One file that holds finished folders, to be passed on: a zip whose bytes follow from what is in it.

ARCHIVE.json in it lists every other file with size and sha256, and carries its own digest. Who reads one has it from a
stranger: names, kinds, sizes and digests are looked at before anything is written, nothing is written but below one
folder, and of what comes out no byte more is taken than is listed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from optbench.core.printable import printable
from optbench.core.regular_files import open_regular
from optbench.errors import ArchiveError, MismatchError, StorageError
from optbench.run_store.atomic import storage_error
from optbench.run_store.documents import SCHEMA_VERSION, decode_json, require_schema
from optbench.run_store.listed_files import ListedFile, has_its_digest, is_entry, with_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LISTING: Final = "ARCHIVE.json"
_KIND: Final = "optbench archive"
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
_MODE: Final = stat.S_IFREG | 0o644
_CHUNK: Final = 1 << 20
_LARGEST_LISTING: Final = 128 << 20
_LISTED_AT_MOST: Final = (
    16 << 10
)  # bytes of the listing for a file: names are short, and JSON unpacks to far more memory
_MOST_FILES: Final = 1_000_000
_LONGEST_NAME: Final = 1000
_LONGEST_PART: Final = 255
_SHOWN: Final = 200
_ENCRYPTED: Final = 1
_UNKNOWN: Final = "a name with characters that no file of optbench has"
_MOST_LEVELS: Final = 8
# what Python's reader says of bytes that are no zip, or not the one they seem to be
_DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(RuntimeError, ValueError, IndexError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file to be put into an archive.

    Attributes
    ----------
    source : its bytes, or where they lie
    listed : what a manifest says of them; None for what no manifest lists
    """

    source: bytes | Path
    listed: ListedFile | None = None


def write_archive(file: BinaryIO, members: Mapping[str, Member], about: Mapping[str, Any]) -> None:
    """Write an archive.

    Parameters
    ----------
    file : open for writing, empty
    members : by their names, with "/" between the parts
    about : what the listing says beside the files: plain JSON values

    Raises
    ------
    MismatchError
        If a file is not what its manifest says.
    StorageError
        If one cannot be read.
    OSError
        If the archive cannot be written.

    Notes
    -----
    No time, no owner, names in order: equal members make equal bytes, where zlib packs alike.
    """
    entries = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in sorted(members.items()):
            entries[name] = _put(archive, name, member)
        body = {"schema_version": SCHEMA_VERSION, "kind": _KIND, **about, "files": entries}
        _put(archive, LISTING, Member(with_digest(body)))


def _put(archive: zipfile.ZipFile, name: str, member: Member) -> dict[str, Any]:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, _MODE << 16, 3
    hasher, size = hashlib.sha256(), 0
    with _opened(member.source) as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := _read(source, member.source):
            target.write(chunk)
            hasher.update(chunk)
            size += len(chunk)
    if member.listed not in (None, ListedFile(size, hasher.hexdigest())):
        raise MismatchError(f"{name} has changed while it was read.", code="records-files-changed")
    return {"size": size, "sha256": hasher.hexdigest()}


def _opened(source: bytes | Path) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return open_regular(source)
    except OSError as error:
        raise storage_error(error, source, doing="read") from error


def _read(file: BinaryIO, source: bytes | Path) -> bytes:
    try:
        return file.read(_CHUNK)
    except OSError as error:
        raise storage_error(error, source if isinstance(source, Path) else Path(), doing="read") from error


@dataclass(frozen=True, slots=True)
class OpenArchive:
    """An archive whose names and sizes have been looked at; no byte of its files has been unpacked yet.

    Attributes
    ----------
    name : what messages call it
    about : what the listing says beside the files
    files : by their names
    """

    name: str
    about: Mapping[str, Any]
    files: Mapping[str, ListedFile]
    _archive: zipfile.ZipFile

    def unpack(self, folder: Path, names: Iterable[str], *, durable: bool = True) -> None:
        """Write files below a folder, each under its name, every byte compared with the listing.

        Parameters
        ----------
        folder : empty, and of nobody else
        durable : on the disk when this returns

        Raises
        ------
        MismatchError
            If a file is not the one that is listed.
        ArchiveError
            If it cannot be unpacked.
        StorageError
            If it cannot be written.
        """
        for name in names:
            target = folder.joinpath(*PurePosixPath(name).parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    self._copy(name, file)
                    if durable:
                        file.flush()
                        os.fsync(file.fileno())
            except OSError as error:
                raise storage_error(error, target, doing="written") from error

    def _copy(self, name: str, file: BinaryIO) -> None:
        listed, hasher, size = self.files[name], hashlib.sha256(), 0
        with _damage_told(self.name, name), self._archive.open(name) as source:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > listed.size:
                    break
                hasher.update(chunk)
                file.write(chunk)
        if ListedFile(size, hasher.hexdigest()) != listed:
            raise MismatchError(
                f"{self.name}: {printable(name)} is not the file that the archive lists: it was changed on its way. "
                "Ask for the archive again.",
                code="records-archive-changed",
            )


@contextmanager
def open_archive(path: Path, *, most: int) -> Iterator[OpenArchive]:
    """Open an archive, and require that everything it says of itself is in order.

    Parameters
    ----------
    path : may be a link
    most : bytes that all files may have together

    Raises
    ------
    ArchiveError
        If it is no archive of optbench, a name in it may not be, or it would unpack to more.
    MismatchError
        If its listing has been changed.
    StorageError
        If the system does not give it, or a newer optbench wrote it.
    """
    shown = printable(path.name or str(path))
    try:
        file = open_regular(path, follow_links=True)
    except (OSError, ValueError) as error:
        raise storage_error(error, path, doing="read") from error
    with file, _archive_in(file, shown) as archive:
        infos = archive.infolist()
        _require_names(infos, shown)
        _require_room(infos, shown, most=most)
        about, files = _listing(archive, shown)
        found = {info.filename: info.file_size for info in infos if info.filename != LISTING}
        if found != {name: listed.size for name, listed in files.items()}:
            odd = min(found.items() ^ {(name, listed.size) for name, listed in files.items()})[0]
            raise ArchiveError(
                f"{shown} must hold the files that {LISTING} in it lists, and no others. Received: {printable(odd)}, "
                "which one of both has, or has in another size.",
                code="archive-listing-wrong",
            )
        yield OpenArchive(shown, about, files, archive)


@contextmanager
def _archive_in(file: BinaryIO, shown: str) -> Iterator[zipfile.ZipFile]:
    with _damage_told(shown, ""):
        archive = zipfile.ZipFile(file)
    with archive:
        yield archive


def _require_names(infos: list[zipfile.ZipInfo], shown: str) -> None:
    """Require names that stay inside a folder, each once on every file system, and regular files alone."""
    if len(infos) > _MOST_FILES:
        raise ArchiveError(
            f"{shown} holds {len(infos)} files; at most {_MOST_FILES} are read.", code="archive-too-large"
        )
    strange = ((info.orig_filename, reason) for info in infos if (reason := _unfit_entry(info)))
    unfit = next(strange, None) or unfit_name(info.filename for info in infos)
    if unfit is not None:
        name, reason = unfit
        raise ArchiveError(
            f"{shown} must hold regular files with names that stay inside it. Received: "
            f"{printable(name[:_SHOWN])}, {reason}. Nothing of it was unpacked.",
            code="archive-name-unfit",
        )


def unfit_name(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first of some names that may not be in an archive, beside those before it, and why; None if all may.

    Parameters
    ----------
    names : with "/" between their parts
    """
    spelled: dict[str, str] = {}  # as a file system sees it that tells no letters' case apart
    known, folders = set(), set()
    for name in names:
        reason = _unfit(name)
        if reason:  # before it is taken apart: it may have any number of parts
            return name, reason
        parts = name.split("/")
        ways = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        if any(spelled.setdefault(_folded(way), way) != way for way in ways):
            return name, "another name that differs in its spelling alone"
        if name in known:
            return name, "a name that is there twice"
        known.add(name)
        folders.update(ways[:-1])
    return (min(known & folders), "a file and a folder") if known & folders else None


def _folded(way: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", way).casefold())


def _unfit_entry(info: zipfile.ZipInfo) -> str:
    """Return why an entry may not be there, whatever its name, or ""."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or info.orig_filename.endswith("/"):
        return "which is no regular file"
    if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "which is encrypted or packed in another way than by deflate"
    return _UNKNOWN if info.orig_filename != info.filename else ""


def _unfit(name: str) -> str:
    """Return why a name may not be there, whatever the others are, or ""."""
    if not name.isprintable() or "\\" in name or ":" in name:
        return _UNKNOWN
    parts = name.split("/", _MOST_LEVELS)
    if any(part in ("", ".", "..") or part.startswith(".") for part in parts):
        return "a name that leads elsewhere or hides"
    too_long = len(name) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in parts)
    return "a name that is too long or too deep" if too_long or len(parts) > _MOST_LEVELS else ""


def _require_room(infos: list[zipfile.ZipInfo], shown: str, *, most: int) -> None:
    total = sum(info.file_size for info in infos)
    if total > most:
        raise ArchiveError(
            f"{shown} unpacks to more than there is room for: {total / 1e9:.3g} GB, at most {most / 1e9:.3g} GB (free "
            "disk space; 200 times the packed size above 1 GB). Nothing of it was unpacked.",
            code="archive-too-large",
        )
    listing = next((info.file_size for info in infos if info.filename == LISTING), 0)
    if listing > min(_LARGEST_LISTING, _LISTED_AT_MOST * len(infos)):
        raise ArchiveError(
            f"{shown} must have a listing that is as long as its {len(infos)} files need. Received: {LISTING} of "
            f"{listing / 1e6:.3g} MB. Nothing of it was unpacked.",
            code="archive-too-large",
        )


def _listing(archive: zipfile.ZipFile, shown: str) -> tuple[dict[str, Any], dict[str, ListedFile]]:
    try:
        with _damage_told(shown, LISTING), archive.open(LISTING) as file:
            data = file.read(_LARGEST_LISTING + 1)
        document = decode_json(data, Path(f"{shown}:{LISTING}"))
    except (KeyError, StorageError) as error:
        raise ArchiveError(
            f"{shown} is no archive of optbench: it has no {LISTING} that can be read. 'optbench share' makes one.",
            code="archive-foreign",
        ) from error
    if document.get("kind") != _KIND:
        raise ArchiveError(
            f"{shown} is no archive of optbench: {LISTING} in it is of something else.", code="archive-foreign"
        )
    require_schema(document, Path(f"{shown}:{LISTING}"))
    if not has_its_digest(data, str(document.get("sha256"))):
        raise MismatchError(
            f"{shown} was changed on its way: {LISTING} in it does not have the sha256 that it records. Ask for the "
            "archive again.",
            code="records-archive-changed",
        )
    files = document.get("files")
    if not isinstance(files, dict) or not all(map(is_entry, files.values())):
        raise ArchiveError(f"{shown} is no archive of optbench: {LISTING} lists no files.", code="archive-foreign")
    return document, {name: ListedFile(entry["size"], entry["sha256"]) for name, entry in files.items()}


@contextmanager
def _damage_told(shown: str, name: str) -> Iterator[None]:
    what = f"{shown}: {printable(name)}" if name else shown
    try:
        yield
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that one is of a place before the first byte
            raise
        raise ArchiveError(
            f"{what} cannot be unpacked as a zip file: {str(error).rstrip('.') or 'it is damaged'}. Is it whole?",
            code="archive-damaged",
        ) from error
