"""`optbench check`: studies, their verdicts and runs against their manifests, executing nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from optbench.runner.check import CheckedRun, check_folds, check_runs, unfinished_drawing
from optbench.study.added import added_to_study, added_to_verdict
from optbench.study.changed import other_plans, other_runs
from optbench.study.earlier import earlier_note, earlier_problems, is_earlier
from optbench.study.folders import studies_in
from optbench.study.paths import StudyPaths, is_study_folder
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optbench.core.findings import Finding
    from optbench.run_store import StudyManifest


def check_all(arguments: Sequence[str], runs_dir: Path, *, deep: bool = True) -> tuple[list[CheckedRun], list[Finding]]:
    """Verify what arguments name: studies first, then folders of folds, then runs; of a runs directory all in it.

    Parameters
    ----------
    deep : as for `check_study` and `check_runs`

    Raises
    ------
    NoRunsError
        If an argument names nothing, or none of the runs holds a manifest.
    """
    from optbench.run_store import is_runs_directory, named_folders

    named = named_folders(arguments, runs_dir)
    directories = [folder for folder in named if is_runs_directory(folder)]
    studies = [StudyPaths(folder) for folder in named if is_study_folder(folder)]
    studies += [paths for folder in directories for paths in studies_in(folder)]
    of_studies = [one for paths in studies for one in check_study(paths, deep=deep)]
    of_folds = check_folds([*named, *(path for folder in directories for path in _inside(folder))])
    of_runs, notes = check_runs(arguments, runs_dir, deep=deep)
    drawing = [note for paths in studies for note in unfinished_drawing(paths.folder, _replaced(paths))]
    earlier = [earlier_note(paths) for paths in studies if is_earlier(paths)]
    return [*of_studies, *of_folds, *of_runs], [*drawing, *notes, *earlier]


def check_study(paths: StudyPaths, *, deep: bool = True) -> list[CheckedRun]:
    """Verify size and sha256 of every file of a study and of its verdicts, and that its runs are those it rests on.

    The files of the runs themselves are verified as those of any run. A study that a version before manifests finished
    is held to the digests of its results in study.json.

    Parameters
    ----------
    deep : False compares the sizes of the study's own files alone; the manifests of its runs are read either way
    """
    return [_own(paths, deep=deep), *(_checked(one, deep=deep, is_verdict=True) for one in kept_verdicts(paths))]


def _own(paths: StudyPaths, *, deep: bool) -> CheckedRun:
    if os.path.lexists(paths.manifest):
        return _checked(paths, deep=deep)
    earlier = is_earlier(paths)
    problems = tuple(earlier_problems(paths, deep=deep)) if earlier else ()
    return CheckedRun(str(paths.folder), earlier, problems)


def _checked(paths: StudyPaths, *, deep: bool, is_verdict: bool = False) -> CheckedRun:
    """Verify a study, or a verdict without its runs, by one reading of its manifest."""
    from optbench.run_store import check_study_manifest, shared_problems

    manifest, problems = check_study_manifest(paths.manifest, deep=deep)
    if manifest is not None:
        problems += added_to_verdict(paths, manifest) if is_verdict else _of_runs_and_added(paths, manifest)
    shared, faults = shared_problems(paths.folder, () if manifest is None else manifest.files)
    return CheckedRun(str(paths.folder), True, (*problems, *faults), shared)


def _of_runs_and_added(paths: StudyPaths, manifest: StudyManifest) -> list[Finding]:
    return [*other_runs(paths, manifest), *other_plans(paths, manifest), *added_to_study(paths, manifest)]


def _replaced(paths: StudyPaths) -> tuple[str, ...]:
    """Return the names that a report which was cut off has left unlisted."""
    from optbench.errors import StorageError
    from optbench.run_store import read_study_manifest

    try:
        return read_study_manifest(paths.manifest).replaced
    except StorageError:
        return ()


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink())
    except OSError:  # whoever lists its runs says what is wrong
        return []
