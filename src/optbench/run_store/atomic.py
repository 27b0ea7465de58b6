"""Writes that are whole or not there, whatever instant the process or the machine dies at.

Every file goes: temporary file in the same folder, write, fsync, rename over the target, fsync of the folder. A failed
fsync is never tried again, because the kernel may have dropped the pages it could not write. The two fsyncs are left
out for files that another document vouches for by digest: what a power cut leaves of them is found out and made again,
and the manifest makes all of them durable before it is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from typing import TYPE_CHECKING

from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

# A temporary file bears its target's name, so that a leftover tells what was being written.
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{16}\.tmp", re.DOTALL)
_NAME_CHARACTERS = 50  # file names are limited to 255 bytes; a character has up to four

_REMEDIES = {
    errno.ENOSPC: "Free disk space; the same command then goes on from where it stopped.",
    errno.EDQUOT: "The disk quota is used up; free space, then the same command goes on.",
    errno.EROFS: "The file system is read-only; choose another --runs-dir.",
    errno.EACCES: "Change the permissions, or choose another --runs-dir.",
    errno.EPERM: "Change the permissions, or choose another --runs-dir.",
    errno.ENAMETOOLONG: "Choose a shorter name or another --runs-dir.",
    errno.EIO: "The disk reports an error; look at the system's log before trying again.",
}


def storage_error(error: OSError, path: Path, *, doing: str) -> StorageError:
    """Return the error for an operation of the system that failed, as a sentence with a remedy if one is known."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    remedy = _REMEDIES.get(error.errno or 0, "")
    return StorageError(f"{path} could not be {doing}: {reason}. {remedy}".rstrip())


def write_bytes(path: Path, data: bytes, *, verify: bool = False, durable: bool = True) -> None:
    """Write a file atomically; an older one of that name is replaced.

    Parameters
    ----------
    verify : read it back before the older one is given up
    durable : wait until it is on the disk; False for what a job, a training result or a manifest will vouch for

    Raises
    ------
    StorageError
        If it cannot be written, or reads back as something else; the older file is then still there, whole, and no
        temporary file is left behind.
    """
    _replace(
        path,
        lambda file: file.write(data),
        check=lambda new: _require_content(new, data) if verify else None,
        durable=durable,
    )


def write_in_parts(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file atomically and durably, as `write_bytes` does, without holding its bytes.

    Parameters
    ----------
    write : gets the file, new and empty, and writes into it

    Raises
    ------
    StorageError
        As for `write_bytes`.
    """
    _replace(path, write, check=lambda _new: None, durable=True)


def _replace(path: Path, write: Callable[[BinaryIO], object], *, check: Callable[[Path], None], durable: bool) -> None:
    temporary = path.with_name(f".{path.name[:_NAME_CHARACTERS]}.{secrets.token_hex(8)}.tmp")
    try:
        with _removed_on_failure(temporary):
            _write_new(temporary, write, durable=durable)
            check(temporary)
            temporary.replace(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error, path, doing="written") from error


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    r"""Write a text file atomically: UTF-8, line ends as given (lone surrogates, which UTF-8 lacks, as `\udc80`).

    Raises
    ------
    StorageError
        As for `write_bytes`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), durable=durable)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises
    ------
    OSError
        If the system cannot; a file system without such an operation (EINVAL) is let pass.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def is_temporary(name: str) -> bool:
    """Return True if a file of this name is what an interrupted write leaves behind."""
    return _TEMPORARY.fullmatch(name) is not None


def remove_temporaries(folder: Path) -> None:
    """Remove what interrupted writes left in a folder and the folders in it; call it only while holding the lock.

    Links are not followed. What cannot be removed stays: no reader looks at it.
    """
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                remove_temporaries(folder / entry.name)
            elif is_temporary(entry.name):
                with contextlib.suppress(OSError):
                    (folder / entry.name).unlink()


def _write_new(path: Path, write: Callable[[BinaryIO], object], *, durable: bool) -> None:
    # not tempfile: its 0600 would hide runs from a team that shares a folder; here the umask decides
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        write(file)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _require_content(path: Path, data: bytes) -> None:
    if path.read_bytes() != data:
        raise OSError(errno.EIO, "it reads back as something else")


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
