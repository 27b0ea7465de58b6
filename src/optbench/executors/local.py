"""The local executor: processes forked from one that has imported TensorFlow and has not used it.

Workers come from a fork server (`fork_server.py`), so a run starts in milliseconds and has the bits of a cold process.
Helpers are forked from the process that has the executor; a command's has scikit-learn and matplotlib by then. Where
there are none, because there is one run or a fork is not safe, their tasks are done in that process itself.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection as mp_connection
from typing import TYPE_CHECKING, Any

from optbench.errors import UsageError
from optbench.executors.child import end_of
from optbench.executors.children import new_helper, new_worker, oom_kills
from optbench.executors.ends import end_before_begin
from optbench.executors.fork_server import ForkServer
from optbench.executors.waiting import WaitingTasks, keeps_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from optbench.executors.children import Child
    from optbench.executors.interface import OnEvent, Pool, Prepare, Task, TaskEnd
    from optbench.executors.registry import ExecutorSettings
    from optbench.run_store import Holder

_HELPERS = "helpers"
_SPARE = 1  # children that may wait for each that works: those of other groups, with their compiled functions
_LONGEST_WAIT_S = 0.2  # time limits are looked at as often


@dataclass(slots=True)
class _Slots:
    """The children of one kind: at most `number` work at a time, and `_SPARE` times as many wait beside them.

    Attributes
    ----------
    new : starts a child for a group
    group : of all its children, if any of them can take any task; None if the tasks have their own
    """

    new: Callable[[str], Child]
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
            return self.new(group)
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
    server : what workers are forked from
    owns_server : whether `close` ends the server too
    timeout : seconds after which a task of a worker is killed, or None
    forks_helpers : whether it is safe to fork this process, as it is on Linux alone
    kills_for_memory : how often the kernel has killed a process of ours for want of memory
    """

    def __init__(
        self,
        *,
        jobs: int,
        server: ForkServer,
        owns_server: bool = True,
        timeout: float | None = None,
        forks_helpers: bool = sys.platform == "linux",
        kills_for_memory: Callable[[], int] = oom_kills,
    ) -> None:
        self._server = server
        self._owns_server = owns_server
        self._timeout = timeout
        self._jobs = jobs
        self._forks_helpers = forks_helpers
        self._workers = _Slots(partial(new_worker, server, kills_for_memory=kills_for_memory), jobs)
        self._helpers = _Slots(new_helper, 0, _HELPERS)
        self._pools: Mapping[Pool, _Slots] = {"helper": self._helpers, "worker": self._workers}
        self._here: deque[Task] = deque()  # tasks for helpers, where there are none
        self._stopping = False

    @property
    def server_pid(self) -> int | None:
        """Process id of the fork server; None before it is started."""
        return self._server.pid

    def start(self) -> None:
        """Start the fork server, which begins to import its preload; returns at once."""
        self._server.start()

    def expect(self, tasks: int) -> None:
        """Fork helpers for several tasks; see `Executor.expect`. None where a fork is not safe (not Linux)."""
        if tasks == 1 or not self._forks_helpers:
            return
        number = self._helpers.number = min(self._jobs, tasks)
        missing = number - len(self._helpers.idle) - len(self._helpers.busy)
        gc.freeze()  # what is loaded stays shared: a helper's collector would touch, and so copy, all of it
        self._helpers.idle += [new_helper(_HELPERS) for _ in range(missing)]

    def submit(self, task: Task) -> None:
        """Add a task; see `Executor.submit`."""
        slots = self._pools[task.pool]
        if slots.number:
            slots.waiting.add(task)
        else:
            self._here.append(task)

    def execute(self, tasks: Iterable[Task], *, on_event: OnEvent, prepare: Prepare | None = None) -> Iterator[TaskEnd]:
        """Execute tasks; see `Executor.execute`. They begin in an order that lets groups share children."""
        self.start()
        for task in tasks:
            self.submit(task)
        while self.has_work:
            yield from self.step(on_event=on_event, prepare=prepare)

    @property
    def has_work(self) -> bool:
        """Whether a task has not ended."""
        return bool(self._here) or any(slots.has_work for slots in self._pools.values())

    def step(
        self, *, on_event: OnEvent, prepare: Prepare | None = None, longest_s: float = _LONGEST_WAIT_S
    ) -> Sequence[TaskEnd]:
        """Begin what there is room for, and return the tasks that ended; for who has more to look at than these.

        Parameters
        ----------
        longest_s : seconds that it waits for something to happen, at most; it may be less
        """
        ended: list[TaskEnd] = []
        for slots in self._pools.values():
            ended.extend(self._fill(slots, prepare))
        ended.extend(self._do_here(on_event, prepare))
        ended.extend(self._wait(on_event, min(longest_s, _LONGEST_WAIT_S)))
        return ended

    def stop(self) -> None:
        """Start nothing more and send SIGTERM: a run writes a checkpoint at the end of its epoch and ends."""
        self._stopping = True
        for child in self._workers.busy:
            child.process.terminate()

    def close(self) -> None:
        """Kill what is still running, and the fork server."""
        for slots in self._pools.values():
            slots.dismiss([*slots.busy, *slots.idle])
        if self._owns_server:
            self._server.close()

    def is_gone(self, holder: Holder) -> bool | None:
        """Return None: of other machines this one knows nothing."""
        del holder
        return None

    def _fill(self, slots: _Slots, prepare: Prepare | None) -> Iterator[TaskEnd]:
        """Give every free slot a task; yield the ends of those that `stop` came in before they began."""
        while slots.waiting and self._has_room(slots):
            if self._stopping:
                slots.waiting.clear()
                return
            task = slots.take()
            ready = prepare(task) if prepare else task
            if ready is not None and self._stopping:
                yield end_before_begin(ready.name)
            elif ready is not None:
                self._begin(ready, slots)

    def _do_here(self, on_event: OnEvent, prepare: Prepare | None) -> Iterator[TaskEnd]:
        """Do a task of a helper in this process; what the workers report meanwhile waits in their pipes."""
        if self._here and self._stopping:
            self._here.clear()
        elif self._here:
            task = self._here.popleft()
            ready = prepare(task) if prepare else task
            if ready is not None:
                yield end_of(ready, partial(on_event, ready.name))

    def _has_room(self, slots: _Slots) -> bool:
        """Return True if a slot is free; those of workers stay free as long as helpers do not keep up with them."""
        unfinished = len(self._helpers.waiting) + len(self._here)
        is_next = slots is self._helpers or keeps_up(unfinished, self._helpers.number)
        return len(slots.busy) < slots.number and is_next

    def _begin(self, task: Task, slots: _Slots) -> None:
        """Have a child begin; a signal may call `stop` or `close` between any two of these lines."""
        is_worker = slots is self._workers
        child = slots.child_for(task)
        slots.busy.append(child)
        child.begin(task, timeout=self._timeout if is_worker else None)
        if self._stopping and is_worker:
            child.process.terminate()

    def _wait(self, on_event: OnEvent, longest_s: float) -> Iterator[TaskEnd]:
        """Deliver what came in and return the tasks that ended; wait a moment for something, if nothing is to do."""
        busy = [(slots, child) for slots in self._pools.values() for child in slots.busy]
        handles: list[Any] = [item for _, child in busy for item in (child.connection, child.process.sentinel)]
        ready = set(mp_connection.wait(handles, timeout=0 if self._here else longest_s)) if handles else set()
        for slots, child in busy:
            died = child.process.sentinel in ready
            if died:
                child.process.join()
            if died or child.connection in ready:
                child.receive(on_event)
            if died or child.is_free:
                slots.busy.remove(child)
                if not died:
                    slots.idle.append(child)
                yield child.end(died=died, stopping=self._stopping)
            else:
                child.expire(self._timeout)


def make_local_executor(settings: ExecutorSettings) -> LocalExecutor:
    """Return an executor on this machine with a fork server of its own.

    Raises
    ------
    UsageError
        If an address is given: this machine has none.
    """
    if settings.address:
        raise UsageError(
            f"--executor local takes no address. Received: 'local:{settings.address}'. Use --executor local.",
            code="usage-executor-address",
        )
    server = ForkServer(environment=settings.environment, preload=settings.preload)
    return LocalExecutor(jobs=settings.jobs, server=server, timeout=settings.timeout)
