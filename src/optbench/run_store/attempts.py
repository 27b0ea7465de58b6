"""What happened to the attempts at a run so far, for people: how each ended, and what it said."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from optbench.core.private_text import names_of_the_host, names_of_the_user, own_folders, without_places
from optbench.errors import StorageError
from optbench.json_fields import JsonFields
from optbench.run_store.atomic import storage_error, temporaries
from optbench.run_store.claim import ENDED, LOST
from optbench.run_store.claims import claim_records
from optbench.run_store.documents import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optbench.run_store.claim import Claim
    from optbench.run_store.paths import RunPaths

CUT_OFF = "cut off"  # the kind of an attempt that never came to tell its end
_END = "end.json"
_LOG_BEFORE = "log-before.txt"
MOST_EARLIER = 32 << 20  # bytes of earlier logs that are kept
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a run.

    Attributes
    ----------
    number : from 1
    started_at, ended_at : UTC, ISO 8601; "" if it has not told
    pid : of the process that held the run; 0 if it is not known
    kind : how it ended, as in `end_attempt`; "cut off" if it never told
    exit_code : of the process that trained, or minus the number of the signal that ended it
    reason : one sentence, "" if there is nothing to say
    """

    number: int
    started_at: str
    pid: int
    kind: str = CUT_OFF
    exit_code: int | None = None
    reason: str = ""
    ended_at: str = ""


def begin_attempt(claim: Claim) -> None:
    """Tidy up what earlier attempts left in the visible part of an unfinished run.

    Side effects: removes what interrupted writes left behind; moves the log so far into the attempt, and a manifest
    that does not verify, so that it cannot come to verify by chance while its files are written again.

    Raises
    ------
    StorageError
        If something cannot be moved.
    """
    run = claim.run
    for path in temporaries(run.folder):
        claim.discard(path)
    for path, name in ((run.log, _LOG_BEFORE), (run.manifest, f"broken-{run.manifest.name}")):
        if os.path.lexists(path):
            try:
                claim.withdraw(path).rename(claim.folder / name)
            except OSError as error:
                raise storage_error(error, path, doing="moved") from error


def end_attempt(claim: Claim, *, kind: str, exit_code: int | None = None, reason: str = "") -> None:
    """Record how the attempt ended; a disk too full for the record does not hide that end behind another error.

    Parameters
    ----------
    kind : "trained", or why it failed: crashed, oom, timeout, interrupted, invalid
    """
    ended = {"schema_version": 1, "kind": kind, "exit_code": exit_code, "reason": reason, "ended_at": _now()}
    with contextlib.suppress(StorageError):
        write_json(claim.folder / _END, ended, durable=False)


def last_attempt(paths: RunPaths) -> Attempt | None:
    """Return the last attempt that left a readable record, or None.

    A claim that was given back without an attempt at training is none.
    """
    for record in reversed(claim_records(paths)):
        if record.holder is not None:
            begun = Attempt(record.number, record.started_at, record.holder.pid)
            ended = _ended(paths, begun, record.name)
            if ended is not None or not (paths.attempts / f"{record.name}{ENDED}").is_dir():
                return ended or begun
    return _last_of_old_version(paths)


def publish_log(claim: Claim, *, most_earlier: int = MOST_EARLIER) -> None:
    """Write the run's log: what the attempts said, in order; of very long earlier logs the newest part.

    What libraries and the user's code print names files by their whole paths: of these, and of names of user and host,
    the log of a run has placeholders. What an attempt that failed said is there as it was said.

    Parameters
    ----------
    most_earlier : bytes of earlier logs that are kept

    Raises
    ------
    StorageError
        If it cannot be written, or the claim is lost.
    """
    target = claim.draft.log
    try:
        earlier, own = _logs(claim)
        if not earlier and not own:
            return
        told = _without_places(claim)
        with target.open("wb") as file:
            for path, size in _newest_part(earlier, most_earlier):
                _append(file, path, told, last=size)
            for path in own:
                _append(file, path, told)
    except OSError as error:
        raise storage_error(error, target, doing="written") from error
    claim.publish_file(claim.run.log)  # alone: of a worker that was killed there may be half a file in the draft


def _logs(claim: Claim) -> tuple[list[Path], list[Path]]:
    """Return the logs of earlier attempts and those of this one, in order.

    One that an attempt found in the run is everything that was said before, so it takes the place of those before it.
    """
    logs: list[Path] = []
    own: list[Path] = []
    for name in sorted(os.listdir(claim.run.attempts)) if claim.run.attempts.is_dir() else []:  # noqa: PTH208
        folder = claim.run.attempts / name
        if (folder / _LOG_BEFORE).is_file():
            logs = [folder / _LOG_BEFORE]
        if name == claim.name:
            own = [path for path in (claim.log,) if path.is_file()]
        elif (folder / claim.log.name).is_file():
            logs.append(folder / claim.log.name)
    return logs, own


def _newest_part(logs: list[Path], most: int) -> list[tuple[Path, int]]:
    """Return how much is kept of each log."""
    left, kept = most, []
    for path in reversed(logs):
        kept.append((path, min(left, path.stat().st_size)))
        left -= kept[-1][1]
    return kept[::-1]


def _append(file: BinaryIO, path: Path, told: Callable[[str], str], *, last: int | None = None) -> None:
    """Copy a file, or its `last` bytes after a line that says so; `told` is what becomes of some lines."""
    with path.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        if last is not None and last < size:
            file.write(f"({size - last} bytes of an earlier attempt are left out here)\n".encode())
            source.seek(size - last)
        while lines := source.readlines(_CHUNK):
            text = b"".join(lines).decode("utf-8", "surrogateescape")
            file.write(told(text).encode("utf-8", "surrogateescape"))


def _without_places(claim: Claim) -> Callable[[str], str]:
    """Return what takes from a text where this run lies, who trains it, and on which machine."""
    names = [*names_of_the_user(), *names_of_the_host()]
    runs_dir = claim.run.folder.absolute().parent
    folders = [*own_folders(), str(runs_dir), os.path.realpath(runs_dir)]
    return lambda text: without_places(text, names, folders)


def _ended(paths: RunPaths, begun: Attempt, name: str) -> Attempt | None:
    """Return an attempt with the end that it has told, None if it has told none."""
    for suffix in ("", ENDED, LOST):
        path = paths.attempts / f"{name}{suffix}" / _END
        with contextlib.suppress(StorageError):
            return _with_end(begun, JsonFields(read_json(path), path))
    return None


def _with_end(begun: Attempt, end: JsonFields) -> Attempt:
    return replace(
        begun,
        kind=end.given("kind", str, CUT_OFF),
        exit_code=end.maybe("exit_code", int) if "exit_code" in end else None,
        reason=end.given("reason", str, ""),
        ended_at=end.given("ended_at", str, ""),
    )


def _last_of_old_version(paths: RunPaths) -> Attempt | None:
    """Return the last attempt that an optbench from before there were claims recorded, in a file each."""
    with contextlib.suppress(OSError):
        for path in sorted(paths.attempts.glob("[0-9]*.json"), reverse=True):
            with contextlib.suppress(StorageError):
                recorded = JsonFields(read_json(path), path)
                begun = Attempt(
                    recorded.take("attempt", int), recorded.given("started_at", str, ""), recorded.given("pid", int, 0)
                )
                if begun.number == int(path.stem):
                    return _with_end(begun, recorded)
    return None


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="seconds")
