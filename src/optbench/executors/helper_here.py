"""An agent on this machine for the tasks of helpers, where the agents that train do not see the runs.

Such a task reads a trained run and the data as the user has it, and closes the run under the command's claim: all of
that is here. What is carried to another machine would be less, and the page of the run with it.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.executors.ends import unreported_end
from optbench.executors.pause import Pause
from optbench.executors.spool import SpoolPaths, SpoolSlot, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.executors.interface import Event, Task, TaskEnd

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

    def carry_out(self, task: Task, on_event: Callable[[Event], None]) -> TaskEnd:
        """Carry out a task and return how it ended."""
        return self._thread.submit(self._carry_out, task, on_event).result()

    def end(self) -> None:
        """End the agent at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _carry_out(self, task: Task, on_event: Callable[[Event], None]) -> TaskEnd:
        if self._slot is None or self._slot.is_gone:
            self._slot = self._new_slot()
        self._slot.begin(task)
        pause = Pause()
        while True:
            events, end = self._slot.news(stopping=False)
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
        write_whole(self._here.settings, {**settings, "preload": _PRELOAD})
        self._here.beat.symlink_to(self._spool.beat)


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
