"""What lies in a folder of finished records and none of them lists."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.regular_files import kind_of
from optbench.run_store.atomic import is_temporary, storage_error
from optbench.run_store.listed_files import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from optbench.core.findings import Finding


def added_below(
    folder: Path, *, manifest: str, is_known: Callable[[os.DirEntry[str]], bool] = lambda _entry: False
) -> Iterator[Finding]:
    """Yield a finding for whatever is in a folder, or in a folder that was added to it; links are not followed.

    As in a run, an empty folder is nothing, and so is a temporary file that a killed command has left.

    Parameters
    ----------
    manifest : name of the file that does not list it
    is_known : tells what of the folder itself is passed over

    Raises
    ------
    StorageError
        If a folder cannot be listed.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise storage_error(error, folder, doing="listed") from error
    for entry in entries:
        if is_known(entry):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from added_below(path, manifest=manifest)
        elif not entry.is_file(follow_symlinks=False):
            yield wrong("manifest-stranger-added", path, kind=kind_of(entry.stat(follow_symlinks=False).st_mode))
        elif not is_temporary(entry.name):
            yield wrong("manifest-file-added", path, manifest=manifest)
