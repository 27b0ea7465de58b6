"""Who holds a run: claims are made one after the other, and a new one only if every earlier holder is known to be gone.

A claim is a folder `.state/claim-000002` with the record of its holder. It appears by a rename that fails if the number
is taken, so of any number of processes one wins; it is never removed while the run is unfinished, so the highest number
is the last. Before it appears its holder has made the folder of its attempt, `.state/attempts/000002-<random digits>`,
and the claim is held as long as this folder has this name. Its holder ends the claim by renaming it, who takes the run
over revokes it in the same way and removes the draft in it (see `claim.py`).

A network file system keeps names in each client's memory for some seconds. Nothing here rests on a look that may be
old: a claim is won by the server's answer to a rename, and a folder that was removed is gone for every client.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from optbench.core.file_locks import lock_file
from optbench.errors import HeldError, StorageError
from optbench.run_store.atomic import storage_error, sync_folder, temporary_name
from optbench.run_store.claim import LOST, NOT_EMPTY, Claim, remove
from optbench.run_store.documents import encode_json, read_json
from optbench.run_store.holders import Holder, is_gone, this_process

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.run_store.holders import SaysGone
    from optbench.run_store.paths import RunPaths

_CLAIM = re.compile(r"claim-(\d{6,})")
_ATTEMPT = re.compile(r"(\d{6,})-[0-9a-f]{16}")
_TRIES, _BETWEEN_TRIES_S = 100, 0.1


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """What a claim says of itself.

    Attributes
    ----------
    name : of the folder of its attempt, "" if the record is damaged
    key : that the run folder is for, "" if the record is damaged
    holder : None if the record is damaged
    """

    number: int
    name: str = ""
    key: str = ""
    started_at: str = ""
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a run, and what it may rely on.

    Attributes
    ----------
    me : the process that will be the holder
    says_gone : what the executor or scheduler knows of other holders, or None
    take_over : the user says that the holder is gone, whoever it is
    """

    me: Holder
    says_gone: SaysGone | None = None
    take_over: bool = False

    def finds_gone(self, holder: Holder | None) -> bool | None:
        """Return whether a holder is gone, None if nobody can tell."""
        if holder is None:
            return None
        seen = is_gone(holder, seen_from=self.me)
        if seen is None and self.says_gone is not None:
            return self.says_gone(holder)
        return seen


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that stands, of a process that nothing proves to be gone.

    Attributes
    ----------
    by : the holder, or None if it is not known
    is_seen : the process is there, so that its end will be seen too
    """

    by: Holder | None
    is_seen: bool

    def __str__(self) -> str:
        """Return who it is, as a sentence names it."""
        return "another process" if self.by is None else str(self.by)


def make_claim(paths: RunPaths, *, key: str, asker: Asker | None = None) -> Claim:
    """Make a claim on a run folder that exists and is for this key, and revoke every earlier one.

    Raises
    ------
    HeldError
        If an earlier claim stands and nothing proves that its holder is gone.
    StorageError
        If the claim cannot be written.
    """
    asker = asker or Asker(this_process())
    for number in range(_TRIES):
        records = claim_records(paths)
        standing = [record for record in records if _stands(paths, record)]
        replaced = [record.holder for record in standing if not _is_gone(paths, record, asker)]
        _require_unlocked(paths)
        name = _try_claim(paths, 1 + max((record.number for record in records), default=0), key, asker.me)
        if name is not None:
            claim = Claim(paths, name, tuple(holder for holder in replaced if holder is not None))
            _revoke_earlier(claim)
            return claim
        if number:  # this machine still remembers what was there before another claimed it
            time.sleep(_BETWEEN_TRIES_S)
    raise HeldError(f"{paths.folder} is claimed by one process after the other; ask again later.", is_seen=False)


def held_by(paths: RunPaths, asker: Asker | None = None) -> Held | None:
    """Return who holds a run, or None if nobody does, as far as this machine can tell; creates nothing."""
    standing = [record for record in claim_records(paths) if _stands(paths, record)]
    if not standing:
        return Held(None, is_seen=True) if _is_locked_by_old_version(paths) else None
    asker = asker or Asker(this_process())
    for record in reversed(standing):
        gone = asker.finds_gone(record.holder)
        if not gone:
            return Held(record.holder, is_seen=gone is False)
    return None


def claim_records(paths: RunPaths) -> list[ClaimRecord]:
    """Return what the claims of a run say, oldest first; an empty folder is what a power cut leaves of one."""
    try:
        named = [_CLAIM.fullmatch(entry.name) for entry in os.scandir(paths.state)]
    except OSError:
        return []
    numbers = sorted(int(match[1]) for match in named if match)
    return [_record(paths, number) for number in numbers if not _is_empty(paths.claim(number))]


def _stands(paths: RunPaths, record: ClaimRecord) -> bool:
    """Return whether the folder of the attempt has its name yet; the name is asked for, since a listing may be old."""
    if record.name:
        return os.path.lexists(paths.attempts / record.name)
    return any(number == record.number for number, _ in _held_attempts(paths))


def _is_gone(paths: RunPaths, record: ClaimRecord, asker: Asker) -> bool:
    """Return True on evidence that the holder is gone, False if the user says so.

    Raises
    ------
    HeldError
        If nobody says so.
    """
    gone = asker.finds_gone(record.holder)
    if gone or asker.take_over:
        return bool(gone)
    who = Held(record.holder, is_seen=gone is False)
    ways = (
        "Wait for it to end, or stop it."
        if who.is_seen
        else "From here nobody can tell whether it still runs. If it does not, give the command with --take-over."
    )
    raise HeldError(f"{paths.folder} is held by {who}. {ways}", is_seen=who.is_seen)


def _try_claim(paths: RunPaths, number: int, key: str, me: Holder) -> str | None:
    """Claim a number; returns the claim's name, or None if somebody else was faster."""
    claim = Claim(paths, f"{number:06d}-{secrets.token_hex(8)}")
    try:
        paths.state.mkdir(exist_ok=True)
        is_won = _is_first(claim, key, me)
        if number == 1 and is_won:
            sync_folder(paths.folder)
            sync_folder(paths.state)  # what this folder is for is known after a power cut, too
    except OSError as error:
        remove(claim.folder)
        raise storage_error(error, paths.claim(number), doing="written") from error
    if not is_won:
        remove(claim.folder)
    return claim.name if is_won else None


def _is_first(claim: Claim, key: str, me: Holder) -> bool:
    try:
        claim.run.attempts.mkdir(exist_ok=True)
        claim.folder.mkdir()
        claim.draft.folder.mkdir()
        claim.draft.state.mkdir()
        return _is_published(claim, _written_record(claim, key, me))
    except FileNotFoundError:  # the run was finished meanwhile, and its working files are being removed
        return False


def _written_record(claim: Claim, key: str, me: Holder) -> Path:
    folder = claim.folder / "claim"
    folder.mkdir()
    document = {
        "schema_version": 1,
        "key": key,
        "attempt": claim.name,
        "started_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "holder": me.to_json(),
    }
    with (folder / claim.run.claim_record(claim.number).name).open("xb") as file:
        file.write(encode_json(document))
        file.flush()
        os.fsync(file.fileno())
    return folder


def _is_published(claim: Claim, record: Path) -> bool:
    """Give the record its number; a folder that is not empty is not renamed over, on any file system."""
    try:
        record.rename(claim.run.claim(claim.number))
    except OSError as error:
        # the answer to a rename that took place may have been lost on a network
        is_ours = _record(claim.run, claim.number).name == claim.name
        if error.errno not in NOT_EMPTY and not is_ours:
            raise
        return is_ours
    return True


def _revoke_earlier(claim: Claim) -> None:
    """Rename the folders of earlier attempts and remove their drafts, before anything of the run is read.

    The new name stops those who ask for the path. On a network file system a client may remember where the path led
    and go on there; without the folder itself it cannot.

    Raises
    ------
    StorageError
        If one cannot be revoked; the claim is then given up.
    """
    attempts = claim.run.attempts
    try:
        names = {entry.name for entry in os.scandir(attempts)}
        for name in names | {record.name for record in claim_records(claim.run)}:
            match = _ATTEMPT.match(name)
            if match is not None and int(match[1]) < claim.number:
                _remove_draft(_renamed(attempts / name) / claim.draft.folder.name)
    except OSError as error:
        claim.release()
        raise storage_error(error, attempts, doing="taken over") from error


def _renamed(attempt: Path) -> Path:
    """Mark an attempt as lost if it was not over before; return where it lies."""
    lost = attempt.with_name(attempt.name + LOST)
    if _ATTEMPT.fullmatch(attempt.name):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            attempt.rename(lost)
        return lost
    return attempt


def _remove_draft(draft: Path) -> None:
    """Remove the draft of a lost attempt, whose holder may be adding to it at this very moment.

    Files are moved out first: on a network file system one that is open somewhere would stay in the folder that is to
    be removed, under another name, until it is closed.

    Raises
    ------
    OSError
        If the draft is still there after some tries.
    """
    aside = draft.parent / "removed"
    for number in range(_TRIES):
        if not os.path.lexists(draft):
            break
        try:
            aside.mkdir(exist_ok=True)
            _remove_folder(draft, aside)
        except OSError as error:
            # its holder has just added a file, or published one
            if error.errno not in (*NOT_EMPTY, errno.ENOENT) or number == _TRIES - 1:
                raise
    remove(aside)


def _remove_folder(folder: Path, aside: Path) -> None:
    for entry in list(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            _remove_folder(entry, aside)
        else:
            entry.rename(aside / temporary_name(entry.name))
    folder.rmdir()


def _held_attempts(paths: RunPaths) -> list[tuple[int, Path]]:
    """Return number and folder of every attempt that has neither ended nor been revoked."""
    try:
        found = [(_ATTEMPT.fullmatch(entry.name), entry.name) for entry in os.scandir(paths.attempts)]
    except OSError:
        return []
    return sorted((int(match[1]), paths.attempts / name) for match, name in found if match)


def _record(paths: RunPaths, number: int) -> ClaimRecord:
    try:
        document = read_json(paths.claim_record(number))
    except StorageError:
        return ClaimRecord(number)
    name, key, started_at = (str(document.get(field)) for field in ("attempt", "key", "started_at"))
    match, holder = _ATTEMPT.fullmatch(name), Holder.from_json(document.get("holder"))
    if match is None or int(match[1]) != number or holder is None:
        return ClaimRecord(number)
    return ClaimRecord(number, name, key, started_at, holder)


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _require_unlocked(paths: RunPaths) -> None:
    if _is_locked_by_old_version(paths):
        raise HeldError(f"{paths.folder} is held by another process. Wait for it to end, or stop it.", is_seen=True)


def _is_locked_by_old_version(paths: RunPaths) -> bool:
    """Return True if an optbench from before there were claims writes the run, where its lock can be seen."""
    try:
        descriptor = os.open(paths.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not lock_file(descriptor, wait=False, shared=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
