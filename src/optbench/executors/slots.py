"""Executing tasks in slots elsewhere: what all executors for other machines share.

A slot is a place for one run at a time, in whatever process or job its executor has started: it trains one while it
finishes the one before, as a local job does. `Place` says how slots are opened and what one can do. Which task goes to
which slot, when it is prepared, what a stop means, what becomes of a task whose slot is lost, is decided here, once.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from optbench.errors import RunFailedError
from optbench.executors.ends import end_before_begin
from optbench.executors.pause import Pause
from optbench.executors.waiting import WaitingTasks, keeps_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from optbench.executors.interface import Event, OnEvent, Pool, Prepare, Task, TaskEnd
    from optbench.run_store import Holder

_STARTS: Final = 3  # slots in a row that end before they were ready, when something else must be wrong
_KEPT_IDLE_S: Final = 60.0  # what waits for longer without work is given back to others
_POLL_S: Final = 0.05
_SEATS_LOOK_S: Final = 0.1  # between looks at slots that have no task: they may be many, and wait for long


class Slot(Protocol):
    """A place for one task of each kind at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether it can take a task at once, of a kind that it has none of."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, for whatever reason: it will take nothing more."""

    @property
    def is_serving(self) -> bool:
        """Whether its process is there: it was ready, and has not ended, though it may take nothing more."""

    def begin(self, task: Task) -> None:
        """Hand it a task; it has none of this kind, and is ready."""

    def news(self, pool: Pool, *, stopping: bool) -> tuple[Sequence[Event], TaskEnd | None]:
        """Return what its task of a kind has emitted since it was asked last, and its end if it has ended.

        Of a slot that is gone, how its task ended is what its scheduler or system knows.
        """

    def said(self) -> str:
        """Return the last lines of what it said itself, for the error about one that ended before it was ready."""

    def stop(self) -> None:
        """Have its worker's task end at the next safe point; it takes no other. A signal handler may call this."""

    def close(self) -> None:
        """Begin to end it, without waiting for the end."""


class Place(Protocol):
    """Where slots are."""

    def start(self) -> None:
        """Find out whether there can be slots at all, and raise if not. It may be called again."""

    def open(self, number: int) -> Sequence[Slot]:
        """Begin so many slots more, without waiting for them."""

    def close(self, slots: Sequence[Slot]) -> None:
        """End slots, with every process in them; none is left when this returns. It may be called again."""

    def is_gone(self, holder: Holder) -> bool | None:
        """Return what `Executor.is_gone` does."""


@dataclass(slots=True, eq=False)
class _Seat:
    """A slot, and what it is at.

    Attributes
    ----------
    group : that of what it has trained last, whose compiled functions it has
    tasks : what it is at, by kind
    idle_since : on the monotonic clock
    """

    slot: Slot
    group: str = ""
    tasks: dict[Pool, Task] = field(default_factory=dict)
    idle_since: float = 0.0
    was_ready: bool = False


class SlotExecutor:
    """Executes tasks in the slots of a place, at most `jobs` at a time; see `Executor` for the methods."""

    def __init__(
        self,
        place: Place,
        *,
        jobs: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Pause | None = None,
    ) -> None:
        self._place = place
        self._jobs = jobs
        self._clock = clock
        self._workers, self._helpers = WaitingTasks(), WaitingTasks()
        self._seats: list[_Seat] = []
        self._failed_starts = 0
        self._stopping = False
        self._pause = pause or Pause()

    def start(self) -> None:
        """Find out whether there can be slots; they are opened for tasks, not ahead."""
        self._place.start()

    def expect(self, tasks: int) -> None:
        """Make no use of it: no slot is forked from this process."""

    def submit(self, task: Task) -> None:
        """Add a task; see `Executor.submit`."""
        (self._workers if task.pool == "worker" else self._helpers).add(task)

    def execute(self, tasks: Iterable[Task], *, on_event: OnEvent, prepare: Prepare | None = None) -> Iterator[TaskEnd]:
        """Execute tasks; see `Executor.execute`. They are prepared for slots that are ready."""
        self.start()
        for task in tasks:
            self.submit(task)
        self._pause.restart()
        is_free, next_look = True, 0.0
        while self._has_work:
            if is_free or self._clock() >= next_look:
                yield from self._begin_tasks(prepare)
                next_look = self._clock() + _SEATS_LOOK_S
            is_free = False
            for seat, task in self._at_work:
                events, ended = seat.slot.news(task.pool, stopping=self._stopping)
                for event in events:
                    on_event(task.name, event)
                if ended is not None:
                    is_free = True
                    self._clear(seat, task, ended)
                    yield ended
            if not is_free and self._has_work:  # else there is a slot for the next task at once
                self._pause.wait()

    def stop(self) -> None:
        """Begin nothing more and have running tasks come to their safe points; see `Executor.stop`."""
        self._stopping = True
        for seat, task in self._at_work:
            if task.pool == "worker":
                seat.slot.stop()

    def close(self) -> None:
        """End all slots; see `Executor.close`."""
        seats, self._seats = self._seats, []
        self._place.close([seat.slot for seat in seats])

    def is_gone(self, holder: Holder) -> bool | None:
        """Return what the place knows of a holder."""
        return self._place.is_gone(holder)

    @property
    def _at_work(self) -> list[tuple[_Seat, Task]]:
        return [(seat, task) for seat in self._seats for task in list(seat.tasks.values())]

    @property
    def _has_work(self) -> bool:
        return bool(self._workers or self._helpers or any(seat.tasks for seat in self._seats))

    def _begin_tasks(self, prepare: Prepare | None) -> Iterator[TaskEnd]:
        """Give every slot that is ready tasks; yield the ends of those that `stop` came in before they began."""
        if not self._stopping:
            self._look_after_seats()
        able = [seat for seat in self._seats if (self._workers or self._helpers) and seat.slot.is_ready]
        while not self._stopping and (task := self._next(able)) is not None:
            ready = prepare(task) if prepare else task
            if ready is not None and self._stopping:
                yield end_before_begin(ready.name)
            elif ready is not None:
                self._begin(ready, self._seat_for(ready, _free(able, ready.pool)))
        if self._stopping:
            self._workers.clear()
            self._helpers.clear()

    def _next(self, able: Sequence[_Seat]) -> Task | None:
        """Return the task that is to begin next in one of the slots that are ready; None if there is none.

        What is trained is finished first: a run that is finished is there for its user, and stays if all is killed.
        """
        if self._helpers and _free(able, "helper"):
            return self._helpers.next(idle=(), busy=())
        idle = [seat.group for seat in _free(able, "worker")]
        if self._workers and idle and keeps_up(len(self._helpers), len(able)):
            busy = [seat.group for seat in self._seats if "worker" in seat.tasks]
            return self._workers.next(idle=[group for group in idle if group], busy=busy)
        return None

    def _begin(self, task: Task, seat: _Seat) -> None:
        """Have a slot begin; a signal may call `stop` between any two of these lines."""
        seat.tasks[task.pool], seat.was_ready = task, True
        if task.pool == "worker":  # what a helper does leaves the process that trains as it is
            seat.group = task.group
        self._failed_starts = 0
        self._pause.restart()
        seat.slot.begin(task)
        if self._stopping and task.pool == "worker":
            seat.slot.stop()

    def _seat_for(self, task: Task, free: Sequence[_Seat]) -> _Seat:
        """Return the seat that has the group's functions, else one whose own group has nothing left, else any."""
        if task.pool == "helper":  # one that does not train, if there is any, and will not at once
            return min(free, key=lambda seat: (len(seat.tasks), self._workers.has(seat.group)))
        by_preference = (
            lambda seat: bool(task.group) and seat.group == task.group,
            lambda seat: not seat.group or not self._workers.has(seat.group),
            lambda _seat: True,
        )
        return next(seat for fits in by_preference for seat in free if fits(seat))

    def _clear(self, seat: _Seat, task: Task, ended: TaskEnd) -> None:
        if ended.kind != "ok" and task.pool == "worker":
            seat.group = ""  # the process with its functions has ended
        del seat.tasks[task.pool]
        seat.idle_since = self._clock()
        self._pause.restart()

    def _look_after_seats(self) -> None:
        """Forget slots that are gone, open those that are missing, give back those that nobody needs."""
        for seat in list(self._seats):
            if not seat.tasks and seat.slot.is_gone:
                self._seats.remove(seat)
                self._note_lost(seat)
        at_work = Counter(task.pool for _, task in self._at_work)
        wanted = max(len(self._workers) + at_work["worker"], len(self._helpers) + at_work["helper"])
        missing = min(self._jobs, wanted) - len(self._seats)
        if missing > 0:
            now = self._clock()
            self._pause.restart()
            self._seats += [_Seat(slot, idle_since=now) for slot in self._place.open(missing)]
        elif not (self._workers or self._helpers):
            for seat in list(self._seats):
                if not seat.tasks and self._clock() - seat.idle_since > _KEPT_IDLE_S:
                    self._seats.remove(seat)
                    seat.slot.close()

    def _note_lost(self, seat: _Seat) -> None:
        """Count slots that ended before they were ready.

        Raises
        ------
        RunFailedError
            If it happens again and again, with what the last one said.
        """
        if seat.was_ready:
            return
        self._failed_starts += 1
        if self._failed_starts >= _STARTS:
            said = seat.slot.said()
            raise RunFailedError(
                f"{_STARTS} processes for runs ended one after the other before they could take a run. "
                f"The last one said:\n{said or '(nothing)'}",
                code="run-processes-fail",
            )


def _free(seats: Sequence[_Seat], pool: Pool) -> list[_Seat]:
    return [seat for seat in seats if pool not in seat.tasks]


def is_true_within(done: Callable[[], bool], *, seconds: float) -> bool:
    """Return True as soon as something is, False if it is not within so many seconds."""
    give_up = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_S)
    return True
