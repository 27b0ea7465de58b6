"""What of a run passes between the machine that has its folder and one that trains it without seeing that folder.

There the run has a copy of the folder with what training needs, and a folder of the attempt by the same name. What
training makes comes back through the claim, like everything that its holder writes. Names are made on this side: of
what the other one tells, nothing becomes a path.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from optbench.run_store.atomic import storage_error
from optbench.run_store.claim import LOST, files_below, remove
from optbench.run_store.sealed import left_by_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from optbench.run_store.claim import Claim
    from optbench.run_store.paths import RunPaths


def names_to_train(paths: RunPaths) -> list[str]:
    """Return the files of a run that training may need, by their names in its folder.

    They are what was staged, who claimed the run, and its checkpoints: all but what earlier attempts said and drafted.
    """
    files = [path for path in files_below(paths.folder) if paths.attempts not in path.parents and _is_file(path)]
    return sorted(path.relative_to(paths.folder).as_posix() for path in files)


def open_attempt(claim: Claim) -> None:
    """Make the folder of an attempt in a copy of its run, where the copy has no say in who holds the run."""
    claim.draft.state.mkdir(parents=True)


def revoke_attempt(claim: Claim) -> None:
    """End an attempt in a copy of its run, since the run was taken over: whoever trains there notices and stops."""
    claim.folder.rename(claim.folder.with_name(claim.folder.name + LOST))
    remove(claim.folder.with_name(claim.folder.name + LOST) / claim.draft.folder.name)


def bring_trained(claim: Claim, fetch: Callable[[str], Iterable[bytes] | None]) -> None:
    """Bring what training has left in a copy of a run to the run itself, as if it had been trained there.

    Parameters
    ----------
    fetch : returns the bytes of a file of the copy by its name, in chunks of which one is held; None if there is none

    Raises
    ------
    StorageError
        If something cannot be written, or the claim is lost.
    """
    with claim.explaining_loss():
        for path in (*left_by_training(claim.run), claim.run.training_result):
            chunks = fetch(path.relative_to(claim.run.folder).as_posix())
            if chunks is not None:
                write_chunks(claim.drafted(path), chunks)
        claim.publish(last=claim.run.training_result)


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file of which one chunk at a time is held.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
    except OSError as error:
        raise storage_error(error, path, doing="written") from error


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.stat(follow_symlinks=False).st_mode)
