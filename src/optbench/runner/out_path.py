"""Where a command writes what the user asked for: a free name in a folder that exists, whole or not there."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from optbench.core.regular_files import is_folder
from optbench.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def require_free(out: Path) -> None:
    """Require a name that nothing has, in a folder that exists.

    Raises
    ------
    UsageError
        Otherwise.
    """
    if not is_folder(out.absolute().parent):
        raise UsageError(
            f"--out must name something in a folder that exists. Received: {out}. Create the folder first.",
            code="usage-out-folder-missing",
        )
    if os.path.lexists(out):
        raise _taken(out)


def place(made: Path, out: Path) -> None:
    """Give a file or a folder that was made elsewhere its name, all of it at one instant.

    Raises
    ------
    UsageError
        If the name has been taken meanwhile.
    StorageError
        If it cannot be written; nothing is left then.
    """
    from optbench.run_store.atomic import storage_error, sync_folder, temporary_name, write_bytes

    if made.is_file():
        write_bytes(out, made.read_bytes(), replace=False)
        return
    beside = out.absolute().parent / temporary_name(out.name)
    try:
        shutil.copytree(made, beside)
        if os.path.lexists(out):
            raise _taken(out)
        beside.rename(out)
        sync_folder(out.absolute().parent)
    except OSError as error:
        raise storage_error(error, out, doing="written") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _taken(out: Path) -> UsageError:
    return UsageError(
        f"--out must name something that is free: nothing is overwritten. Received: {out}, which exists. Remove it, or "
        "choose another name.",
        code="usage-out-taken",
    )
