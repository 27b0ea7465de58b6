"""An agent on this machine for the tasks of helpers, where the agents that train do not see the runs.

Such a task reads a trained run and the data as the user has it, and closes the run under the command's claim: all of
that is here. What is carried to another machine would be less, and the page of the run with it.
"""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.refusals import reason_of
from optbench.errors import OptbenchError
from optbench.executors.ends import end_before_begin, unreported_end
from optbench.executors.interface import Task, TaskEnd
from optbench.executors.pause import Pause
from optbench.executors.spool import SpoolPaths, SpoolSlot, append, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.executors.interface import Event
    from optbench.executors.spool import LanePaths

_PRELOAD: Final = "json"  # nothing: what helpers need they import when they need it, and it is not TensorFlow


class HelperHere:
    """Carries out one task after the other, whoever asks.

    Parameters
    ----------
    spool : of the command
    documents : files of it that agents read
    command : of an agent, but for the folders of its spool and its slot
    directory : that relative paths of tasks start from
    variables : of the agent
    """

    def __init__(
        self,
        spool: SpoolPaths,
        documents: Sequence[str],
        *,
        command: Sequence[str],
        directory: Path,
        variables: Mapping[str, str],
    ) -> None:
        self._spool, self._documents, self._command = spool, documents, command
        self._directory, self._variables = directory, variables
        self._here = SpoolPaths(spool.folder / "here")
        self._slot: SpoolSlot | None = None
        self._process: subprocess.Popen[Any] | None = None
        self._slots = 0
        # one thread: an agent dies with the thread that has started it
        self._thread = ThreadPoolExecutor(1)

    def begin(self, task: Task, on_event: Callable[[Event], None]) -> Future[TaskEnd]:
        """Carry out a task after those that were begun before, and return how it will have ended.

        It is cancelled if `end` comes before its turn does.
        """
        try:
            return self._thread.submit(self._carry_out, task, on_event)
        except RuntimeError:  # it has ended
            future: Future[TaskEnd] = Future()
            future.cancel()
            return future

    def end(self) -> None:
        """End the agent at once."""
        self._thread.shutdown(wait=False, cancel_futures=True)  # first: what waits would begin another agent
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _carry_out(self, task: Task, on_event: Callable[[Event], None]) -> TaskEnd:
        if self._slot is None or self._slot.is_leaving or self._slot.is_gone:
            self._slot = self._new_slot()
        self._slot.begin(task)
        pause = Pause()
        while True:
            events, end = self._slot.news("helper", stopping=False)
            for event in events:
                on_event(event)
            if end is not None:
                return end
            pause.wait()

    def _new_slot(self) -> SpoolSlot:
        if not self._here.folder.exists():
            self._make_folder()
        paths = self._here.slot(self._slots)
        paths.folder.mkdir()
        self._slots += 1
        with paths.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, str(self._here.folder), str(paths.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._variables,
                cwd=self._directory,
            )
        return SpoolSlot(paths, _Started(self._process))

    def _make_folder(self) -> None:
        self._here.folder.mkdir()
        for name in self._documents:
            write_whole(self._here.folder / name, read_whole(self._spool.folder / name))
        settings = read_whole(self._here.settings)
        write_whole(self._here.settings, {**settings, "preload": _PRELOAD, "beat_in": str(self._spool.folder)})


class HelperLane:
    """The tasks of helpers of a slot elsewhere, which are carried out here one after the other."""

    def __init__(self, paths: LanePaths, helper: HelperHere) -> None:
        self._paths, self._helper = paths, helper
        self._number = 0
        self._task: Task | None = None  # that has no end yet
        self._end: Future[TaskEnd] = Future()  # of that
        self._is_over = False

    def look(self) -> bool:
        """Begin the next task, or let the end of the last be seen; return whether there was either."""
        if self._task is not None:
            return self._end.done() and self._tell_end(self._task)
        document = None if self._is_over else read_whole(self._paths.task(self._number + 1))
        if document is None:
            return False
        self._number, self._task = self._number + 1, Task.from_json(document)
        self._end = self._helper.begin(self._task, self._append_event)
        return True

    def end(self) -> None:
        """Wait for the task that goes on, and begin no more: who sees the slot gone has it begun by another."""
        self._is_over = True
        if self._task is not None:
            self._end.cancel()
            self._tell_end(self._task)

    def _tell_end(self, task: Task) -> bool:
        self._task = None
        write_whole(self._paths.end(self._number), self._end_of(task).to_json())
        return True

    def _end_of(self, task: Task) -> TaskEnd:
        """Return how it ended; that there is no agent to finish it is an end, too, and no fault of the slot's."""
        if self._end.cancelled():
            return end_before_begin(task.name)
        try:
            return self._end.result()
        except (OSError, OptbenchError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error).rstrip(".")
            return TaskEnd(task.name, 1, {}, f"its run cannot be finished on this machine: {reason}.", "storage")

    def _append_event(self, event: Event) -> None:
        append(self._paths.events(self._number), json.dumps(event, allow_nan=False).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class _Started:
    """The process of a slot; see `spool.Process`."""

    process: subprocess.Popen[Any]

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        """Return how a task ended by how its process did."""
        return unreported_end(name, self.process.wait(), stopping=stopping)

    def said(self) -> str:
        """Return its exit code."""
        return f"exit code {self.process.wait()}"
