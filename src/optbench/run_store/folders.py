"""Run folders come into being here: proved writable, claimed for one key, cleared of working files at the end."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from optbench.core.printable import printable
from optbench.core.worded import worded
from optbench.errors import MachineError, StorageError
from optbench.run_store.atomic import (
    is_temporary,
    remove_leftovers,
    storage_error,
    sync_folder,
    temporaries,
    temporary_name,
)
from optbench.run_store.claim import remove
from optbench.run_store.claims import claim_records, held_by, make_claim
from optbench.run_store.documents import read_json, require_schema
from optbench.run_store.manifest import strange_entries, verify_manifest
from optbench.run_store.outside import require_outside

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.run_store.claim import Claim
    from optbench.run_store.claims import Asker
    from optbench.run_store.paths import RunPaths

_PROBE = bytes(1 << 20)


def require_writable(directory: Path) -> None:
    """Make sure that runs can be written into a directory, which need not exist yet; nothing stays behind.

    Raises
    ------
    UsageError
        If it is, or lies in, the folder of a run or study.
    MachineError
        If it is not a directory, cannot be created or written, or its disk is full.
    """
    require_outside(directory, option="--runs-dir")
    folder = directory.absolute()
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise MachineError(
            worded(
                "folder-runs-dir-blocked",
                "the runs directory {directory} cannot be created: {folder} is not a directory.",
                directory=directory,
                folder=folder,
            ),
            code="machine-runs-dir-unwritable",
        )
    remove_leftovers(folder, of="probe")
    probe = folder / f".probe.{secrets.token_hex(8)}.tmp"
    try:
        _write_probe(probe)
    except OSError as error:
        told = storage_error(error, folder, doing="written into")
        raise MachineError(
            worded(
                "folder-runs-dir-unusable",
                "the runs directory {directory} is not usable: {told}",
                directory=directory,
                told=told,
            ),
            code="machine-runs-dir-unwritable",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def claim_run_folder(paths: RunPaths, *, key: str, asker: Asker | None = None) -> Claim:
    """Create a run's folder, or accept one that is for the same key, and claim it; nothing is ever removed.

    Parameters
    ----------
    key : all 64 hex digits, since two keys may share the 8 in the folder's name
    asker : who asks; this process, with no other evidence than its machine's, if None

    Raises
    ------
    HeldError
        If another process holds the run, and nothing proves that it is gone.
    StorageError
        If the folder holds anything but a run of this key, or cannot be created.
    """
    try:
        paths.folder.parent.mkdir(parents=True, exist_ok=True)
        paths.folder.mkdir()
        sync_folder(paths.folder.parent)
    except FileExistsError:
        if not paths.folder.is_dir():
            raise StorageError(
                worded(
                    "folder-file-in-way",
                    "{folder} could not be created: a file is in the way. Move it away.",
                    folder=paths.folder,
                ),
                code="storage-folder-taken",
            ) from None
    except OSError as error:
        raise storage_error(error, paths.folder, doing="created") from error
    _require_plain(paths)
    _require_key(paths, key)
    return make_claim(paths, key=key, asker=asker)


def _require_plain(paths: RunPaths) -> None:
    """Refuse a folder with links, pipes or devices in it: what is written into the run could go anywhere."""
    strange = strange_entries(paths)
    if strange:
        path, kind = strange[0]
        raise StorageError(
            f"{printable(str(path))} must be a folder or a file of the run. Received: a {kind}. It was not made by "
            "optbench, and what is written there could end up elsewhere. Move it away.",
            code="storage-folder-taken",
        )


def _require_key(paths: RunPaths, key: str) -> None:
    found = recorded_key(paths)
    if found is None and _holds_only_working_files(paths):
        return
    found = found or recorded_key(paths)  # another process may have claimed and begun it between the two looks
    if found != key:
        told = (
            worded("folder-run-of-key", "a run with key {key}...", key=found[:12])
            if found
            else worded("folder-foreign-files", "files that are not a run of optbench")
        )
        raise StorageError(
            worded(
                "folder-taken",
                "{folder} must be free or hold the run with key {key}... Received: {told}. Move that folder "
                "away, or choose another --runs-dir.",
                folder=paths.folder,
                key=key[:12],
                told=told,
            ),
            code="storage-folder-taken",
        )


def recorded_key(paths: RunPaths) -> str | None:
    """Return the key a folder was claimed for, or None if it does not tell.

    Raises
    ------
    StorageError
        If the folder holds a manifest of a newer optbench.
    """
    claimed = (record.key for record in reversed(claim_records(paths)) if record.key)
    return _key_in(paths.manifest) or next(claimed, None) or _key_in(paths.old_claim) or _key_in(paths.job)


def clear_state(paths: RunPaths, claim: Claim | None = None) -> None:
    """Remove the working files of a finished run; what cannot be removed stays, since nobody reads it any more.

    Parameters
    ----------
    claim : that of the caller, which ends here; None to leave alone what anybody holds

    Raises
    ------
    StorageError
        If the run is not finished: its working files are then needed.
    """
    problems = verify_manifest(paths)
    if problems:
        raise StorageError(
            f"{paths.state} must stay until the run is finished.", findings=problems[:1], code="storage-run-unfinished"
        )
    if claim is not None:
        claim.release()
    if paths.state.is_dir() and held_by(paths) is None:
        # out of the way at once: what others claim from now on lies in another folder than the one that is removed
        with contextlib.suppress(OSError):
            paths.state.rename(paths.folder / temporary_name("state"))
    for path in temporaries(paths.folder):
        remove(path)


def _key_in(path: Path) -> str | None:
    try:
        document = read_json(path)
    except StorageError:
        return None
    require_schema(document, path)
    return str(document["key"]) if isinstance(document.get("key"), str) else None


def _holds_only_working_files(paths: RunPaths) -> bool:
    """Return True for what a claim that was cut short leaves: attempts without a claim, empty and temporary files."""
    try:
        names = {entry.name for entry in os.scandir(paths.folder) if not is_temporary(entry.name)}
        state = [paths.state / entry.name for entry in os.scandir(paths.state)] if paths.state.is_dir() else []
        begun = [path for path in state if path != paths.attempts and not is_temporary(path.name)]
        is_empty = all(path.is_dir() and not any(path.iterdir()) for path in begun)
    except OSError as error:
        raise storage_error(error, paths.folder, doing="listed") from error
    return names <= {paths.lock.name, paths.state.name} and is_empty


def _write_probe(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_PROBE)
        file.flush()
        os.fsync(file.fileno())
