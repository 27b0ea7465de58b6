"""The local executor: processes forked from one that has imported TensorFlow and has not used it.

The fork comes from Python's own fork server, so a run starts in milliseconds and has the bits of a cold process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection as mp_connection
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.executors.child import INTERRUPTED_EXIT, Order, child_main, send_order
from optbench.executors.interface import Task, TaskEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection


@dataclass(slots=True)
class _Child:
    """A process and the connection to it; `task` is what it is at, None while it waits for the next of its group."""

    process: Any
    connection: Connection
    group: str
    task: Task | None = None
    deadline: float | None = None
    oom_kills: int = 0  # of this process' memory group, when the task began
    kind: str = ""  # of the task's end, "" as long as nothing was reported
    error: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


class LocalExecutor:
    """Executes tasks on this machine, at most `jobs` at a time.

    Parameters
    ----------
    environment : variables of the children; must be there before TensorFlow is imported
    preload : module that the fork server imports once, for all children
    timeout : seconds after which a task is killed, or None
    """

    def __init__(
        self, *, jobs: int, environment: Mapping[str, str], preload: str, timeout: float | None = None
    ) -> None:
        self._jobs = jobs
        self._environment = dict(environment)
        self._timeout = timeout
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([preload])
        self._busy: list[_Child] = []
        self._idle: list[_Child] = []
        self._stopping = False
        self._server: int | None = None
        self._used = False

    def start(self) -> None:
        """Start the fork server, which begins to import its preload; returns at once."""
        with _environment(self._environment), _ctrl_c_ignored():
            before = _child_pids()
            forkserver.ensure_running()
        self._server = next(iter(_child_pids() - before), self._server)

    def execute(
        self, tasks: Iterable[Task], *, on_event: Callable[[str, Mapping[str, Any]], None]
    ) -> Iterator[TaskEnd]:
        """Execute tasks; see `Executor.execute`."""
        self.start()
        waiting = iter(tasks)
        exhausted = False
        ended: deque[TaskEnd] = deque()
        while True:
            while len(self._busy) < self._jobs and not exhausted and not self._stopping:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                else:
                    self._begin(task)
            if not self._busy:
                self._dismiss(self._idle)
                return
            ended.extend(self._wait(on_event))
            while ended:
                yield ended.popleft()

    def stop(self) -> None:
        """Start nothing more and send SIGTERM: a run writes a checkpoint at the end of its epoch and ends."""
        self._stopping = True
        for child in self._busy:
            child.process.terminate()

    def close(self) -> None:
        """Kill what is still running, and the fork server if nobody has used it: it would go on importing."""
        self._dismiss([*self._busy, *self._idle])
        if self._server is not None and not self._used:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._server, signal.SIGKILL)
            self._server = None

    def _begin(self, task: Task) -> None:
        """Give a task to the child that waits for one of its group, or to a new one."""
        child = next((c for c in self._idle if task.group and c.group == task.group), None)
        if child is None:
            self._dismiss(self._idle[: len(self._busy) + len(self._idle) + 1 - self._jobs])
            child = self._new_child(task.group)
        else:
            self._idle.remove(child)
        child.task, child.kind, child.error, child.result = task, "", "", {}
        child.deadline = time.monotonic() + self._timeout if self._timeout else None
        child.oom_kills = oom_kills()
        self._busy.append(child)
        order = Order(task.function, dict(task.arguments), task.log, task.lock is not None, is_last=not task.group)
        with contextlib.suppress(BrokenPipeError, ConnectionError):  # it died: its end is found by waiting for it
            send_order(child.connection, order, task.lock, child.process.pid)

    def _new_child(self, group: str) -> _Child:
        self._used = True
        ours, theirs = self._context.Pipe(duplex=True)
        process = self._context.Process(target=child_main, args=(theirs,), daemon=False)
        process.start()
        theirs.close()
        return _Child(process, ours, group)

    def _dismiss(self, children: Sequence[_Child]) -> None:
        """End children at once; those that wait have nothing to lose."""
        for child in list(children):
            child.process.kill()
            child.process.join()
            child.connection.close()
        self._busy = [child for child in self._busy if child not in children]
        self._idle = [child for child in self._idle if child not in children]

    def _wait(self, on_event: Callable[[str, Mapping[str, Any]], None]) -> Iterator[TaskEnd]:
        """Deliver what came in and return the tasks that ended, after at most a fifth of a second."""
        handles: list[Any] = [item for c in self._busy for item in (c.connection, c.process.sentinel)]
        ready = set(mp_connection.wait(handles, timeout=0.2))
        for child in list(self._busy):
            died = child.process.sentinel in ready
            if died:
                child.process.join()
            if died or child.connection in ready:
                _receive(child, on_event)
            if died or (child.kind == "ok" and child.group):
                yield self._end(child, died=died)
            elif child.deadline is not None and time.monotonic() > child.deadline:
                child.kind, child.error = "timeout", f"took longer than --timeout {self._timeout:g} seconds."
                child.deadline = None
                child.process.kill()

    def _end(self, child: _Child, *, died: bool) -> TaskEnd:
        """Return how the child's task ended; a child that lives waits for the next task of its group."""
        task, code = child.task, int(child.process.exitcode) if died else 0
        if task is None:  # cannot be: only a busy child ends a task
            raise RuntimeError("a child without a task cannot end one")
        self._busy.remove(child)
        if died:
            child.connection.close()
        else:
            self._idle.append(child)
        kind, error = child.kind or "ok", child.error
        if code != 0 and kind == "ok":
            kind, error = self._unreported(code, child)
        child.task = None
        return TaskEnd(task.name, code, child.result if kind == "ok" else {}, error, kind)

    def _unreported(self, code: int, child: _Child) -> tuple[str, str]:
        """Name the end of a child that could not tell it itself."""
        if code == INTERRUPTED_EXIT or (self._stopping and code == -signal.SIGTERM):
            return "interrupted", "stopped before its first epoch ended."
        if code == -signal.SIGKILL and oom_kills() > child.oom_kills:
            return "oom", "was killed because the memory ran out."
        if code < 0:
            return "crashed", f"was ended by signal {signal.Signals(-code).name}."
        return "crashed", f"ended with exit code {code}."


def _receive(child: _Child, on_event: Callable[[str, Mapping[str, Any]], None]) -> None:
    """Take everything that lies in the pipe, up to the end of the task."""
    if child.task is None:
        return
    try:
        while child.connection.poll():
            what, value = child.connection.recv()
            if what == "event":
                on_event(child.task.name, value)
            elif what == "result":
                child.kind, child.result = "ok", value
            elif child.kind != "timeout":
                child.kind, child.error = value
    except (EOFError, OSError):
        return


def oom_kills(events: Path = Path("/sys/fs/cgroup/memory.events")) -> int:
    """Return how often the kernel has killed a process of this memory group for want of memory; 0 if it can't tell."""
    try:
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


def _child_pids() -> set[int]:
    import psutil

    return {child.pid for child in psutil.Process().children()}


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Start the fork server so that it ignores Ctrl-C, which reaches all processes of a terminal: we decide."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables while the fork server is started: it inherits them, this process does not keep them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
