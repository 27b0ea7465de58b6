"""Temporary folders for data: removed when they are no longer needed, by the next command at the latest.

A folder in use holds a locked file. The system lets go of the lock when its process ends, however it ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from optbench.core.file_locks import lock_file
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "optbench-data-"
_IN_USE = "in-use"
_REMEDY = "Free space there, or set TMPDIR to a folder on a larger disk."


@dataclass(frozen=True, slots=True)
class Scratch:
    """A temporary folder that is in use.

    Attributes
    ----------
    lock : a locked file in it
    owner : id of the process that made it; a process forked from that one leaves the folder alone
    """

    path: Path
    lock: BinaryIO
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


def make_scratch() -> Scratch:
    """Make a temporary folder that is in use until it is removed or this process ends.

    Raises
    ------
    MachineError
        If the system gives none.
    """
    with storage_errors():
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        return Scratch(folder, _locked(folder), os.getpid())


def _locked(folder: Path) -> BinaryIO:
    # the file gets its name when it is locked: nobody finds it without its lock
    unnamed = folder / f".{_IN_USE}"
    file = unnamed.open("wb")
    lock_file(file)
    unnamed.rename(folder / _IN_USE)
    return file


def remove_abandoned() -> None:
    """Remove the folders of commands that were killed: they are there and nobody holds them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / _IN_USE).open("rb") as file:
            if lock_file(file, wait=False):
                shutil.rmtree(folder, ignore_errors=True)


def require_disk(n_bytes: int, *, what: str) -> None:
    """Require that `n_bytes` more fit into the folder for temporary files.

    Parameters
    ----------
    what : what needs them, as the start of a sentence

    Raises
    ------
    MachineError
        If they do not.
    """
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise MachineError(
            f"{what} needs {n_bytes / 1e9:.1f} GB of temporary disk space in {folder}, and {free / 1e9:.1f} GB are "
            f"free. {_REMEDY}",
            code="machine-disk-full",
        )


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the system refuses while temporary files are written into a sentence.

    Raises
    ------
    MachineError
        With the reason.
    """
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        raise MachineError(
            f"temporary data cannot be written to {folder}: {error.strerror or error}. {_REMEDY}",
            code="machine-temporary-unwritable",
        ) from error
