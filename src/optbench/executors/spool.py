"""Slots that are folders which two machines see: tasks are put there, and what comes of them is found there.

Who executes tasks opens a `Spool`, makes a `SpoolSlot` in it for each process that it starts somewhere, and has that
process call `agent.serve(SPOOL, SLOT)`. What an executor still has to know is how to start such processes and whether
one has ended, which is the `Process` of the slot.

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
from optbench.executors.interface import TaskEnd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedReader
    from pathlib import Path

    from optbench.core.temporary_folders import TemporaryFolder
    from optbench.executors.interface import Event, Task
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
class SlotPaths:
    """The files of a slot."""

    folder: Path

    @property
    def ready(self) -> Path:
        """There once the agent takes tasks."""
        return self.folder / "ready"

    @property
    def left(self) -> Path:
        """There once the agent has ended every process of its own, as it should."""
        return self.folder / "left"

    @property
    def stop(self) -> Path:
        """There if the task is to end at its next safe point."""
        return self.folder / "stop"

    @property
    def close(self) -> Path:
        """There if all is to end at once."""
        return self.folder / "close"

    @property
    def log(self) -> Path:
        """What the agent itself said."""
        return self.folder / "agent.log"

    def task(self, number: int) -> Path:
        """Tasks of a slot are numbered from 1."""
        return self.folder / f"task-{number}.json"

    def events(self, number: int) -> Path:
        """Events of a task, a line each."""
        return self.folder / f"events-{number}.jsonl"

    def end(self, number: int) -> Path:
        """How a task has ended."""
        return self.folder / f"end-{number}.json"


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
        self._number = 0
        self._name = ""
        self._read = 0
        self._is_ready = False
        self._next_whole_look = 0.0  # on the monotonic clock

    @property
    def is_ready(self) -> bool:
        """Whether the agent takes tasks."""
        self._is_ready = self._is_ready or self.paths.ready.exists()
        return self._is_ready and not self.is_gone

    @property
    def is_gone(self) -> bool:
        """Whether the agent has left, or its process has ended."""
        return self.paths.left.exists() or self.process.is_gone

    def begin(self, task: Task) -> None:
        """Hand it a task."""
        self._name, self._number, self._read = task.name, self._number + 1, 0
        self._next_whole_look = 0.0
        write_whole(self.paths.task(self._number), task.to_json())

    def news(self, *, stopping: bool) -> tuple[Sequence[Event], TaskEnd | None]:
        """Return events and end of the task; before its end, events at most ten times a second."""
        end, now = self._end(), time.monotonic()
        if end is None and now < self._next_whole_look:
            return [], None
        self._next_whole_look = now + _WHOLE_LOOK_S
        is_gone = end is None and self.is_gone  # asked first: what it has written is there when it is gone
        end = end or self._end()
        events = list(self._events())
        if end is None and is_gone and self.paths.left.exists():
            end = end_before_begin(self._name)  # it was told to leave when the task had been handed to it
        elif end is None and is_gone:
            end = self.process.end(self._name, stopping=stopping)
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

    def _events(self) -> Iterator[Event]:
        """Yield what the task has emitted since the last look; a line that is being written waits."""
        with contextlib.suppress(FileNotFoundError), _opened(self.paths.events(self._number)) as file:
            file.seek(self._read)
            lines = file.read().rpartition(b"\n")[0]
            self._read += len(lines) + bool(lines)
            yield from map(json.loads, lines.splitlines())

    def _end(self) -> TaskEnd | None:
        document = read_whole(self.paths.end(self._number))
        return None if document is None else TaskEnd.from_json(document)


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
