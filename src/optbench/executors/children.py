"""A child process seen from its parent: what it is at, what it has told, how it ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.executors.ends import end_by_timeout, unreported_end
from optbench.executors.interface import TaskEnd
from optbench.executors.local_child import EVENT, child_main, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from optbench.executors.fork_server import ForkServer
    from optbench.executors.interface import OnEvent, Task


def oom_kills(events: Path = Path("/sys/fs/cgroup/memory.events")) -> int:
    """Return how often the kernel has killed a process of this memory group for want of memory; 0 if it can't tell."""
    try:
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


@dataclass(slots=True)
class Child:
    """A process and the connection to it; `task` is what it is at, None while it waits for the next of its group.

    Attributes
    ----------
    deadline : when the task has taken too long, on the monotonic clock
    kills_for_memory : how often the kernel has killed a process of our memory group for want of memory
    kills_before : the same, when the task began
    reported : how the task ended, as far as that is known
    """

    process: Any
    connection: Connection
    group: str
    task: Task | None = None
    deadline: float | None = None
    kills_for_memory: Callable[[], int] = oom_kills
    kills_before: int = 0
    reported: TaskEnd | None = None

    @property
    def is_free(self) -> bool:
        """True if its task has ended well and it can take another one of its group."""
        return bool(self.group) and self.reported is not None and self.reported.kind == "ok"

    def begin(self, task: Task, *, timeout: float | None) -> None:
        """Send it a task."""
        self.task, self.reported = task, None
        self.deadline = time.monotonic() + timeout if timeout else None
        self.kills_before = self.kills_for_memory()
        with contextlib.suppress(ConnectionError):  # it died: its end is found by waiting for it
            send(self.connection, {"task": task.to_json(), "is_last": not self.group})

    def receive(self, on_event: OnEvent) -> None:
        """Take everything that lies in the pipe, up to the end of the task."""
        if self.task is None:
            return
        try:
            while self.connection.poll():
                what, value = receive(self.connection)
                if what == EVENT:
                    on_event(self.task.name, value)
                elif self.reported is None:  # else it was killed for taking too long
                    self.reported = TaskEnd.from_json(value)
        except (EOFError, OSError):
            return

    def end(self, *, died: bool, stopping: bool) -> TaskEnd:
        """Return how its task ended; if it lives, it waits for the next."""
        task, code = self.task, int(self.process.exitcode) if died else 0
        if task is None:  # cannot be: only a busy child ends a task
            raise RuntimeError("a child without a task cannot end one")
        if died:
            self.connection.close()
        self.task, end = None, self.reported
        if code != 0 and (end is None or end.kind == "ok"):
            memory_ran_out = self.kills_for_memory() > self.kills_before
            return unreported_end(task.name, code, stopping=stopping, memory_ran_out=memory_ran_out)
        return end or unreported_end(task.name, code, stopping=stopping)

    def expire(self, seconds: float | None) -> None:
        """Kill it if its task has taken too long."""
        if seconds and self.task and self.deadline is not None and time.monotonic() > self.deadline:
            self.reported = end_by_timeout(self.task.name, seconds)
            self.deadline = None
            self.process.kill()

    def dismiss(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def new_worker(server: ForkServer, group: str, *, kills_for_memory: Callable[[], int] = oom_kills) -> Child:
    """Have a worker forked from the server; it waits for its first task."""
    process, connection = server.fork()
    return Child(process, connection, group, kills_for_memory=kills_for_memory)


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
