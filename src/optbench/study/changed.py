"""What of a finished study is not as its manifests have it, and what in it is not of one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.core.regular_files import is_file
from optbench.study.earlier import require_sealed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from optbench.run_store import StudyManifest
    from optbench.study.paths import StudyPaths


def changed_parts(paths: StudyPaths, *, but: Collection[str] = ()) -> list[Finding]:
    """Return what of a finished study and of its runs is not as their manifests have it; every byte is read.

    Parameters
    ----------
    but : names of files of the study that may be as they like

    Raises
    ------
    StorageError
        If the study is not finished, a version before manifests finished it, or its manifest is damaged.
    """
    from optbench.run_store import RunPaths, check_study_manifest, read_study_manifest, verify_manifest

    require_sealed(paths)
    manifest, problems = check_study_manifest(paths.manifest, deep=True, but=but)
    manifest = manifest or read_study_manifest(paths.manifest)  # which says what is wrong with it
    others = list(other_runs(paths, manifest))
    same = sorted(set(manifest.runs) - {one.values["run"] for one in others})
    return [
        *problems,
        *other_plans(paths, manifest),
        *others,
        *(one for run in same for one in verify_manifest(RunPaths(paths.folder / run), deep=True)),
    ]


def other_plans(paths: StudyPaths, manifest: StudyManifest) -> Iterator[Finding]:
    """Yield a finding if study.json or verdict.json tells of another plan than the manifest, or than each other."""
    from optbench.errors import StorageError
    from optbench.study.documents import read_record, read_verdict

    try:
        record = read_record(paths)
        told = read_verdict(paths).get("protocol") if is_file(paths.verdict_json) else record.get("protocol")
    except StorageError as error:
        yield from error.told()
        return
    if (record.get("key"), record.get("plan")) != (manifest.key, manifest.plan) or record.get("protocol") != told:
        yield Finding("manifest-plan-differs", Severity.ERROR, {"record": paths.record.name})


def other_runs(paths: StudyPaths, manifest: StudyManifest) -> Iterator[Finding]:
    """Yield the runs that are gone, or are not those that the verdict rests on."""
    from optbench.run_store import RunPaths, file_sha256

    for name, digest in sorted(manifest.runs.items()):
        run = RunPaths(paths.folder / name)
        if "/" in name or run.folder.is_symlink() or not is_file(run.manifest):  # a link would lead to anybody's run
            yield Finding("manifest-run-missing", Severity.ERROR, {"run": name})
        elif file_sha256(run.manifest) != digest:
            yield Finding("manifest-run-changed", Severity.ERROR, {"run": name})
