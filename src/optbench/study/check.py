"""`optbench check STUDY`: a study, its verdicts and its runs against their manifests, executing nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.core.regular_files import is_file
from optbench.runner.check import CheckedRun
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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


def changed_parts(paths: StudyPaths, *, but: Collection[str] = ()) -> list[Finding]:
    """Return what of a finished study and of its runs is not as their manifests have it; every byte is read.

    Parameters
    ----------
    but : names of files of the study that may be as they like

    Raises
    ------
    StorageError
        If the study is not finished, or its manifest is damaged.
    """
    from optbench.run_store import RunPaths, read_study_manifest, study_manifest_problems, verify_manifest

    manifest = read_study_manifest(paths.manifest)
    return [
        *study_manifest_problems(paths.manifest, deep=True, but=but),
        *other_plans(paths),
        *(others := list(other_runs(paths))),
        *(
            one
            for run in manifest.runs
            if run not in {other.values["run"] for other in others}
            for one in verify_manifest(RunPaths(paths.folder / run), deep=True)
        ),
    ]


def other_plans(paths: StudyPaths) -> Iterator[Finding]:
    """Yield a finding if study.json or verdict.json tells of another plan than the manifest, or than each other."""
    from optbench.errors import StorageError
    from optbench.run_store import read_study_manifest
    from optbench.study.documents import read_record, read_verdict

    try:
        manifest = read_study_manifest(paths.manifest)
    except StorageError:  # told where files are compared
        return
    try:
        record = read_record(paths)
        told = read_verdict(paths).get("protocol") if is_file(paths.verdict_json) else record.get("protocol")
    except StorageError as error:
        yield from error.told()
        return
    if (record.get("key"), record.get("plan")) != (manifest.key, manifest.plan) or record.get("protocol") != told:
        yield Finding("manifest-plan-differs", Severity.ERROR, {"record": paths.record.name})


def other_runs(paths: StudyPaths) -> Iterator[Finding]:
    """Yield the runs that are gone, or are not those that the verdict rests on."""
    from optbench.errors import StorageError
    from optbench.run_store import RunPaths, file_sha256, read_study_manifest

    try:
        runs = read_study_manifest(paths.manifest).runs
    except StorageError:
        return
    for name, digest in sorted(runs.items()):
        run = RunPaths(paths.folder / name)
        manifest = run.manifest
        if "/" in name or run.folder.is_symlink() or not is_file(manifest):  # a link would lead to anybody's run
            yield Finding("manifest-run-missing", Severity.ERROR, {"run": name})
        elif file_sha256(manifest) != digest:
            yield Finding("manifest-run-changed", Severity.ERROR, {"run": name})
