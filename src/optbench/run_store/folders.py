"""Run folders come into being here: proved writable, claimed for one key, cleared of working files at the end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from optbench.errors import MachineError, StorageError
from optbench.run_store.atomic import is_temporary, storage_error, sync_folder
from optbench.run_store.documents import read_json, require_schema, write_json
from optbench.run_store.manifest import verify_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.run_store.paths import RunPaths

_PROBE = bytes(1 << 20)


def require_writable(directory: Path) -> None:
    """Make sure that runs can be written into a directory, which need not exist yet; nothing stays behind.

    Raises
    ------
    MachineError
        If it is no directory, cannot be created or written, or its disk is full.
    """
    folder = directory.absolute()
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise MachineError(f"the runs directory {directory} cannot be created: {folder} is no directory.")
    probe = folder / f".probe.{secrets.token_hex(8)}.tmp"
    try:
        _write_probe(probe)
    except OSError as error:
        told = storage_error(error, folder, doing="written into")
        raise MachineError(f"the runs directory {directory} is not usable: {told}") from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def claim_run_folder(paths: RunPaths, *, key: str) -> None:
    """Create a run's folder, or accept one that was claimed for the same key; nothing is ever removed.

    Parameters
    ----------
    key : all 64 hex digits, since two keys may share the 8 in the folder's name

    Raises
    ------
    StorageError
        If the folder holds anything but a run of this key, or cannot be created.
    """
    try:
        paths.folder.parent.mkdir(parents=True, exist_ok=True)
        paths.folder.mkdir()
        sync_folder(paths.folder.parent)
    except FileExistsError:
        if not paths.folder.is_dir():
            raise StorageError(f"{paths.folder} could not be created: a file is in the way. Move it away.") from None
    except OSError as error:
        raise storage_error(error, paths.folder, doing="created") from error
    found = recorded_key(paths)
    if found is None and _holds_only_working_files(paths):
        _record_key(paths, key)
    elif found != key:
        told = f"a run with key {found[:12]}..." if found else "files that are no run of optbench"
        raise StorageError(
            f"{paths.folder} must be free or hold the run with key {key[:12]}... Received: {told}. "
            "Move that folder away, or choose another --runs-dir."
        )


def recorded_key(paths: RunPaths) -> str | None:
    """Return the key a folder was claimed for, or None if it does not tell.

    Raises
    ------
    StorageError
        If the folder holds a manifest of a newer optbench.
    """
    for path in (paths.manifest, paths.claim, paths.job):
        try:
            document = read_json(path)
        except StorageError:
            continue
        require_schema(document, path)
        if isinstance(document.get("key"), str):
            return str(document["key"])
    return None


def clear_state(paths: RunPaths) -> None:
    """Remove the working files of a finished run; what cannot be removed stays, since nobody reads it any more.

    Raises
    ------
    StorageError
        If the run is not finished: its working files are then needed.
    """
    problems = verify_manifest(paths)
    if problems:
        raise StorageError(f"{paths.state} must stay until the run is finished. {problems[0]}")
    shutil.rmtree(paths.state, ignore_errors=True)


def _record_key(paths: RunPaths, key: str) -> None:
    try:
        paths.state.mkdir(exist_ok=True)
        sync_folder(paths.folder)
    except OSError as error:
        raise storage_error(error, paths.state, doing="created") from error
    write_json(paths.claim, {"schema_version": 1, "key": key})


def _holds_only_working_files(paths: RunPaths) -> bool:
    """Return True for what a claim that was cut short leaves: nothing but a lock, an empty state, temporary files."""
    try:
        names = {entry.name for entry in os.scandir(paths.folder) if not is_temporary(entry.name)}
        state = [entry.name for entry in os.scandir(paths.state)] if paths.state.is_dir() else []
    except OSError as error:
        raise storage_error(error, paths.folder, doing="listed") from error
    return names <= {paths.lock.name, paths.state.name} and all(map(is_temporary, state))


def _write_probe(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_PROBE)
        file.flush()
        os.fsync(file.fileno())
