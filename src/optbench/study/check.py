"""`optbench check STUDY`: a study, its verdicts and its runs against their manifests, executing nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from optbench.runner.check import CheckedRun
from optbench.study.changed import other_plans, other_runs
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from optbench.core.findings import Finding
    from optbench.run_store import SharedRecord
    from optbench.study.paths import StudyPaths


def check_study(paths: StudyPaths, *, deep: bool = True) -> list[CheckedRun]:
    """Verify size and sha256 of every file of a study and of its verdicts, and that its runs are those it rests on.

    The files of the runs themselves are verified as those of any run.

    Parameters
    ----------
    deep : False compares the sizes of the study's own files alone; the manifests of its runs are read either way
    """
    from optbench.run_store import study_manifest_problems

    is_finished = os.path.lexists(paths.manifest)
    problems = (
        [*study_manifest_problems(paths.manifest, deep=deep), *other_runs(paths), *other_plans(paths)]
        if is_finished
        else []
    )
    shared, faults = _shared(paths) if is_finished else (None, [])
    found = [CheckedRun(str(paths.folder), is_finished, (*problems, *faults), shared)]
    for one in kept_verdicts(paths):
        shared, faults = _shared(one)
        told = (*study_manifest_problems(one.manifest, deep=deep), *faults)
        found.append(CheckedRun(str(one.folder), True, told, shared))
    return found


def _shared(paths: StudyPaths) -> tuple[SharedRecord | None, list[Finding]]:
    """Return what of a study or verdict that was passed on is not as it was sealed, and what is wrong with that."""
    from optbench.errors import StorageError
    from optbench.run_store import read_study_manifest, shared_problems

    try:
        listed = read_study_manifest(paths.manifest).files
    except StorageError:
        listed = {}
    return shared_problems(paths.folder, listed)
