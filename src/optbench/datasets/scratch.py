"""Temporary folders for data, and whether the disk has room for what goes there."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from optbench.core.refusals import reason_of
from optbench.core.temporary_folders import PREFIX as _ALL
from optbench.core.temporary_folders import make_temporary_folder, temporary_place
from optbench.core.worded import worded
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optbench.core.temporary_folders import TemporaryFolder

_PURPOSE = "data"
PREFIX = f"{_ALL}{_PURPOSE}-"
_REMEDY = worded("hint-disk", "Free space there, or set TMPDIR to a folder on a larger disk.")


def make_scratch(place: Path | None = None) -> TemporaryFolder:
    """Make a temporary folder that is in use until it is removed or this process ends.

    Parameters
    ----------
    place : folder to make it in; None for that of temporary files

    Raises
    ------
    MachineError
        If the system gives none.
    """
    with storage_errors():
        return make_temporary_folder(_PURPOSE, place)


def require_disk(n_bytes: int, *, what: str) -> None:
    """Require that `n_bytes` more fit into the folder for temporary files.

    Parameters
    ----------
    what : what needs them, as the start of a sentence

    Raises
    ------
    MachineError
        If they do not.
    """
    folder = temporary_place()
    with storage_errors():
        free = shutil.disk_usage(folder).free
    if n_bytes > free:
        raise MachineError(
            worded(
                "need-disk",
                "{what} needs {needed:.1f} GB of temporary disk space in {folder}, and {free:.1f} GB are "
                "free. {remedy}",
                what=what,
                needed=n_bytes / 1e9,
                folder=folder,
                free=free / 1e9,
                remedy=_REMEDY,
            ),
            code="machine-disk-full",
        )


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the system refuses while temporary files are written into a sentence.

    Raises
    ------
    MachineError
        With the reason.
    """
    try:
        yield
    except OSError as error:
        folder = temporary_place()
        reason = reason_of(error, place=folder)
        raise MachineError(
            worded(
                "need-temporary",
                "temporary data cannot be written to {folder}: {reason}. {remedy}",
                folder=folder,
                reason=reason,
                remedy=_REMEDY,
            ),
            code="machine-temporary-unwritable",
        ) from error
