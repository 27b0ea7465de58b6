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

from optbench.executors.child import INTERRUPTED_EXIT, InheritedDescriptor, child_main
from optbench.executors.interface import Task, TaskEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from multiprocessing.connection import Connection


@dataclass(slots=True)
class _Running:
    task: Task
    process: Any
    events: Connection
    deadline: float | None
    oom_kills: int = 0  # of this process' memory group, when the task began
    result: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "ok"
    error: str = ""


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
        self._running: list[_Running] = []
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
            while len(self._running) < self._jobs and not exhausted and not self._stopping:
                task = next(waiting, None)
                if task is None:
                    exhausted = True
                else:
                    self._running.append(self._begin(task))
            if not self._running:
                return
            ended.extend(self._wait(on_event))
            while ended:
                yield ended.popleft()

    def stop(self) -> None:
        """Start nothing more and send SIGTERM: a run writes a checkpoint at the end of its epoch and ends."""
        self._stopping = True
        for running in self._running:
            running.process.terminate()

    def close(self) -> None:
        """Kill what is still running, and the fork server if nobody has used it: it would go on importing."""
        for running in self._running:
            running.process.kill()
            running.process.join()
        self._running = []
        if self._server is not None and not self._used:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._server, signal.SIGKILL)
            self._server = None

    def _begin(self, task: Task) -> _Running:
        self._used = True
        receiving, sending = self._context.Pipe(duplex=False)
        lock = InheritedDescriptor(task.lock) if task.lock is not None else None
        process = self._context.Process(
            target=child_main,
            args=(task.function, dict(task.arguments), sending, task.log, lock),
            daemon=False,
        )
        process.start()
        sending.close()
        deadline = time.monotonic() + self._timeout if self._timeout else None
        return _Running(task, process, receiving, deadline, oom_kills())

    def _wait(self, on_event: Callable[[str, Mapping[str, Any]], None]) -> Iterator[TaskEnd]:
        """Deliver what came in and return the tasks that ended, after at most a fifth of a second."""
        handles: list[Any] = [item for r in self._running for item in (r.events, r.process.sentinel)]
        ready = set(mp_connection.wait([h for h in handles if not getattr(h, "closed", False)], timeout=0.2))
        for running in list(self._running):
            if running.events in ready or running.process.sentinel in ready:
                _receive(running, on_event)
            if running.process.sentinel in ready:
                running.process.join()
                _receive(running, on_event)
                running.events.close()
                self._running.remove(running)
                yield self._end(running)
            elif running.deadline is not None and time.monotonic() > running.deadline:
                running.kind, running.error = (
                    "timeout",
                    f"took longer than --timeout {self._timeout:g} seconds.",
                )
                running.deadline = None
                running.process.kill()

    def _end(self, running: _Running) -> TaskEnd:
        code = int(running.process.exitcode)
        kind, error = running.kind, running.error
        if kind == "ok" and code != 0:
            kind, error = self._unreported(code, running)
        result = running.result if kind == "ok" else {}
        return TaskEnd(running.task.name, code, result, error, kind)

    def _unreported(self, code: int, running: _Running) -> tuple[str, str]:
        """Name the end of a child that could not tell it itself."""
        if code == INTERRUPTED_EXIT or (self._stopping and code == -signal.SIGTERM):
            return "interrupted", "stopped before its first epoch ended."
        if code == -signal.SIGKILL and oom_kills() > running.oom_kills:
            return "oom", "was killed because the memory ran out."
        if code < 0:
            return "crashed", f"was ended by signal {signal.Signals(-code).name}."
        return "crashed", f"ended with exit code {code}."


def _receive(running: _Running, on_event: Callable[[str, Mapping[str, Any]], None]) -> None:
    """Take everything that lies in the pipe."""
    try:
        while not running.events.closed and running.events.poll():
            what, value = running.events.recv()
            if what == "event":
                on_event(running.task.name, value)
            elif what == "result":
                running.result = value
            else:
                running.kind, running.error = value
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
