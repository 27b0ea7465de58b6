"""What a command writes for its user stays outside of the folders of runs, studies and folds, whatever leads there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.worded import worded
from optbench.errors import StorageError, UsageError
from optbench.run_store.claims import claim_records
from optbench.run_store.documents import read_json
from optbench.run_store.fold_groups import is_fold_group
from optbench.run_store.paths import RunPaths
from optbench.run_store.studies import is_study_folder

if TYPE_CHECKING:
    from collections.abc import Collection


def require_outside(place: Path, *, option: str, planned: Collection[Path] = ()) -> None:
    """Require a place that neither is nor lies in the folder of a run, a study or folds, finished or not.

    What is written into a finished one makes it differ from its manifest, and what replaces a file of it destroys it.

    Parameters
    ----------
    option : that names the place
    planned : folders that are going to be such ones

    Raises
    ------
    UsageError
        If it is or does.
    """
    folder = record_around(place, planned)
    if folder is not None:
        raise UsageError(
            worded(
                "typed-out-in-run",
                "{option} must name something outside of runs and studies, which stay as they were sealed. "
                "Received: {out}, which leads into {folder}. Choose another folder.",
                option=option,
                out=place,
                folder=folder,
            ),
            code="usage-out-in-run",
        )


def record_around(place: Path, planned: Collection[Path] = ()) -> Path | None:
    """Return the folder of a run, a study or folds that a place is or lies in, without links; None if it is in none.

    Parameters
    ----------
    place : need not be there; where its links and `..` lead is what counts
    planned : folders that are going to be such ones
    """
    try:
        real = Path(os.path.realpath(place))
    except ValueError:  # no path at all, as whoever opens it says
        return None
    begun = {os.path.realpath(folder) for folder in planned}
    return next((one for one in (real, *real.parents) if str(one) in begun or _is_record(one)), None)


def _is_record(folder: Path) -> bool:
    """Return True for a folder that optbench has begun; a file alone that is called like one of a run makes none."""
    paths = RunPaths(folder)
    if is_study_folder(folder) or is_fold_group(folder) or claim_records(paths):
        return True
    if any(os.path.lexists(path) for path in (paths.old_claim, paths.job)):
        return True
    if os.path.lexists(paths.config_resolved) and os.path.lexists(paths.environment):
        return True  # also without its manifest, or where something else has the name of that
    try:
        return {"files", "run"} <= read_json(paths.manifest).keys()
    except StorageError:
        return False
