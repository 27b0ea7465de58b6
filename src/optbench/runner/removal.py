"""`optbench rm` and `optbench gc`: what would go into the trash, and how it goes there."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.columns import aligned
from optbench.core.findings import Finding, Severity
from optbench.core.printable import printable
from optbench.core.regular_files import is_folder
from optbench.core.temporary_folders import remove_abandoned
from optbench.core.worded import worded
from optbench.errors import NoRunsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Removal:
    """A folder that is going to be moved.

    Attributes
    ----------
    folder : as it can be typed
    kind : completed, diverged, unfinished; study
    runs_dir : whose trash it goes to
    n_runs : in it
    size : of its files, in bytes
    changed : when a file in it was last changed, in seconds of the Unix clock
    """

    folder: Path
    kind: str
    runs_dir: Path
    n_runs: int
    size: int
    changed: float

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"folder": str(self.folder), "kind": self.kind, "runs": self.n_runs, "bytes": self.size}


def removals(
    arguments: Sequence[str], runs_dir: Path, *, is_study: Callable[[Path], bool]
) -> tuple[list[Removal], list[Finding]]:
    """Return the runs and studies that arguments name, and notes on what stays: what somebody holds, what is neither.

    Parameters
    ----------
    is_study : tells the folder of a study

    Raises
    ------
    NoRunsError
        If an argument names nothing, or nothing is left to remove.
    """
    from optbench.run_store import named_folders

    notes: list[Finding] = []
    found = [
        removal
        for folder in named_folders(arguments, runs_dir)
        if (removal := _removal(folder, notes, is_study)) is not None
    ]
    if not found:
        raise NoRunsError(
            worded(
                "folder-none-to-remove", "nothing that can be removed was found in {names}.", names=", ".join(arguments)
            ),
            code="runs-none-to-remove",
            findings=notes,
        )
    return _outermost(found), notes


def leftovers(
    runs_dir: Path, *, older_than: float, is_study: Callable[[Path], bool], now: float | None = None
) -> tuple[list[Removal], list[Finding]]:
    """Return the unfinished runs of a directory, those of studies too, which nobody holds and nobody has touched.

    Parameters
    ----------
    older_than : days since a file in them was last changed
    now : the time, in seconds of the Unix clock; None asks the clock
    """
    from optbench.run_store import find_folders

    before = (time.time() if now is None else now) - older_than * _DAY_S
    notes: list[Finding] = []
    folders, _ = find_folders([str(runs_dir)], runs_dir)
    found = (_removal(folder, notes, is_study) for folder in folders)
    return [one for one in found if one is not None and one.kind == "unfinished" and one.changed <= before], notes


def remove_temporary(runs_dir: Path) -> int:
    """Remove the temporary folders that commands which were killed have left; return how many.

    Nobody is asked, and they do not go into the trash: they hold copies for commands that are no more, and any later
    command that needs such a folder removes them as well. Those of a runs directory count, and those of the system's
    folder for temporary files.

    Raises
    ------
    NoRunsError
        If the runs directory is not there; nothing is removed then.
    """
    if not is_folder(runs_dir):
        raise NoRunsError(
            worded("folder-not-of-runs", "{runs_dir} is not a directory of runs.", runs_dir=runs_dir),
            code="runs-dir-missing",
        )
    n_removed = remove_abandoned()
    with suppress(OSError):
        for place in [Path(entry.path) for entry in os.scandir(runs_dir) if _is_hidden_folder(entry)]:
            if found := remove_abandoned(place):
                n_removed += found
                with suppress(OSError):  # something else is in it
                    place.rmdir()
    return n_removed


def _is_hidden_folder(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def carry_out(planned: Sequence[Removal]) -> list[Path]:
    """Move every folder into its trash; return where each is now.

    Raises
    ------
    StorageError
        If one cannot be moved; those before it have been.
    """
    from optbench.run_store import move_to_trash

    return [move_to_trash(one.folder, one.runs_dir) for one in planned]


def removal_text(planned: Sequence[Removal], language: str | None = None) -> str:
    """Return one line per folder."""
    from optbench.words import text

    header = [text(f"remove-{name}", language) for name in ("folder", "what", "size")]
    rows = [(printable(str(one.folder)), _what(one, language), _megabytes(one.size, language)) for one in planned]
    return "\n".join(aligned([header, *rows], [("<", 1), ("<", 10), (">", 10)]))


def _what(one: Removal, language: str | None) -> str:
    from optbench.words import text

    if one.kind == "study":
        return text("remove-study", language, n=one.n_runs)
    return text(f"status-{one.kind}", language)


def _megabytes(size: int, language: str | None) -> str:
    from optbench.words.tables import localised

    return localised(f"{size / 1e6:.1f} MB", language)


def _removal(folder: Path, notes: list[Finding], is_study: Callable[[Path], bool]) -> Removal | None:
    """Return what is to be moved for a folder; None with a note if it stays."""
    from optbench.run_store import is_run_folder

    if folder.name in ("", ".."):  # the folder one is in, or a way back up: nothing can be renamed by that
        folder = folder.resolve()
    if folder.is_symlink() or not is_folder(folder):
        notes.append(_stays("remove-no-folder", folder))
        return None
    if is_run_folder(folder):
        return _run(folder, notes, is_study)
    if is_study(folder):
        return _study(folder, notes)
    notes.append(_stays("remove-no-run", folder))
    return None


def _run(folder: Path, notes: list[Finding], is_study: Callable[[Path], bool]) -> Removal | None:
    from optbench.run_store import RunPaths, run_status

    if _is_held(folder, notes):
        return None
    runs_dir = folder.absolute().parent
    kind = str(run_status(RunPaths(folder)))
    return Removal(folder, kind, runs_dir.parent if is_study(runs_dir) else runs_dir, 1, *_size_and_time(folder))


def _study(folder: Path, notes: list[Finding]) -> Removal | None:
    from optbench.run_store import find_folders

    runs, _ = find_folders([str(folder)], folder)
    held = [run for run in runs if _is_held(run, notes)]  # each is told
    if held:
        return None
    return Removal(folder, "study", folder.absolute().parent, len(runs), *_size_and_time(folder))


def _is_held(folder: Path, notes: list[Finding]) -> bool:
    from optbench.run_store import RunPaths, held_by

    holder = held_by(RunPaths(folder))
    if holder is not None:
        notes.append(_stays("remove-held", folder, holder=str(holder)))
    return holder is not None


def _outermost(found: Sequence[Removal]) -> list[Removal]:
    """Return what is in no other folder that goes as well, each once."""
    places = {one.folder.absolute(): one for one in found}
    return [one for place, one in places.items() if not any(parent in places for parent in place.parents)]


def _size_and_time(folder: Path) -> tuple[int, float]:
    size, changed = 0, 0.0
    for status in _statuses(folder):
        size += status.st_size
        changed = max(changed, status.st_mtime)
    return size, changed


def _statuses(folder: Path) -> Iterator[os.stat_result]:
    """Yield what the system says of everything in a folder; links are not followed."""
    from optbench.run_store import storage_error

    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    yield from _statuses(folder / entry.name)
    except OSError as error:
        raise storage_error(error, folder, doing="listed") from error


def _stays(code: str, folder: Path, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, {"path": str(folder), **values})
