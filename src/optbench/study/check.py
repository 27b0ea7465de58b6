"""`optbench check STUDY`: a study, its verdicts and its runs against their manifests, executing nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from optbench.runner.check import CheckedRun
from optbench.study.changed import other_plans, other_runs
from optbench.study.earlier import earlier_problems, is_earlier
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from optbench.study.paths import StudyPaths


def check_study(paths: StudyPaths, *, deep: bool = True) -> list[CheckedRun]:
    """Verify size and sha256 of every file of a study and of its verdicts, and that its runs are those it rests on.

    The files of the runs themselves are verified as those of any run. A study that a version before manifests finished
    is held to the digests of its results in study.json.

    Parameters
    ----------
    deep : False compares the sizes of the study's own files alone; the manifests of its runs are read either way
    """
    return [_own(paths, deep=deep), *(_checked(one, deep=deep, with_runs=False) for one in kept_verdicts(paths))]


def _own(paths: StudyPaths, *, deep: bool) -> CheckedRun:
    if os.path.lexists(paths.manifest):
        return _checked(paths, deep=deep)
    earlier = is_earlier(paths)
    problems = tuple(earlier_problems(paths, deep=deep)) if earlier else ()
    return CheckedRun(str(paths.folder), earlier, problems)


def _checked(paths: StudyPaths, *, deep: bool, with_runs: bool = True) -> CheckedRun:
    """Verify a study, or a verdict without its runs, by one reading of its manifest."""
    from optbench.run_store import check_study_manifest, shared_problems

    manifest, problems = check_study_manifest(paths.manifest, deep=deep)
    if manifest is not None and with_runs:
        problems += [*other_runs(paths, manifest), *other_plans(paths, manifest)]
    shared, faults = shared_problems(paths.folder, () if manifest is None else manifest.files)
    return CheckedRun(str(paths.folder), True, (*problems, *faults), shared)
