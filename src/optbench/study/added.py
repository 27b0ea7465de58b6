"""What lies in the folder of a finished study and neither it nor one of its verdicts lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optbench.errors import StorageError
from optbench.run_store import added_below, is_run_folder, read_study_manifest
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    import os

    from optbench.core.findings import Finding
    from optbench.run_store import StudyManifest
    from optbench.study.paths import StudyPaths


def added_anywhere(paths: StudyPaths) -> list[Finding]:
    """Return a finding for whatever was added to a finished study and to its verdicts.

    Of what has no manifest that is whole nobody knows what was added.

    Raises
    ------
    StorageError
        If a folder cannot be listed.
    """
    found = []
    for one in (paths, *kept_verdicts(paths)):
        try:
            manifest = read_study_manifest(one.manifest)
        except StorageError:
            continue
        found += added_to_study(one, manifest) if one is paths else added_to_verdict(one, manifest)
    return found


def added_to_study(paths: StudyPaths, manifest: StudyManifest) -> list[Finding]:
    """Return a finding for whatever lies beside the files of a study, its runs and its verdicts.

    What is in a run or in a verdict is found out by whoever looks at that.

    Raises
    ------
    StorageError
        If a folder cannot be listed.
    """
    listed, kept = _listed(paths, manifest), {one.folder.name for one in kept_verdicts(paths)}
    has_verdicts = paths.verdicts.is_dir() and not paths.verdicts.is_symlink()

    def is_known(entry: os.DirEntry[str]) -> bool:
        if entry.name in listed or (has_verdicts and entry.name == paths.verdicts.name):
            return True
        is_shown_folder = entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        return is_shown_folder and is_run_folder(Path(entry.path))

    found = list(added_below(paths.folder, manifest=paths.manifest.name, is_known=is_known))
    if has_verdicts:
        beside = added_below(paths.verdicts, manifest=paths.manifest.name, is_known=lambda entry: entry.name in kept)
        found += beside
    return found


def added_to_verdict(paths: StudyPaths, manifest: StudyManifest) -> list[Finding]:
    """Return a finding for whatever lies beside the files of a verdict that is kept.

    Raises
    ------
    StorageError
        If a folder cannot be listed.
    """
    listed = _listed(paths, manifest) - manifest.runs.keys()
    return list(added_below(paths.folder, manifest=paths.manifest.name, is_known=lambda entry: entry.name in listed))


def _listed(paths: StudyPaths, manifest: StudyManifest) -> set[str]:
    """Return the names that are the study's; what has one and is no file or run any more, its manifest tells."""
    return {paths.manifest.name, *manifest.files, *manifest.runs, *manifest.replaced}
