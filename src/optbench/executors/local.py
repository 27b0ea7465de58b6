"""The local executor: processes forked from one that has imported TensorFlow and has not used it.

The fork comes from Python's own fork server, so a run starts in milliseconds and has the bits of a cold process.
Helpers are forked from the command's own process, which has scikit-learn and matplotlib.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection as mp_connection
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any

from optbench.errors import UsageError
from optbench.executors.child import INTERRUPTED_EXIT
from optbench.executors.children import new_child
from optbench.executors.interface import TaskEnd
from optbench.executors.waiting import WaitingTasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from optbench.executors.children import Child
    from optbench.executors.interface import Pool, Task

_HELPERS = "helpers"
_SPARE = 1  # children that may wait for each that works: those of other groups, with their compiled functions
_BACKLOG = 8  # tasks that wait for helpers before workers are given no more; each may hold a file open


@dataclass(slots=True)
class _Slots:
    """The children of one kind: at most `number` work at a time, and `_SPARE` times as many wait beside them.

    Attributes
    ----------
    group : of all its children, if any of them can take any task; None if the tasks have their own
    """

    context: Any
    number: int
    group: str | None = None
    waiting: WaitingTasks = field(default_factory=WaitingTasks)
    busy: list[Child] = field(default_factory=list)
    idle: list[Child] = field(default_factory=list)

    @property
    def has_work(self) -> bool:
        return bool(self.busy or self.waiting)

    def take(self) -> Task:
        """Take the next task that waits."""
        return self.waiting.next(idle=[child.group for child in self.idle], busy=[child.group for child in self.busy])

    def child_for(self, task: Task) -> Child:
        """Return the child that waits for a task of its group, or a new one in the place of others that wait."""
        group = task.group if self.group is None else self.group
        child = next((c for c in self.idle if group and c.group == group), None)
        if child is None:
            self.dismiss(self._in_the_way_of(group))
            return new_child(self.context, group)
        self.idle.remove(child)
        return child

    def _in_the_way_of(self, group: str) -> list[Child]:
        """Return the children to end before a new one begins; those whose group has nothing left come first."""
        if not group:  # it may be a task that ran out of memory beside others
            return list(self.idle)
        surplus = len(self.busy) + len(self.idle) + 1 - (1 + _SPARE) * self.number
        return sorted(self.idle, key=lambda child: self.waiting.has(child.group))[: max(0, surplus)]

    def dismiss(self, children: Sequence[Child]) -> None:
        """End children at once; those that wait have nothing to lose."""
        for child in list(children):
            child.dismiss()
        self.busy = [child for child in self.busy if child not in children]
        self.idle = [child for child in self.idle if child not in children]


class LocalExecutor:
    """Executes tasks on this machine, at most `jobs` at a time.

    Parameters
    ----------
    environment : variables of the children; must be there before TensorFlow is imported
    preload : module that the fork server imports once, for all children
    timeout : seconds after which a task of a worker is killed, or None
    """

    def __init__(
        self, *, jobs: int, environment: Mapping[str, str], preload: str, timeout: float | None = None
    ) -> None:
        self._environment = dict(environment)
        self._timeout = timeout
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([preload])
        self._workers = _Slots(context, jobs)
        self._helpers = _Slots(multiprocessing.get_context("fork"), 0, _HELPERS)
        self._pools: Mapping[Pool, _Slots] = {"helper": self._helpers, "worker": self._workers}
        self._stopping = False
        self._server: int | None = None
        self._used = False

    def start(self) -> None:
        """Start the fork server, which begins to import its preload; returns at once.

        Raises
        ------
        UsageError
            If the name of the folder for temporary files is too long for a socket in it.
        """
        with _environment(self._environment), _ctrl_c_ignored():
            before = _child_pids()
            try:
                forkserver.ensure_running()
            except OSError as error:
                if "path too long" not in str(error):
                    raise
                raise UsageError(
                    "the folder for temporary files must have a name short enough for a socket in it. "
                    f"Received: {tempfile.gettempdir()}. Set TMPDIR to a shorter one."
                ) from error
        self._server = next(iter(_child_pids() - before), self._server)

    def hire_helpers(self, number: int) -> bool:
        """Fork helpers; see `Executor.hire_helpers`. There are none where a fork is not safe (not Linux)."""
        if sys.platform != "linux":
            return False
        self._helpers.number = number
        missing = number - len(self._helpers.idle) - len(self._helpers.busy)
        gc.freeze()  # what is loaded stays shared: a helper's collector would touch, and so copy, all of it
        self._helpers.idle += [new_child(self._helpers.context, _HELPERS) for _ in range(missing)]
        return True

    def submit(self, task: Task) -> None:
        """Add a task; see `Executor.submit`."""
        slots = self._pools[task.pool]
        (slots if slots.number else self._workers).waiting.add(task)

    def execute(
        self, tasks: Iterable[Task], *, on_event: Callable[[str, Mapping[str, Any]], None]
    ) -> Iterator[TaskEnd]:
        """Execute tasks; see `Executor.execute`."""
        self.start()
        for task in tasks:
            self.submit(task)
        ended: deque[TaskEnd] = deque()
        while any(slots.has_work for slots in self._pools.values()):
            for slots in self._pools.values():
                ended.extend(self._fill(slots))
            ended.extend(self._wait(on_event))
            while ended:
                yield ended.popleft()

    def stop(self) -> None:
        """Start nothing more and send SIGTERM: a run writes a checkpoint at the end of its epoch and ends."""
        self._stopping = True
        for child in self._workers.busy:
            child.process.terminate()

    def close(self) -> None:
        """Kill what is still running, and the fork server if nobody has used it: it would go on importing."""
        for slots in self._pools.values():
            slots.dismiss([*slots.busy, *slots.idle])
        if self._server is not None and not self._used:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._server, signal.SIGKILL)
            self._server = None

    def _fill(self, slots: _Slots) -> Iterator[TaskEnd]:
        """Give every free slot a task; yield the ends of those that `stop` came in before they began."""
        while slots.waiting and self._has_room(slots):
            if self._stopping:
                slots.waiting.clear()
                return
            task = slots.take()
            ready = task.prepare() if task.prepare else task
            if ready is not None and self._stopping:
                yield TaskEnd(ready.name, INTERRUPTED_EXIT, {}, "stopped before it began.", "interrupted")
            elif ready is not None:
                self._begin(ready, slots)

    def _has_room(self, slots: _Slots) -> bool:
        """Return True if a slot is free; those of workers stay free as long as helpers do not keep up with them."""
        keeps_up = len(self._helpers.waiting) < max(_BACKLOG, 2 * self._helpers.number)
        return len(slots.busy) < slots.number and (keeps_up or slots is self._helpers)

    def _begin(self, task: Task, slots: _Slots) -> None:
        """Have a child begin; a signal may call `stop` or `close` between any two of these lines."""
        is_worker = slots is self._workers
        self._used = self._used or is_worker
        child = slots.child_for(task)
        slots.busy.append(child)
        child.begin(task, timeout=self._timeout if is_worker else None)
        if self._stopping and is_worker:
            child.process.terminate()

    def _wait(self, on_event: Callable[[str, Mapping[str, Any]], None]) -> Iterator[TaskEnd]:
        """Deliver what came in and return the tasks that ended, after at most a fifth of a second."""
        busy = [(slots, child) for slots in self._pools.values() for child in slots.busy]
        handles: list[Any] = [item for _, child in busy for item in (child.connection, child.process.sentinel)]
        ready = set(mp_connection.wait(handles, timeout=0.2)) if handles else set()
        for slots, child in busy:
            died = child.process.sentinel in ready
            if died:
                child.process.join()
            if died or child.connection in ready:
                child.receive(on_event)
            if died or (child.kind == "ok" and child.group):
                slots.busy.remove(child)
                if not died:
                    slots.idle.append(child)
                yield child.end(died=died, stopping=self._stopping)
            else:
                child.expire(self._timeout)


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
