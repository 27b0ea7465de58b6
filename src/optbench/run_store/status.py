"""What a run folder is, derived from its files and its claims; never stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.records import RunStatus
from optbench.run_store.claims import held_by
from optbench.run_store.manifest import check_manifest

if TYPE_CHECKING:
    from optbench.run_store.paths import RunPaths


def run_status(paths: RunPaths, *, is_ours: bool = False) -> RunStatus:
    """Return completed or diverged if the manifest verifies (by sizes), else running or unfinished.

    Parameters
    ----------
    is_ours : the caller holds the run, so nobody else is running it

    Notes
    -----
    A run that a process of another machine has claimed is running, as far as anybody here can tell (`held_by`).
    """
    manifest, problems = check_manifest(paths)
    if manifest is not None and not problems:
        return manifest.status
    if not is_ours and held_by(paths) is not None:
        return RunStatus.RUNNING
    return RunStatus.UNFINISHED
