"""What happened to the attempts at a run so far: one small file each, for messages only."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from optbench.errors import StorageError
from optbench.run_store.atomic import remove_temporaries, storage_error, sync_folder
from optbench.run_store.documents import read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.run_store.paths import RunPaths

CUT_OFF = "cut off"  # the kind of an attempt that never came to tell its end


def begin_attempt(paths: RunPaths) -> None:
    """Record that an attempt begins; call it only while holding the lock of an unfinished run.

    Side effects: removes what interrupted writes left behind, and moves a manifest that does not verify into
    `.state`, so that it cannot come to verify by chance while its files are written again.

    Raises
    ------
    StorageError
        If the record cannot be written.
    """
    remove_temporaries(paths.folder)
    try:
        paths.attempts.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(paths.manifest):
            paths.manifest.replace(paths.state / f"broken-{paths.manifest.name}")
            sync_folder(paths.folder)
    except OSError as error:
        raise storage_error(error, paths.attempts, doing="prepared") from error
    number = max((int(path.stem) for path in _files(paths)), default=0) + 1
    begun = {"schema_version": 1, "attempt": number, "started_at": _now(), "pid": os.getpid()}
    write_json(paths.attempts / f"{number:06d}.json", begun, durable=False)


def end_attempt(paths: RunPaths, *, kind: str, exit_code: int | None = None, reason: str = "") -> None:
    """Record how the last attempt ended; a disk too full for the record does not hide that end behind another error.

    Parameters
    ----------
    kind : "trained", or why it failed: crashed, oom, timeout, interrupted, invalid
    """
    last = last_attempt(paths)
    if last is None:
        return
    ended = {**last, "kind": kind, "exit_code": exit_code, "reason": reason, "ended_at": _now()}
    with contextlib.suppress(StorageError):
        write_json(paths.attempts / f"{last['attempt']:06d}.json", ended, durable=False)


def last_attempt(paths: RunPaths) -> dict[str, Any] | None:
    """Return the last attempt that left a readable record, or None.

    Returns
    -------
    dict
        `attempt` (from 1), `started_at` (UTC, ISO 8601), `pid`, `kind`, `exit_code`, `reason`, and `ended_at` if it
        ended; the kind of one that never told its end is "cut off".
    """
    for path in reversed(_files(paths)):
        try:
            document = read_json(path)
        except StorageError:
            continue
        if document.get("attempt") == int(path.stem):
            return {"kind": CUT_OFF, "exit_code": None, "reason": "", **document}
    return None


def _files(paths: RunPaths) -> list[Path]:
    try:
        return sorted(path for path in paths.attempts.iterdir() if path.suffix == ".json" and path.stem.isdecimal())
    except OSError:
        return []


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="seconds")
