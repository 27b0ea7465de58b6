"""Where a command writes what the user asked for: a free name in a folder that exists, whole or not there."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from optbench.core.file_locks import lock_file
from optbench.core.printable import printable
from optbench.core.refusals import reason_of, remedy_of
from optbench.core.regular_files import is_folder
from optbench.core.worded import worded
from optbench.errors import MachineError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def require_free(out: Path) -> None:
    """Require a name that nothing has, in a folder that exists and can be written to, outside of runs and studies.

    Raises
    ------
    UsageError
        If the name is taken, or there is no such folder, or it is that of a run or study.
    MachineError
        If nobody may write there.
    """
    from optbench.run_store import require_outside

    require_outside(out, option="--out")
    folder = out.absolute().parent
    if not is_folder(folder):
        raise UsageError(
            worded(
                "typed-out-folder",
                "--out must name something in a folder that exists. Received: {out}. Create the folder first.",
                out=out,
            ),
            code="usage-out-folder-missing",
        )
    if os.path.lexists(out):
        raise _taken(out)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MachineError(
            worded(
                "typed-out-permission",
                "--out must name something in a folder that you may write to. Received: {out}. Change the "
                "permissions of {folder}, or choose another --out.",
                out=out,
                folder=folder,
            ),
            code="machine-output-unwritable",
        )


@contextmanager
def writing(out: Path, *, option: str = "--out") -> Iterator[None]:
    """Write what has been let pass: what a killed command left of it goes first, and a refusal names the option.

    Raises
    ------
    MachineError
        If it cannot be written; nothing is left then.
    """
    from optbench.run_store.atomic import remove_leftovers

    remove_leftovers(out.absolute().parent, of=out.name)
    try:
        yield
    except StorageError as error:
        refused = error.__cause__
        if not isinstance(refused, OSError):
            raise
        remedy = remedy_of(refused, place=out) or worded("hint-other-out", "Choose another {option}.", option=option)
        raise MachineError(
            worded(
                "need-writable",
                "{path} could not be written: {reason}. {remedy}",
                path=printable(str(out)),
                reason=reason_of(refused, place=out),
                remedy=remedy,
            ),
            code="machine-output-unwritable",
        ) from refused


@contextmanager
def alone_in(folder: Path | None) -> Iterator[None]:
    """Let one command at a time write into a folder: others wait.

    Parameters
    ----------
    folder : need not be there, but the folder it is in; None, and file systems without locks, let all of them write
    """
    if folder is None:
        yield
        return
    with suppress(FileExistsError):
        folder.mkdir()
    with _locked(folder, wait=True):
        yield


def place(made: Path, out: Path) -> None:
    """Give a file or a folder that was made elsewhere its name, all of it at one instant.

    Raises
    ------
    UsageError
        If the name has been taken meanwhile.
    MachineError
        If it cannot be written; nothing is left then.
    """
    from optbench.run_store.atomic import write_bytes

    with writing(out):
        if made.is_file():
            write_bytes(out, made.read_bytes(), replace=False)
        else:
            _place_folder(made, out)


def _place_folder(made: Path, out: Path) -> None:
    """Copy a folder beside its name, then rename it; who does that holds a lock on it."""
    from optbench.run_store.atomic import storage_error, sync_folder, temporary_name

    folder = out.absolute().parent
    _remove_left_folders(folder, out.name)
    beside = folder / temporary_name(out.name)
    try:
        beside.mkdir()
        with _locked(beside):
            _copy(made, beside)
            if os.path.lexists(out):
                raise _taken(out)
            beside.rename(out)
        sync_folder(folder)
    except OSError as error:
        raise storage_error(error, out, doing="written") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _copy(made: Path, folder: Path) -> None:
    """Copy what is in a folder, so that all of it is on the disk when the copy gets its name."""
    for source in sorted(made.rglob("*")):  # a folder comes before what is in it
        target = folder / source.relative_to(made)
        if source.is_dir():
            target.mkdir()
            continue
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())


def _remove_left_folders(folder: Path, name: str) -> None:
    """Remove folders that commands which were killed have left on their way to a name."""
    from optbench.run_store.atomic import is_temporary, temporary_name

    begin = temporary_name(name)[: -len("0123456789abcdef.tmp")]
    for left in folder.iterdir():
        if left.name.startswith(begin) and is_temporary(left.name) and left.is_dir() and not left.is_symlink():
            with suppress(OSError), _locked(left) as is_ours:
                if is_ours:
                    shutil.rmtree(left)


@contextmanager
def _locked(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lock on a folder, if nobody else does or when nobody does; a file system without locks has none."""
    # of a folder to wait for the user has said the name, which may be a link
    links = 0 if wait else os.O_NOFOLLOW
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | links)
    try:
        is_ours = False
        with suppress(OSError):
            is_ours = lock_file(descriptor, wait=wait)
        yield is_ours
    finally:
        os.close(descriptor)


def _taken(out: Path) -> UsageError:
    return UsageError(
        worded(
            "typed-out-taken",
            "--out must name something that is free: nothing is overwritten. Received: {out}, which "
            "exists. Remove it, or choose another name.",
            out=out,
        ),
        code="usage-out-taken",
    )
