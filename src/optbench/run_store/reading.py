"""Reading files of run folders that anybody may have made: regular files only, no links, no more than expected."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from optbench.core.regular_files import open_regular, read_regular
from optbench.core.regular_files import regular_size as _regular_size
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
        return read_regular(path, most=most)
    except (OSError, ValueError, MemoryError) as error:
        raise storage_error(error, path, doing="read") from error


def regular_size(path: Path) -> int:
    """Return the size of a regular file in bytes, without opening it.

    Raises
    ------
    FileNotFoundError
        If it is missing.
    StorageError
        If it is no regular file, or the system does not tell.
    """
    try:
        return _regular_size(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise storage_error(error, path, doing="read") from error


def file_sha256(path: Path) -> str:
    """Return the sha256 hex digest of a file's bytes.

    Raises
    ------
    StorageError
        If it is no regular file or cannot be read.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
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
        with open_regular(path) as file:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                size += len(chunk)
            if durable:
                os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        raise storage_error(error, path, doing="read") from error
    return size, hasher.hexdigest()
