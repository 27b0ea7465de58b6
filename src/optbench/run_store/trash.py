"""Where folders go that a user removes: `.trash` beside them, under a name that is free; nothing is deleted."""

from __future__ import annotations

import itertools
import os
import stat
from typing import TYPE_CHECKING, Final

from optbench.errors import StorageError
from optbench.run_store.atomic import storage_error
from optbench.run_store.claim import NOT_EMPTY

if TYPE_CHECKING:
    from pathlib import Path

TRASH: Final = ".trash"


def move_to_trash(folder: Path, runs_dir: Path) -> Path:
    """Move a folder into the trash of a runs directory, in one step; return where it is now.

    Raises
    ------
    StorageError
        If the folder or its place cannot be renamed, or something else has the name of the trash.
    """
    trash = runs_dir / TRASH
    try:
        trash.mkdir(exist_ok=True)
        if not stat.S_ISDIR(trash.lstat().st_mode):  # a link would lead whoever follows it elsewhere
            raise StorageError(
                f"{trash} must be a folder, to move {folder.name} into it. Received: a link. Remove the link.",
                code="storage-trash-unfit",
            )
        for number in itertools.count(1):
            place = trash / (folder.name if number == 1 else f"{folder.name}.{number}")
            if os.path.lexists(place):
                continue
            try:
                folder.rename(place)
            except OSError as error:
                if error.errno in NOT_EMPTY:  # somebody else was faster
                    continue
                raise
            return place
    except FileExistsError as error:
        raise StorageError(
            f"{trash} must be a folder, to move {folder.name} into it. Received: a file. Rename the file.",
            code="storage-trash-unfit",
        ) from error
    except OSError as error:
        raise storage_error(error, folder, doing="moved into the trash") from error
    raise AssertionError("numbers do not end")
