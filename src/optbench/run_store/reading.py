"""Reading files of run folders that anybody may have made: regular files only, no links, no more than expected."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from optbench.errors import StorageError
from optbench.run_store.atomic import storage_error

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


def read_bytes(path: Path, *, most: int | None = None) -> bytes:
    """Return the content of a regular file; a link, a folder, a pipe or a device is refused without reading it.

    Parameters
    ----------
    most : bytes that the file may have; None for any number

    Raises
    ------
    StorageError
        If the file is missing, not a regular file, too large or unreadable.
    """
    try:
        descriptor = open_regular(path)
        with os.fdopen(descriptor, "rb") as file:
            size = os.fstat(descriptor).st_size
            if most is not None and size > most:
                raise StorageError(
                    f"{path} must have at most {most} bytes. Received: {size}.", code="storage-file-too-large"
                )
            return file.read() if most is None else file.read(most + 1)[:most]
    except OSError as error:
        raise storage_error(error, path, doing="read") from error


def open_regular(path: Path) -> int:
    """Open a regular file for reading and return its descriptor.

    Raises
    ------
    OSError
        If it cannot be opened.
    StorageError
        If it is no regular file.
    """
    regular_size(path)
    # non-blocking and looked at again: the name may have become a pipe's in between
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise StorageError(f"{path} must be a regular file; it changed while it was opened.", code="storage-file-irregular")


def regular_size(path: Path) -> int:
    """Return the size of a regular file in bytes, without opening it.

    Raises
    ------
    OSError
        If it is missing or the folder cannot be searched.
    StorageError
        If it is no regular file.
    """
    info = path.lstat()
    if not stat.S_ISREG(info.st_mode):
        raise StorageError(
            f"{path} must be a regular file. Received: {_kind(info.st_mode)}; it was not opened.",
            code="storage-file-irregular",
        )
    return info.st_size


def file_sha256(path: Path) -> str:
    """Return the sha256 hex digest of a file's bytes; a link is followed.

    Raises
    ------
    StorageError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise storage_error(error, path, doing="read") from error


def size_and_sha256(path: Path, *, durable: bool = False) -> tuple[int, str]:
    """Return size in bytes and sha256 hex digest of a regular file.

    Parameters
    ----------
    durable : also fsync the file, so that what was digested is what a power cut leaves

    Raises
    ------
    StorageError
        If it is no regular file or cannot be read.
    """
    hasher, size = hashlib.sha256(), 0
    try:
        with os.fdopen(open_regular(path), "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                size += len(chunk)
            if durable:
                os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(error, path, doing="read") from error
    return size, hasher.hexdigest()


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"))
    return next((name for test, name in kinds if test(mode)), "something else")
