"""Finished folders brought into a runs directory: each whole at one instant, never over something that is there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from optbench.core.regular_files import is_folder
from optbench.core.temporary_folders import make_temporary_folder, place_for_folders, remove_abandoned
from optbench.core.worded import worded
from optbench.errors import StorageError
from optbench.run_store import RunPaths, read_manifest, read_shared, require_outside, storage_error
from optbench.run_store.atomic import sync_folder
from optbench.run_store.paths import KEY_DIGITS_SHOWN, MANIFEST
from optbench.run_store.reading import file_sha256
from optbench.sharing.things import FinishedRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Place(StrEnum):
    """What is where a folder would go."""

    FREE = "free"
    SAME = "same"
    """The same folder; or of both, one is a copy of the other that was passed on."""
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two runs of one key that did not come to the same bits.

    Attributes
    ----------
    rung : the first of the ladder that differs
    """

    run: str
    other: str
    rung: str


@contextmanager
def scratch_folder(runs_dir: Path, purpose: str) -> Iterator[Path]:
    """Give a folder in a runs directory, out of sight, for what is put into it; removed at the end of the block.

    Raises
    ------
    UsageError
        If the runs directory is, or lies in, the folder of a run or study.
    StorageError
        If something else has the name of its place: a link would lead elsewhere.
    OSError
        If the system gives none.

    Side effects: makes the runs directory; one that it has made and that is empty at the end is removed again.
    """
    require_outside(runs_dir, option="--runs-dir")
    place = runs_dir / f".{purpose}"
    if os.path.lexists(place) and (place.is_symlink() or not is_folder(place)):
        raise StorageError(
            f"{place} must be a folder, or nothing yet: what comes is written there first. Received: a link or a file. "
            "Remove it.",
            code="storage-folder-taken",
        )
    with place_for_folders(place):
        remove_abandoned(place)
        scratch = make_temporary_folder(purpose, place)
        try:
            yield scratch.path
        finally:
            scratch.remove()


def what_is_there(new: Path, there: Path) -> Place:
    """Return what is in the place of a verified folder; of a folder that is there every file is compared.

    Parameters
    ----------
    new : a run or study as it would come
    there : where it would go
    """
    if not os.path.lexists(there):
        return Place.FREE
    if there.is_symlink() or not is_folder(there):
        return Place.TAKEN
    try:
        if _digest(new) == _digest(there) and _files(new).items() <= _files(there).items():
            return Place.SAME
        is_copy = any(
            copy is not None and copy.manifest.sha256 == _digest(first)
            for copy, first in ((read_shared(new), there), (read_shared(there), new))
        )
    except StorageError:
        return Place.TAKEN
    return Place.SAME if is_copy else Place.TAKEN


def put(new: Path, there: Path) -> None:
    """Give a folder of the same file system its name in a runs directory.

    Raises
    ------
    StorageError
        If it cannot be renamed, or something has taken the name meanwhile.
    """
    try:
        if os.path.lexists(there):
            raise StorageError(
                worded(
                    "folder-appeared",
                    "{there} has appeared meanwhile, and nothing is overwritten. Give the command again.",
                    there=there,
                ),
                code="storage-folder-taken",
            )
        new.rename(there)
        sync_folder(there.parent)
    except OSError as error:
        raise storage_error(error, there, doing="written") from error


class KnownRuns:
    """The finished runs of a runs directory and of the studies in it, by key; only folders called like runs are."""

    def __init__(self, runs_dir: Path) -> None:
        from optbench.runner.reuse import run_folders

        self._by_digits: dict[str, list[Path]] = {}
        self._added: dict[str, FinishedRun] = {}
        for folder, digits in run_folders(runs_dir):
            self._by_digits.setdefault(digits, []).append(folder)

    def add(self, run: FinishedRun) -> None:
        """Know a run that has been brought there since."""
        self._added.setdefault(run.manifest.key, run)

    def difference(self, run: FinishedRun) -> Difference | None:
        """Return how a run differs from one of its key that is there; None if there is none, or it is the same bits."""
        other = self._of_key(run.manifest.key)
        rung = "" if other is None else first_other_rung(run, other)
        return Difference(str(run.paths.folder), str(other.paths.folder), rung) if other is not None and rung else None

    def has(self, key: str) -> bool:
        """Return True if a run of a key is there."""
        return self._of_key(key) is not None

    def _of_key(self, key: str) -> FinishedRun | None:
        for folder in self._by_digits.get(key[:KEY_DIGITS_SHOWN], []):
            manifest = read_manifest(RunPaths(folder))
            if manifest is not None and manifest.key == key:
                return FinishedRun(RunPaths(folder), manifest)
        return self._added.get(key)


def first_other_rung(one: FinishedRun, other: FinishedRun) -> str:
    """Return the first rung that two runs of one key do not share, "" if they are the same bits.

    Of a ladder that somebody has written otherwise than optbench does, the file is named.
    """
    try:
        return _first_other_rung(one, other)
    except (StorageError, KeyError, TypeError, ValueError):
        return one.paths.digests.name


def _first_other_rung(one: FinishedRun, other: FinishedRun) -> str:
    from optbench.run_store import read_json
    from optbench.runner.ladder import first_difference
    from optbench.runner.older_metrics import compare_older_metrics

    digests = [read_json(run.paths.digests) for run in (one, other)]
    metrics = [read_json(run.paths.metrics) for run in (one, other)]
    older = compare_older_metrics(*sorted(metrics, key=lambda document: document.get("schema_version", 0)))
    if older is not None and not older.different:  # metrics.json of two schemas has other bytes by itself
        digests = [{**found, "metrics": ""} for found in digests]
    return first_difference(*digests)[0]


def _digest(folder: Path) -> str:
    return file_sha256(folder / MANIFEST)


def _files(folder: Path) -> dict[str, str]:
    """Return the digests of all files in a folder, which a manifest may list or not."""
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in _regular(folder)}


def _regular(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _regular(path)
        elif path.is_file():
            yield path
