"""What the holder of a run may do: draft files where nobody else writes, and bring them to their places in the run.

Every operation that changes the run has the claim's draft folder on one side: a file is renamed or linked out of it,
or renamed into it to be removed. Who takes the run over removes that folder, and from this instant every such
operation of the old holder fails, whatever it is just about to do and however long it was suspended. To lose a claim
is therefore, for the run's files, to be killed at that instant; and a run goes on from any instant it was killed at.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.errors import ClaimLostError, StorageError
from optbench.run_store.atomic import is_temporary, storage_error, temporary_name, write_bytes
from optbench.run_store.paths import RunPaths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optbench.run_store.holders import Holder

ENDED, LOST = ".ended", ".lost"  # what the folder of an attempt is renamed with
NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write a run folder, as long as it is not taken over. Its name can be handed to other processes.

    Attributes
    ----------
    run : the run folder: read from here, write to `draft`
    name : number and random digits, so that no later claim has the same folder, not even a first one made anew
    replaced : holders it was taken from because the user said so
    """

    run: RunPaths
    name: str
    replaced: tuple[Holder, ...] = ()

    @property
    def number(self) -> int:
        """Claims of a run are numbered from 1."""
        return int(self.name.partition("-")[0])

    @property
    def folder(self) -> Path:
        """The folder of this attempt; it exists under this name exactly as long as the claim is held."""
        return self.run.attempts / self.name

    @property
    def draft(self) -> RunPaths:
        """Where the files of the run are written before they are published, by the names they will have."""
        return RunPaths(self.folder / "draft")

    @property
    def log(self) -> Path:
        """What was said in this attempt."""
        return self.folder / "log.txt"

    @property
    def is_lost(self) -> bool:
        """True if somebody else has taken the run over, or this claim has ended."""
        try:
            self.folder.stat()
        except FileNotFoundError:
            return True
        except OSError:
            return False  # a file system that does not answer takes nothing away
        return False

    def require(self) -> None:
        """Require that the claim is held.

        Raises
        ------
        ClaimLostError
            If it is not.
        """
        if not self.is_lost:
            return
        if not os.path.lexists(self.run.folder):
            raise ClaimLostError(
                f"{self.run.folder} is gone: the folder, or the runs directory, was removed or renamed while the run "
                "was being written. The same command begins it again."
            )
        raise ClaimLostError(
            f"{self.run.folder} was taken over from this process, which stops here. Nothing that it has written since "
            "then is in the run."
        )

    @contextlib.contextmanager
    def explaining_loss(self) -> Iterator[None]:
        """Say of a write that failed that the claim was lost, if it was.

        Raises
        ------
        ClaimLostError
            Instead of the error that the loss has caused.
        """
        try:
            yield
        except ClaimLostError:
            raise
        except (StorageError, FileNotFoundError):
            self.require()
            raise

    def drafted(self, path: Path) -> Path:
        """Return where a file of the run is written before it is published."""
        return self.draft.folder / path.relative_to(self.run.folder)

    def publish(self, *, last: Path | None = None) -> None:
        """Bring everything drafted to its place in the run, over what is there.

        Parameters
        ----------
        last : path in the run of what comes after everything else, since it vouches for that

        Raises
        ------
        StorageError
            If something cannot be moved, or the claim is lost; what has been moved by then stays.
        """
        draft, final = self.draft, None if last is None else self.drafted(last)
        try:
            _move_new_folders(draft, self.run)
            files = sorted(path for path in files_below(draft.folder) if path != final)
            for path in files if final is None else [*files, final]:
                path.replace(self.run.folder / path.relative_to(draft.folder))
        except OSError as error:
            raise storage_error(error, self.run.folder, doing="written") from error

    def publish_file(self, path: Path) -> None:
        """Bring one drafted file to its place, over what is there.

        Raises
        ------
        StorageError
            If it cannot be moved, or the claim is lost.
        """
        try:
            self.drafted(path).replace(path)
        except OSError as error:
            raise storage_error(error, path, doing="written") from error

    def publish_bytes(self, path: Path, data: bytes, *, verify: bool = False, replace: bool = True) -> None:
        """Write one file of the run, which is on the disk when this returns; for options see `write_bytes`.

        Raises
        ------
        StorageError
            As for `write_bytes`, and if the claim is lost.
        """
        write_bytes(path, data, verify=verify, replace=replace, through=self.draft.folder)

    def withdraw(self, path: Path) -> Path:
        """Take a file or folder out of the run; return where it lies now.

        Raises
        ------
        OSError
            If it cannot be moved, or the claim is lost: what the next holder has written stays.
        """
        taken = self.draft.folder / temporary_name(path.name)
        return path.rename(taken)

    def discard(self, path: Path) -> None:
        """Remove a file or folder of the run, if the claim is held and it can be removed."""
        with contextlib.suppress(OSError):
            remove(self.withdraw(path))

    def release(self) -> None:
        """End the claim; its log and the record of its end stay, as long as the run is unfinished."""
        ended = self.folder.with_name(self.name + ENDED)
        with contextlib.suppress(OSError):  # it is lost, or the run is finished
            self.folder.rename(ended)
            remove(ended / self.draft.folder.name)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it; what cannot be removed stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _move_new_folders(draft: RunPaths, run: RunPaths) -> None:
    """Move the folders that the run does not have; making them there first would outlive a claim lost meanwhile."""
    for entry in list(os.scandir(draft.folder)):
        if entry.is_dir(follow_symlinks=False) and entry.name != draft.state.name:
            try:
                (draft.folder / entry.name).rename(run.folder / entry.name)
            except OSError as error:
                if error.errno not in NOT_EMPTY:
                    raise


def files_below(folder: Path) -> Iterator[Path]:
    """Yield whatever is no folder in a folder and those in it, but for what interrupted writes left."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(folder / entry.name)
        elif not is_temporary(entry.name):
            yield folder / entry.name
