"""A child process seen from its parent: what it is at, what it has told, how it ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.executors.child import INTERRUPTED_EXIT, Order, child_main
from optbench.executors.interface import TaskEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection

    from optbench.executors.fork_server import ForkServer
    from optbench.executors.interface import Task


@dataclass(slots=True)
class Child:
    """A process and the connection to it; `task` is what it is at, None while it waits for the next of its group.

    Attributes
    ----------
    deadline : when the task has taken too long, on the monotonic clock
    oom_kills : of this process' memory group, when the task began
    kind : of the task's end, "" as long as nothing was reported
    """

    process: Any
    connection: Connection
    group: str
    task: Task | None = None
    deadline: float | None = None
    oom_kills: int = 0
    kind: str = ""
    error: str = ""
    trace: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    def begin(self, task: Task, *, timeout: float | None) -> None:
        """Send it a task."""
        self.task, self.kind, self.error, self.trace, self.result = task, "", "", "", {}
        self.deadline = time.monotonic() + timeout if timeout else None
        self.oom_kills = oom_kills()
        order = Order(task.function, dict(task.arguments), task.log, is_last=not self.group)
        with contextlib.suppress(BrokenPipeError, ConnectionError):  # it died: its end is found by waiting for it
            self.connection.send(order)

    def receive(self, on_event: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Take everything that lies in the pipe, up to the end of the task."""
        if self.task is None:
            return
        try:
            while self.connection.poll():
                what, value = self.connection.recv()
                if what == "event":
                    on_event(self.task.name, value)
                elif what == "result":
                    self.kind, self.result = "ok", value
                elif self.kind != "timeout":
                    self.kind, self.error, self.trace = value
        except (EOFError, OSError):
            return

    def end(self, *, died: bool, stopping: bool) -> TaskEnd:
        """Return how its task ended; if it lives, it waits for the next."""
        task, code = self.task, int(self.process.exitcode) if died else 0
        if task is None:  # cannot be: only a busy child ends a task
            raise RuntimeError("a child without a task cannot end one")
        if died:
            self.connection.close()
        kind, error = self.kind or "ok", self.error
        if code != 0 and kind == "ok":
            kind, error = self._unreported(code, stopping=stopping)
        self.task = None
        return TaskEnd(task.name, code, self.result if kind == "ok" else {}, error, kind, self.trace)

    def expire(self, seconds: float | None) -> None:
        """Kill it if its task has taken too long."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.kind, self.error = "timeout", f"took longer than --timeout {seconds:g} seconds."
            self.deadline = None
            self.process.kill()

    def dismiss(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()

    def _unreported(self, code: int, *, stopping: bool) -> tuple[str, str]:
        """Name an end that it could not tell itself."""
        if code == INTERRUPTED_EXIT or (stopping and code == -signal.SIGTERM):
            return "interrupted", "stopped before its first epoch ended."
        if code == -signal.SIGKILL and oom_kills() > self.oom_kills:
            return "oom", "was killed because the memory ran out."
        if code < 0:
            return "crashed", f"was ended by signal {signal.Signals(-code).name}."
        return "crashed", f"ended with exit code {code}."


def new_worker(server: ForkServer, group: str) -> Child:
    """Have a worker forked from the server; it waits for its first task."""
    process, connection = server.fork()
    return Child(process, connection, group)


def new_helper(group: str) -> Child:
    """Fork a helper from this process; it waits for its first task.

    It closes the files it inherits: a lock must not live on in it.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=True)
    process = context.Process(target=_helper_main, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return Child(process, ours, group)


def _helper_main(connection: Connection) -> None:
    sys.exit(child_main(connection, is_forked=True))


def oom_kills(events: Path = Path("/sys/fs/cgroup/memory.events")) -> int:
    """Return how often the kernel has killed a process of this memory group for want of memory; 0 if it can't tell."""
    try:
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0
