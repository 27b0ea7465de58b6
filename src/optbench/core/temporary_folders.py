"""Temporary folders, for nobody else to look into: removed when they are no longer needed, by a later command at last.

A folder in use holds a locked file. The system lets go of the lock when its process ends, however it ends; so whatever
has the name of such a folder and holds a file that nobody locks was left by a process that was killed.

The folder for temporary files is shared with strangers, who can put anything there under any name. Only folders of the
own user that nobody else may enter are looked into, and what is opened in them is a regular file.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import weakref
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from optbench.core.file_locks import lock_file
from optbench.core.regular_files import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "optbench-"
_IN_USE: Final = "in-use"
_LONGEST_NAME: Final = 256
_TRIES: Final = 5
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TemporaryFolder:
    """A temporary folder that is in use.

    Attributes
    ----------
    lock : a locked file in it
    owner : id of the process that made it; a process forked from that one leaves the folder alone
    """

    path: Path
    lock: IO[bytes]
    owner: int

    def remove(self) -> None:
        """Remove the folder."""
        if os.getpid() != self.owner:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()

    def remove_with(self, owner: object) -> None:
        """Remove the folder when `owner` is no longer referred to, or when the process ends."""
        weakref.finalize(owner, self.remove)


def make_temporary_folder(purpose: str, place: Path | None = None) -> TemporaryFolder:
    """Make a folder that is in use until it is removed or this process ends.

    Parameters
    ----------
    purpose : part of its name, a word
    place : folder to make it in, which need not be there; None for that of temporary files

    Raises
    ------
    OSError
        If the system gives none.
    """
    folder = _made(purpose, place)
    try:
        return TemporaryFolder(folder, _locked(folder), os.getpid())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _made(purpose: str, place: Path | None) -> Path:
    prefix = f"{PREFIX}{purpose}-"
    if place is not None:
        for _ in range(_TRIES):  # another command may end just now, and take the place along
            place.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    return Path(tempfile.mkdtemp(prefix=prefix, dir=place))  # 0700, whatever the umask


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """Give a temporary folder for the length of a block; raises like `make_temporary_folder`."""
    made = make_temporary_folder(purpose)
    try:
        yield made.path
    finally:
        made.remove()


@contextmanager
def place_for_folders(place: Path) -> Iterator[None]:
    """Remove a place for temporary folders at the end of a block, with those around it that were not there before.

    What something else is in by then stays.
    """
    missing = [folder for folder in place.parents if not folder.exists()]
    try:
        yield
    finally:
        with suppress(OSError):
            for folder in (place, *missing):
                folder.rmdir()


def remove_abandoned(place: Path | None = None) -> int:
    """Remove the folders of processes that were killed: they are the own user's, and nobody holds them.

    Parameters
    ----------
    place : where to look; None for the folder of temporary files

    Returns
    -------
    how many there were
    """
    n_removed = 0
    with suppress(OSError):
        for entry in list(os.scandir(place or tempfile.gettempdir())):
            if entry.name.startswith(PREFIX) and _is_private_folder(entry):
                n_removed += _remove_if_abandoned(Path(entry.path))
    return n_removed


def temporary_place() -> str:
    """Return the folder for temporary files as messages call it, also where there is none."""
    try:
        return tempfile.gettempdir()
    except OSError:
        return os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - nothing is written there


def _is_private_folder(entry: os.DirEntry[str]) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    is_ours = status.st_uid == os.geteuid() and not status.st_mode & _OTHERS
    return stat.S_ISDIR(status.st_mode) and is_ours


def _remove_if_abandoned(folder: Path) -> bool:
    with suppress(OSError), open_regular(folder / _IN_USE) as file:
        # what a machine has locked, another one that shares the folder may not see
        if file.read(_LONGEST_NAME).decode(errors="replace") in ("", socket.gethostname()) and lock_file(
            file, wait=False
        ):
            shutil.rmtree(folder, ignore_errors=True)
            return True
    return False


def _locked(folder: Path) -> IO[bytes]:
    # the file gets its name when it is locked: nobody finds it without its lock
    unnamed = folder / f".{_IN_USE}"
    file = unnamed.open("xb")
    file.write(socket.gethostname().encode())
    file.flush()
    with suppress(OSError):  # a file system without locks: the folder is then never taken for abandoned
        lock_file(file)
        unnamed.rename(folder / _IN_USE)
    return file
