"""What a run folder is, derived from its files and its lock; never stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.records import RunStatus
from optbench.run_store.lock import is_locked
from optbench.run_store.manifest import check_manifest

if TYPE_CHECKING:
    from optbench.run_store.paths import RunPaths


def run_status(paths: RunPaths, *, lock_is_ours: bool = False) -> RunStatus:
    """Return completed or diverged if the manifest verifies (by sizes), else running or unfinished.

    Parameters
    ----------
    lock_is_ours : the caller holds the lock, so nobody else is running this
    """
    manifest, problems = check_manifest(paths)
    if not problems:
        return RunStatus(manifest["status"])
    if not lock_is_ours and is_locked(paths):
        return RunStatus.RUNNING
    return RunStatus.UNFINISHED
