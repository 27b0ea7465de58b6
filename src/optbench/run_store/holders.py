"""Who holds a run, and what proves that a holder is gone: a process, seen from this machine or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    # What an executor or scheduler knows of a holder: True if it is gone, False if it lives, None if it cannot tell.
    SaysGone = Callable[["Holder"], bool | None]

_MOST_PIDS = 1 << 31
_DEAD_STATES = ("Z", "X")  # of /proc/PID/stat: a zombie executes nothing any more


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a run folder, named so that no other process on any machine has the same name.

    Attributes
    ----------
    host : name of the machine
    machine : digest of what tells two machines of one name apart; "" if the system does not say
    boot : changes whenever the machine starts; "" if the system does not say
    namespace : the set of process ids `pid` belongs to, of which a machine with containers has many
    started : when the process began, in whatever unit the system counts; tells apart two processes of one `pid`
    executor, job : which executor it works for, and as which job of its scheduler
    """

    host: str
    machine: str
    boot: str
    namespace: str
    pid: int
    started: str
    executor: str = "local"
    job: str = ""

    def __str__(self) -> str:
        """Return the holder as a sentence names it."""
        return f"process {self.pid} on {self.host}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> Holder | None:
        """Return the holder that a record names, or None if the record is damaged."""
        if not isinstance(document, dict) or set(document) != {field.name for field in fields(cls)}:
            return None
        texts = (value for name, value in document.items() if name != "pid")
        pid = document["pid"]
        if type(pid) is not int or not 0 < pid < _MOST_PIDS or not all(isinstance(text, str) for text in texts):
            return None
        return cls(**document)


def this_process(*, executor: str = "local", job: str = "") -> Holder:
    """Return the holder that this process is."""
    return Holder(
        host=socket.gethostname(),
        machine=_machine(),
        boot=_text_of("/proc/sys/kernel/random/boot_id"),
        namespace=_namespace(),
        pid=os.getpid(),
        started=_process(os.getpid())[1],
        executor=executor,
        job=job,
    )


def is_gone(holder: Holder, *, seen_from: Holder) -> bool | None:
    """Return whether a holder is gone, by what the machine of `seen_from` can prove.

    Returns
    -------
    bool or None
        True if its process has ended or its machine has started anew since; False if the process is there; None for
        a process of another machine or container. Time that has passed proves nothing: a process may be suspended.
    """
    if holder.host != seen_from.host:
        return None
    if holder.machine and holder.machine == seen_from.machine and holder.boot != seen_from.boot:
        # two machines of one name differ in `machine`, so this one has started anew
        return True if holder.boot and seen_from.boot else None
    if (holder.boot, holder.namespace) != (seen_from.boot, seen_from.namespace):
        return None
    try:
        state, started = _process(holder.pid)
    except ProcessLookupError:
        return True
    is_another = bool(started and holder.started) and started != holder.started
    return state in _DEAD_STATES or is_another


def _machine() -> str:
    """Return a digest of the machine's own number: the number itself is not for the eyes of others."""
    number = _text_of("/etc/machine-id")
    if not number:
        import uuid

        address = uuid.getnode()
        is_random = bool(address >> 40 & 1)  # what Python draws where there is no network card
        number = "" if is_random else f"{address:012x}"
    return hashlib.sha256(f"optbench {number}".encode()).hexdigest()[:16] if number else ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _process(pid: int) -> tuple[str, str]:
    """Return state and start of a process, "" for what may not be seen.

    Raises
    ------
    ProcessLookupError
        If there is none of that number.
    """
    if sys.platform != "linux":
        return _process_by_psutil(pid)
    try:
        # the name in brackets may hold anything, so the fields are counted from its end; the start is the 22nd of all
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return words[0], words[19]
    except (OSError, IndexError):
        with contextlib.suppress(PermissionError):  # a process of somebody else's may be hidden, and there
            os.kill(pid, 0)
        return "", ""


def _process_by_psutil(pid: int) -> tuple[str, str]:
    import psutil

    try:
        process = psutil.Process(pid)
        return ("Z" if process.status() == psutil.STATUS_ZOMBIE else "R"), repr(process.create_time())
    except psutil.NoSuchProcess as error:
        raise ProcessLookupError(pid) from error
    except psutil.AccessDenied:
        return "", ""


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
