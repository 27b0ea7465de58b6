"""Slots that are folders which two machines see: tasks are put there, and what comes of them is found there.

Who executes tasks opens a `Spool`, makes a `SpoolSlot` in it for each process that it starts somewhere, and has that
process call `agent.serve(SPOOL, SLOT)`. What an executor still has to know is how to start such processes and whether
one has ended, which is the `Process` of the slot.

A slot has two lanes, with a task at a time in each: while a worker trains a run, a helper finishes the one before.

Files appear whole, by a rename; of events only whole lines are read. Neither side waits for a file that the other has
not announced by its number, and nothing rests on clocks of different machines: that the command is there shows in a
number that changes (`Spool.beat`), which the agent times by its own clock.

A task names what is executed. The folder lets in nobody else, but who may write the folder around it can put one of
his own in its place: so a file is read only if it belongs to whoever reads it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.core.regular_files import open_regular
from optbench.core.temporary_folders import make_temporary_folder
from optbench.executors.ends import end_before_begin
from optbench.executors.interface import POOLS, TaskEnd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedReader
    from pathlib import Path

    from optbench.core.temporary_folders import TemporaryFolder
    from optbench.executors.interface import Event, Pool, Task
    from optbench.executors.registry import ExecutorSettings

BEAT_S: Final = 2.0
SILENCE_S: Final = 15.0
_WHOLE_LOOK_S: Final = 0.1  # between looks for more than an end: events are for people, and processes are rarely lost
_LAST_LINES = 20


class Process(Protocol):
    """The process that serves a slot, as the executor that has started it sees it."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        """Return how a task of this name ended whose process is gone without a word."""

    def said(self) -> str:
        """Return what is known of its end, "" if there is nothing to say."""


@dataclass(frozen=True, slots=True)
class LanePaths:
    """The files of a slot's tasks of one kind, which are numbered from 1."""

    folder: Path
    pool: Pool

    def task(self, number: int) -> Path:
        """There once the task has been handed over."""
        return self.folder / f"{self.pool}-task-{number}.json"

    def events(self, number: int) -> Path:
        """Events of a task, a line each."""
        return self.folder / f"{self.pool}-events-{number}.jsonl"

    def end(self, number: int) -> Path:
        """How a task has ended."""
        return self.folder / f"{self.pool}-end-{number}.json"


@dataclass(frozen=True, slots=True)
class SlotPaths:
    """The files of a slot."""

    folder: Path

    @property
    def ready(self) -> Path:
        """There once the agent takes tasks."""
        return self.folder / "ready"

    @property
    def leaving(self) -> Path:
        """There once the agent takes no more tasks; it may be at some for a while."""
        return self.folder / "leaving"

    @property
    def left(self) -> Path:
        """There once the agent has ended every process of its own, as it should."""
        return self.folder / "left"

    @property
    def stop(self) -> Path:
        """There if its worker's task is to end at the next safe point, and no other is to begin."""
        return self.folder / "stop"

    @property
    def close(self) -> Path:
        """There if all is to end at once."""
        return self.folder / "close"

    @property
    def log(self) -> Path:
        """What the agent itself said."""
        return self.folder / "agent.log"

    @property
    def has_ended_task(self) -> bool:
        """Whether a task has ended here."""
        return any(self.lane(pool).end(1).exists() for pool in POOLS)

    def lane(self, pool: Pool) -> LanePaths:
        """Return the files of tasks of one kind."""
        return LanePaths(self.folder, pool)


@dataclass(frozen=True, slots=True)
class SpoolPaths:
    """The files that all slots of a spool share."""

    folder: Path

    @property
    def settings(self) -> Path:
        """What agents need of the executor's settings."""
        return self.folder / "settings.json"

    @property
    def beat(self) -> Path:
        """A number that changes as long as the command is there."""
        return self.folder / "beat"

    def slot(self, number: int) -> SlotPaths:
        """Slots are numbered from 0."""
        return SlotPaths(self.folder / f"slot-{number}")


class Spool:
    """The folder of an executor; its thread tells agents that the command is there."""

    def __init__(
        self,
        settings: ExecutorSettings,
        *,
        from_node: Sequence[str] = (),
        beat_s: float = BEAT_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Make the folder where every machine sees it.

        Parameters
        ----------
        from_node : variables that processes take from the machine they are on
        beat_s : between two signs that the command is there
        silence_s : without a sign, after which agents take it for gone: its runs stop at their next checkpoint
        """
        self._temporary: TemporaryFolder = make_temporary_folder("spool", settings.shared)
        self.paths = SpoolPaths(self._temporary.path.resolve())
        document = {
            "environment": dict(settings.environment),
            "preload": settings.preload,
            "timeout": settings.timeout,
            "from_node": list(from_node),
            "silence_s": silence_s,
        }
        self._beat_s = beat_s
        write_whole(self.paths.settings, document)
        self._number = 0
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def new_slot(self) -> SlotPaths:
        """Make the folder of one slot more."""
        slot = self.paths.slot(self._number)
        slot.folder.mkdir()
        self._number += 1
        return slot

    def remove(self) -> None:
        """Remove the folder."""
        self._ended.set()
        self._beating.join()
        self._temporary.remove()

    def _beat(self) -> None:
        number = 0
        while True:
            with contextlib.suppress(OSError):
                write_whole(self.paths.beat, number)
            number += 1
            if self._ended.wait(self._beat_s):
                return


class SpoolSlot:
    """A slot as the command sees it; see `Slot` for the methods."""

    def __init__(self, paths: SlotPaths, process: Process) -> None:
        self.paths = paths
        self.process = process
        self._lanes = {pool: _Lane(paths.lane(pool)) for pool in POOLS}
        self._is_ready = False

    @property
    def is_ready(self) -> bool:
        """Whether the agent takes tasks."""
        return self.is_serving and not self.is_leaving

    @property
    def is_serving(self) -> bool:
        """Whether the agent is there."""
        self._is_ready = self._is_ready or self.paths.ready.exists()
        return self._is_ready and not self.is_gone

    @property
    def is_leaving(self) -> bool:
        """Whether the agent takes no more tasks."""
        return self.paths.leaving.exists()

    @property
    def is_gone(self) -> bool:
        """Whether the agent has left, or its process has ended."""
        return self.paths.left.exists() or self.process.is_gone

    def begin(self, task: Task) -> None:
        """Hand it a task."""
        self._lanes[task.pool].begin(task)

    def news(self, pool: Pool, *, stopping: bool) -> tuple[Sequence[Event], TaskEnd | None]:
        """Return events and end of the task in a lane; before its end, events at most ten times a second."""
        lane = self._lanes[pool]
        end = lane.end()
        if end is None and not lane.is_whole_look_due():
            return [], None
        is_gone = end is None and self.is_gone  # asked first: what it has written is there when it is gone
        end = end or lane.end()
        events = list(lane.events())
        if end is None and is_gone and self.paths.left.exists():
            end = end_before_begin(lane.name)  # it was told to leave when the task had been handed to it
        elif end is None and is_gone:
            end = self.process.end(lane.name, stopping=stopping)
        return events, end

    def said(self) -> str:
        """Return the last lines of the agent's log, and what is known of the end of its process."""
        lines: list[str] = []
        with contextlib.suppress(OSError):
            lines = self.paths.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join(filter(None, [*lines, self.process.said()]))

    def stop(self) -> None:
        """Have the agent stop its task."""
        with contextlib.suppress(OSError):
            self.paths.stop.touch()

    def close(self) -> None:
        """Have the agent end its processes and leave."""
        with contextlib.suppress(OSError):
            self.paths.close.touch()


class _Lane:
    """The tasks of one kind that a slot was handed, and what has come of the last of them."""

    def __init__(self, paths: LanePaths) -> None:
        self.name = ""
        self._paths = paths
        self._number = 0
        self._read = 0
        self._next_whole_look = 0.0  # on the monotonic clock

    def begin(self, task: Task) -> None:
        """Put the next task there."""
        self.name, self._number, self._read, self._next_whole_look = task.name, self._number + 1, 0, 0.0
        write_whole(self._paths.task(self._number), task.to_json())

    def end(self) -> TaskEnd | None:
        """Return how the task has ended, None if it has not."""
        document = read_whole(self._paths.end(self._number))
        return None if document is None else TaskEnd.from_json(document)

    def is_whole_look_due(self) -> bool:
        """Return whether it is time to look for more than an end; True begins a new pause."""
        now = time.monotonic()
        is_due = now >= self._next_whole_look
        if is_due:
            self._next_whole_look = now + _WHOLE_LOOK_S
        return is_due

    def events(self) -> Iterator[Event]:
        """Yield what the task has emitted since the last look; a line that is being written waits."""
        with contextlib.suppress(FileNotFoundError), _opened(self._paths.events(self._number)) as file:
            file.seek(self._read)
            lines = file.read().rpartition(b"\n")[0]
            self._read += len(lines) + bool(lines)
            yield from map(json.loads, lines.splitlines())


def write_whole(path: Path, document: Any) -> None:
    """Write a JSON file that appears at once."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
    draft.replace(path)


def read_whole(path: Path) -> Any:
    """Return what `write_whole` wrote, None if it is not there yet.

    Raises
    ------
    PermissionError
        If somebody else has put it there.
    OSError
        If it cannot be read, or is no regular file.
    """
    with contextlib.suppress(FileNotFoundError), _opened(path) as file:
        return json.loads(file.read())
    return None


def append(path: Path, data: bytes) -> int:
    """Add bytes to a file of a slot or a run, and return how many there were."""
    if data:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o666), "ab") as file:
            file.write(data)
    return len(data)


def _opened(path: Path) -> BufferedReader:
    file = open_regular(path)
    owner = os.fstat(file.fileno()).st_uid
    if owner != os.geteuid() and owner != _owner_of_ours(path.parent):
        file.close()
        raise PermissionError(errno.EPERM, f"it belongs to user {owner}, who is somebody else", str(path))
    return file


@cache
def _owner_of_ours(folder: Path) -> int:
    """Return whom a file of this process belongs to in a folder: file systems between machines may rename its owner."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_uid
    except OSError:
        return os.geteuid()
