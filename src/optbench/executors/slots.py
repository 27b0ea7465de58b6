"""Executing tasks in slots elsewhere: what all executors for other machines share.

A slot is a place for one task at a time, in whatever process or job its executor has started; `Place` says how slots
are opened and what one can do. Which task goes to which slot, when it is prepared, what a stop means, and what
becomes of a task whose slot is lost, is decided here, once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from optbench.errors import RunFailedError
from optbench.executors.ends import end_before_begin
from optbench.executors.pause import Pause
from optbench.executors.waiting import WaitingTasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from optbench.executors.interface import Event, OnEvent, Prepare, Task, TaskEnd
    from optbench.run_store import Holder

_STARTS: Final = 3  # slots in a row that end before they were ready, when something else must be wrong
_KEPT_IDLE_S: Final = 60.0  # what waits for longer without work is given back to others
_POLL_S: Final = 0.05
_SEATS_LOOK_S: Final = 0.1  # between looks at slots that have no task: they may be many, and wait for long


class Slot(Protocol):
    """A place for one task at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether it can take a task at once."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, for whatever reason: it will take nothing more."""

    def begin(self, task: Task) -> None:
        """Hand it a task; it has none, and is ready."""

    def news(self, *, stopping: bool) -> tuple[Sequence[Event], TaskEnd | None]:
        """Return what its task has emitted since it was asked last, and its end if it has ended.

        Of a slot that is gone, how its task ended is what its scheduler or system knows.
        """

    def said(self) -> str:
        """Return the last lines of what it said itself, for the error about one that ended before it was ready."""

    def stop(self) -> None:
        """Have its task end at the next safe point; it takes no other. A signal handler may call this."""

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
    task : None while it waits for one
    idle_since : on the monotonic clock
    """

    slot: Slot
    group: str = ""
    task: Task | None = None
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
        self._waiting = WaitingTasks()
        self._ahead: list[Task] = []  # prepared, for slots that finish a run
        self._seats: list[_Seat] = []
        self._failed_starts = 0
        self._stopping = False
        self._pause = pause or Pause()

    def start(self) -> None:
        """Find out whether there can be slots; they are opened for tasks, not ahead."""
        self._place.start()

    def expect(self, tasks: int) -> None:
        """Make no use of it: runs are finished where they are trained."""

    def submit(self, task: Task) -> None:
        """Add a task; see `Executor.submit`."""
        self._waiting.add(task)

    def execute(self, tasks: Iterable[Task], *, on_event: OnEvent, prepare: Prepare | None = None) -> Iterator[TaskEnd]:
        """Execute tasks; see `Executor.execute`. They are prepared for slots that are ready, or finish a run."""
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
            for seat in self._busy:
                events, ended = seat.slot.news(stopping=self._stopping)
                for event in events:
                    on_event(_task_of(seat).name, event)
                if ended is not None:
                    is_free = True
                    self._free(seat, ended)
                    yield ended
            if not is_free and self._has_work:  # else there is a slot for the next task at once
                self._prepare_ahead(prepare)
                self._pause.wait()

    def stop(self) -> None:
        """Begin nothing more and have running tasks come to their safe points; see `Executor.stop`."""
        self._stopping = True
        for seat in self._busy:
            if _task_of(seat).pool == "worker":
                seat.slot.stop()

    def close(self) -> None:
        """End all slots; see `Executor.close`."""
        seats, self._seats = self._seats, []
        self._place.close([seat.slot for seat in seats])

    def is_gone(self, holder: Holder) -> bool | None:
        """Return what the place knows of a holder."""
        return self._place.is_gone(holder)

    @property
    def _busy(self) -> list[_Seat]:
        return [seat for seat in self._seats if seat.task is not None]

    @property
    def _has_work(self) -> bool:
        return bool(self._waiting or self._ahead or self._busy)

    def _begin_tasks(self, prepare: Prepare | None) -> Iterator[TaskEnd]:
        """Give every slot that is ready a task; yield the ends of those that `stop` came in before they began."""
        if not self._stopping:
            self._look_after_seats()
        free = [seat for seat in self._seats if seat.task is None and seat.slot.is_ready]
        while free and (self._waiting or self._ahead) and not self._stopping:
            ready = self._next_ready([seat.group for seat in free if seat.group], prepare)
            if ready is not None and self._stopping:
                yield end_before_begin(ready.name)
            elif ready is not None:
                seat = self._seat_for(ready.group, free)
                free.remove(seat)
                self._begin(ready, seat)
        if self._stopping:
            self._waiting.clear()
            ahead, self._ahead = self._ahead, []
            yield from (end_before_begin(task.name) for task in ahead)

    def _next_ready(self, idle: Sequence[str], prepare: Prepare | None) -> Task | None:
        """Return the next task, prepared; None if that has found nothing to do.

        Parameters
        ----------
        idle : groups of the slots that are free
        """
        if self._ahead and not self._waiting.has_helpers:
            task = next((task for task in self._ahead if task.group in idle), self._ahead[0])
            self._ahead.remove(task)
            return task
        task = self._waiting.next(idle=idle, busy=[seat.group for seat in self._busy])
        return prepare(task) if prepare else task

    def _prepare_ahead(self, prepare: Prepare | None) -> None:
        """Prepare tasks for slots that finish a run, which does not take long: they do not stand still afterwards."""
        finishing = [seat for seat in self._busy if _task_of(seat).pool == "helper"]
        while len(self._ahead) < len(finishing) and self._waiting and not (self._waiting.has_helpers or self._stopping):
            begun = [task.group for task in self._ahead]
            idle = [seat.group for seat in finishing if seat.group and seat.group not in begun]
            busy = [seat.group for seat in self._busy if seat not in finishing]
            task = self._waiting.next(idle=idle, busy=[*busy, *begun])
            ready = prepare(task) if prepare else task
            if ready is not None:
                self._ahead.append(ready)

    def _begin(self, task: Task, seat: _Seat) -> None:
        """Have a slot begin; a signal may call `stop` between any two of these lines."""
        seat.task, seat.was_ready = task, True
        if task.pool == "worker":  # what a helper does leaves the process that trains as it is
            seat.group = task.group
        self._failed_starts = 0
        self._pause.restart()
        seat.slot.begin(task)
        if self._stopping and task.pool == "worker":
            seat.slot.stop()

    def _seat_for(self, group: str, free: Sequence[_Seat]) -> _Seat:
        """Return the seat that has the group's functions, else one whose own group has nothing left, else any."""
        by_preference = (
            lambda seat: bool(group) and seat.group == group,
            lambda seat: not seat.group or not self._waiting.has(seat.group),
            lambda _seat: True,
        )
        return next(seat for fits in by_preference for seat in free if fits(seat))

    def _free(self, seat: _Seat, ended: TaskEnd) -> None:
        if ended.kind != "ok" and _task_of(seat).pool == "worker":
            seat.group = ""  # the process with its functions has ended
        seat.task, seat.idle_since = None, self._clock()
        self._pause.restart()

    def _look_after_seats(self) -> None:
        """Forget slots that are gone, open those that are missing, give back those that nobody needs."""
        for seat in list(self._seats):
            if seat.task is None and seat.slot.is_gone:
                self._seats.remove(seat)
                self._note_lost(seat)
        missing = min(self._jobs, len(self._waiting) + len(self._ahead) + len(self._busy)) - len(self._seats)
        if missing > 0:
            now = self._clock()
            self._pause.restart()
            self._seats += [_Seat(slot, idle_since=now) for slot in self._place.open(missing)]
        elif not self._waiting:
            for seat in list(self._seats):
                if seat.task is None and self._clock() - seat.idle_since > _KEPT_IDLE_S:
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


def _task_of(seat: _Seat) -> Task:
    if seat.task is None:  # cannot be: only busy seats are asked
        raise RuntimeError("a seat without a task was asked for it")
    return seat.task


def is_true_within(done: Callable[[], bool], *, seconds: float) -> bool:
    """Return True as soon as something is, False if it is not within so many seconds."""
    give_up = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_S)
    return True
