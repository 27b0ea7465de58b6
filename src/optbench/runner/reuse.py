"""Finished runs used again: a run of the same key in another folder of the runs directory need not be trained again.

What is used again is copied, or hard-linked where the file system can, and gets a manifest of its own: the folder is
then that of any other finished run and refers to nothing outside. Only the files that name the run are written anew.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from optbench.core.regular_files import is_folder
from optbench.errors import OptbenchError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from optbench.run_store import Asker, Claim, Manifest, RunPaths
    from optbench.runner.plan import PlannedRun

_RUN_ID: Final = re.compile(r".+-s[0-9]+-([0-9a-f]{8})(-again[0-9]+)?")
_DRAWN: Final = (".png", ".svg", ".pdf", ".html")


class FinishedRuns:
    """The run folders of a runs directory and of the studies in it, by their keys.

    Parameters
    ----------
    runs_dir : listed once, when the first run is asked for
    """

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._folders: dict[str, list[Path]] | None = None

    def folder_of(self, planned: PlannedRun) -> Path | None:
        """Return the folder of a finished run with the key of a planned one, its own first; None if there is none."""
        from optbench.errors import NoRunsError
        from optbench.run_store import read_run

        if self._folders is None:
            self._folders = {}
            for folder, key in run_folders(self._runs_dir):
                self._folders.setdefault(key, []).append(folder)
        own = planned.paths.folder
        others = (folder for folder in self._folders.get(planned.key[:8], []) if folder != own)
        for folder in (own, *others):
            with suppress(NoRunsError):
                if read_run(folder).key == planned.key:
                    return folder
        return None


def use_again(planned: PlannedRun, finished: FinishedRuns, *, asker: Asker) -> bool:
    """Make a planned run of a finished one with its key, if there is one in another folder that is intact.

    Returns
    -------
    bool
        True if the planned run is finished now.
    """
    from optbench.run_store import RunPaths, claim_run_folder, clear_state, read_manifest, verify_manifest

    source = finished.folder_of(planned)
    if source is None or source == planned.paths.folder:
        return False
    found = RunPaths(source)
    manifest = read_manifest(found)
    if manifest is None or verify_manifest(found, deep=True):
        return False
    try:
        claim = claim_run_folder(planned.paths, key=planned.key, asker=asker)
    except OptbenchError:  # whoever trains it will say what is in the way
        return False
    try:
        with claim.explaining_loss():
            _take(planned, found, manifest, claim)
    except StorageError:
        claim.release()
        return False
    clear_state(planned.paths, claim)
    return True


def _take(planned: PlannedRun, found: RunPaths, manifest: Manifest, claim: Claim) -> None:
    from optbench.run_store import RunFacts, write_manifest

    kept = [name for name in manifest.files if not name.endswith(_DRAWN)]
    bring_files(found.folder, claim.draft.folder, kept)
    _write_names(planned, found, claim.draft)
    claim.publish()
    facts = RunFacts(
        run=planned.run,
        key=planned.key,
        status=manifest.status,
        name=planned.config.name,
        seed=manifest.seed,
        config=planned.config.to_plain(),
        versions=manifest.versions,
        reading=manifest.reading,
        machine=manifest.machine,
    )
    write_manifest(claim, facts)


def bring_files(source: Path, target: Path, names: Iterable[str], *, linked: bool = True) -> None:
    """Bring files into a folder: hard links, or copies where the file system has none, or somebody else has the first.

    Parameters
    ----------
    names : of files in the folder they come from
    linked : False makes copies

    Raises
    ------
    StorageError
        If one cannot be brought there.
    """
    from optbench.run_store import storage_error

    for name in names:
        here, there = source / name, target / name
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.unlink(missing_ok=True)
            if not linked or not _is_linked(here, there):
                shutil.copyfile(here, there, follow_symlinks=False)
        except OSError as error:
            raise storage_error(error, there, doing="written") from error


def _is_linked(here: Path, there: Path) -> bool:
    try:
        os.link(here, there, follow_symlinks=False)
    except OSError:
        return False
    return True


def _write_names(planned: PlannedRun, found: RunPaths, draft: RunPaths) -> None:
    """Write what is not the same for a run of another name or place: its experiment, and where that lies."""
    from optbench.config import dump_config
    from optbench.run_store import read_json, write_json, write_text
    from optbench.runner.stage import recorded_base

    environment = {**read_json(found.environment), "base": recorded_base(planned.loaded.base, planned.paths.folder)}
    for path in (draft.config, draft.config_resolved, draft.environment):
        path.unlink(missing_ok=True)  # never through a hard link
    write_text(draft.config, planned.loaded.text, durable=False)
    write_text(draft.config_resolved, dump_config(planned.config), durable=False)
    write_json(draft.environment, environment, durable=False)


def run_folders(runs_dir: Path) -> Iterator[tuple[Path, str]]:
    """Yield the folders in a runs directory and in the folders in it that are called like a run, with that key."""
    for folder in _folders(runs_dir):
        if named := _RUN_ID.fullmatch(folder.name):
            yield folder, named[1]
            continue
        for inner in _folders(folder):
            if named := _RUN_ID.fullmatch(inner.name):
                yield inner, named[1]


def _folders(folder: Path) -> list[Path]:
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names
    except OSError:
        return []
    return [folder / name for name in names if not (folder / name).is_symlink() and is_folder(folder / name)]
