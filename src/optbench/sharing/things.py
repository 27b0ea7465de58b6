"""Which runs and studies arguments name, and which of them are finished and whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.regular_files import is_file, is_folder
from optbench.errors import StorageError
from optbench.records import RunStatus
from optbench.run_store import (
    RunPaths,
    added_files,
    check_study_manifest,
    find_folders,
    is_runs_directory,
    read_study_manifest,
    run_status,
    shared_problems,
    study_manifest_problems,
)
from optbench.run_store.manifest import check_manifest, parse_manifest
from optbench.run_store.paths import MANIFEST
from optbench.study.added import added_anywhere
from optbench.study.changed import other_runs
from optbench.study.earlier import earlier_note, earlier_problems, is_earlier
from optbench.study.folders import parted, studies_in
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.run_store import Manifest
    from optbench.study.paths import StudyPaths

_PATTERN: Final = frozenset("*?[]")


@dataclass(frozen=True, slots=True)
class Things:
    """What arguments name.

    Attributes
    ----------
    runs : folders of runs that lie in none of the studies
    notes : what was passed over
    """

    studies: tuple[StudyPaths, ...]
    runs: tuple[RunPaths, ...]
    notes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run whose every file is as its manifest says."""

    paths: RunPaths
    manifest: Manifest

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.paths.folder.name


def things_named(arguments: Sequence[str], runs_dir: Path) -> Things:
    """Return the studies and runs that arguments name; of a runs directory, all in it.

    Raises
    ------
    NoRunsError
        If an argument names nothing.
    """
    named, others = parted(arguments, runs_dir)
    studies = {paths.folder.resolve(): paths for paths in named}
    for argument in others:
        if is_runs_directory(Path(argument)):
            studies |= {paths.folder.resolve(): paths for paths in studies_in(Path(argument))}
    folders, notes = find_folders(others, runs_dir) if others else ([], [])
    alone = [RunPaths(folder) for folder in folders if folder.resolve().parent not in studies]
    return Things(tuple(studies.values()), tuple(alone), tuple(notes))


def is_plain_name(name: str) -> bool:
    """Return True for a name of a folder that no command takes for an option or a pattern."""
    return not name.startswith(("-", "~")) and not _PATTERN.intersection(name)


def runs_of(paths: StudyPaths) -> list[RunPaths]:
    """Return the run folders in a study's folder; links are no folders of it."""
    inside = sorted(path for path in paths.folder.iterdir() if not path.is_symlink() and is_folder(path))
    return [RunPaths(path) for path in inside if is_file(RunPaths(path).manifest)]


def finished(runs: Iterable[RunPaths], notes: list[Finding], damaged: list[Finding]) -> list[FinishedRun]:
    """Return the runs that are finished and whole, every byte compared.

    Parameters
    ----------
    notes : gets what is unfinished, and what lies in a run and no manifest lists
    damaged : gets what differs from a manifest
    """
    found = []
    for paths in runs:
        if not is_file(paths.manifest):
            values = {"path": str(paths.folder), "status": str(run_status(paths))}
            notes.append(Finding("find-unfinished", Severity.NOTE, values))
            continue
        manifest, problems = check_manifest(paths, deep=True)
        if manifest is None or problems:
            damaged += problems or told(paths)
            continue
        damaged += shared_problems(paths.folder, manifest.files)[1]
        notes += [left_behind(one) for one in added_files(paths)]
        found.append(FinishedRun(paths, manifest))
    return found


def closed(studies: Iterable[StudyPaths], notes: list[Finding]) -> list[StudyPaths]:
    """Return the studies that are finished; `notes` gets the others, and files in their folders that nothing lists."""
    found = []
    for paths in studies:
        if not is_file(paths.manifest):
            values = {"path": str(paths.folder), "status": str(RunStatus.UNFINISHED)}
            unfinished = Finding("find-unfinished", Severity.NOTE, values)
            notes.append(earlier_note(paths) if is_earlier(paths) else unfinished)
            continue
        notes += [left_behind(one) for one in added_anywhere(paths)]
        found.append(paths)
    return found


def files_of_run(run: FinishedRun) -> Iterator[Path]:
    """Yield the files that a run consists of."""
    yield from (run.paths.folder / name for name in run.manifest.files)
    yield run.paths.manifest


def files_of_study(paths: StudyPaths) -> Iterator[Path]:
    """Yield the files that a study and its verdicts consist of; [] of manifests that cannot be read."""
    for one in (paths, *kept_verdicts(paths)):
        with suppress(StorageError):
            yield from (one.folder / name for name in read_study_manifest(one.manifest).files)
            yield one.manifest


def unlisted(folder: Path, listed: Iterable[Path]) -> list[Finding]:
    """Return a finding for each file below a folder that nothing lists."""
    known = set(listed)
    return [_added(path) for path in sorted(folder.rglob("*")) if path not in known and not is_folder(path)]


def _added(path: Path) -> Finding:
    return Finding("manifest-file-added", Severity.ERROR, {"path": str(path), "manifest": MANIFEST})


def study_faults(paths: StudyPaths) -> list[Finding]:
    """Return what is wrong with a study and its verdicts, but for its runs; [] if it is finished and whole.

    Of a study that a version before manifests finished, what is not as its study.json says.
    """
    if is_earlier(paths):
        return list(earlier_problems(paths))
    manifest, problems = check_study_manifest(paths.manifest, deep=True)
    return [
        *problems,
        *([] if manifest is None else other_runs(paths, manifest)),
        *(fault for one in kept_verdicts(paths) for fault in study_manifest_problems(one.manifest, deep=True)),
    ]


def told(paths: RunPaths) -> list[Finding]:
    """Return why the manifest of a run cannot be read."""
    try:
        parse_manifest(paths)
    except StorageError as error:
        return list(error.told())
    return []


def left_behind(added: Finding) -> Finding:
    """Return the note that something in a folder, which no manifest lists, is passed over."""
    return Finding("share-passed-over", Severity.NOTE, {"reasons": as_json([added])})
