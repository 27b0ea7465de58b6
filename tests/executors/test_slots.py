"""What becomes of slots that end on their own, with a place that is a value; no process, no cluster. A second."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from optbench.errors import RunFailedError
from optbench.executors.interface import Task, TaskEnd
from optbench.executors.pause import Pause
from optbench.executors.slots import SlotExecutor


@dataclass(eq=False)
class FakeSlot:
    """Ends each task at once, unless it ends itself before it is ready."""

    number: int
    is_ready: bool = True
    is_gone: bool = False
    tasks: list[str] = field(default_factory=list)
    is_closed: bool = False
    looks: int = 0  # that find nothing, before the next end
    kind: str = "ok"

    def begin(self, task):
        self.tasks.append(task.name)

    def news(self, *, stopping):
        self.looks -= 1
        if self.looks >= 0:
            return [], None
        return [], TaskEnd(self.tasks[-1], 0, {"slot": self.number}, "", self.kind)

    def said(self):
        return f"slot {self.number} found no disk"

    def stop(self):
        pass

    def close(self):
        self.is_closed = True


class FakePlace:
    """Slots as a script says: for each a fate."""

    def __init__(self, *fates: str) -> None:
        self.fates, self.slots = list(fates), []

    def start(self):
        pass

    def open(self, number):
        for _ in range(number):
            fate = self.fates.pop(0) if self.fates else "works"
            slot = FakeSlot(len(self.slots), is_ready=fate == "works", is_gone=fate == "fails")
            self.slots.append(slot)
        return self.slots[-number:]

    def close(self, slots):
        pass

    def is_gone(self, holder):
        return None


def tasks(*groups: str) -> list[Task]:
    return [Task(f"{number}{group}", "a:b", group=group) for number, group in enumerate(groups)]


def executed(executor, given):
    return list(executor.execute(given, on_event=lambda *_: None))


def test_slots_that_fail_at_their_start_are_replaced():
    """Two bad nodes are no reason to give up."""
    place = FakePlace("fails", "fails", "works")
    (end,) = executed(SlotExecutor(place, jobs=1), tasks("a"))
    assert end.result == {"slot": 2}


def test_when_all_fail_the_last_words_are_said():
    """Instead of opening slots for ever."""
    place = FakePlace(*["fails"] * 9)
    with pytest.raises(RunFailedError, match="3 processes for runs ended one after the other") as error:
        executed(SlotExecutor(place, jobs=1), tasks("a"))
    assert "slot 2 found no disk" in str(error.value)
    assert len(place.slots) == 3


def test_no_more_slots_are_opened_than_there_are_tasks():
    """Jobs without work only stand in the queue."""
    place = FakePlace()
    assert len(executed(SlotExecutor(place, jobs=10), tasks("a", "b"))) == 2
    assert len(place.slots) == 2


def test_a_group_stays_in_its_slot():
    """Its process has the compiled functions."""
    place = FakePlace()
    executed(SlotExecutor(place, jobs=2), tasks("a", "b", "a", "b", "b", "a"))
    assert sorted({name[1] for name in slot.tasks} for slot in place.slots) == [{"a"}, {"b"}]


def test_what_is_trained_is_finished_before_more_is_trained():
    """Else a study of a day has nothing to show until its end."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=2)
    for end in executor.execute(tasks("a", "b", "a", "b", "a", "b"), on_event=lambda *_: None):
        if not end.name.endswith("finish"):
            executor.submit(Task(f"{end.name}-finish", "a:b", pool="helper"))
    assert [slot.tasks for slot in place.slots] == [
        ["0a", "0a-finish", "2a", "2a-finish", "4a", "4a-finish"],
        ["1b", "1b-finish", "3b", "3b-finish", "5b", "5b-finish"],
    ]


@pytest.mark.parametrize("kind", ["ok", "crashed"])
def test_a_slot_keeps_its_group_while_it_finishes_a_run(kind):
    """However that ends: the process that trains has its compiled functions, and waits."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=2)
    for end in executor.execute(tasks("a", "b", "b"), on_event=lambda *_: None):
        if end.name == "0a":
            place.slots[0].kind = kind
            executor.submit(Task("finish", "a:b", pool="helper"))
        elif end.name == "finish":
            place.slots[0].kind = "ok"
            executor.submit(Task("3a", "a:b", group="a"))  # group b waits for longer
    assert "3a" in place.slots[0].tasks


def prepared_ahead(executor, place, *, looks: int = 3):
    """Execute three tasks of a group in one slot, finishing each; yield what is prepared and ended, in this order."""
    told = []

    def prepare(task):
        told.append(f"prepare {task.name}")
        return task

    for end in executor.execute(tasks("a", "a", "a"), on_event=lambda *_: None, prepare=prepare):
        told.append(end.name)
        if not end.name.endswith("finish"):
            place.slots[-1].looks = looks
            executor.submit(Task(f"{end.name}-finish", "a:b", pool="helper"))
        yield told


def test_the_next_task_is_prepared_while_a_slot_finishes_a_run():
    """A slot would stand still while a run is staged; beside one that trains, for hours maybe, none is claimed."""
    place = FakePlace()
    *_, told = prepared_ahead(SlotExecutor(place, jobs=1), place)
    assert [name for name in told if "finish" not in name] == [
        "prepare 0a",
        "0a",
        "prepare 1a",
        "1a",
        "prepare 2a",
        "2a",
    ]
    assert told.index("prepare 1a") < told.index("0a-finish") < told.index("1a")


def test_a_stop_ends_what_was_prepared_before_it_begins():
    """It was claimed, and is let go."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=1)
    for told in prepared_ahead(executor, place):
        if told[-1] == "0a-finish":
            executor.stop()
    assert told[-2:] == ["0a-finish", "1a"]
    assert "1a" not in place.slots[0].tasks


def test_what_was_prepared_for_a_slot_that_is_lost_goes_to_another():
    """It is prepared once."""
    place = FakePlace()
    for told in prepared_ahead(SlotExecutor(place, jobs=1), place):
        place.slots[0].is_gone = told[-1] == "0a-finish" or place.slots[0].is_gone
        place.slots[0].is_ready = not place.slots[0].is_gone
    assert [slot.tasks for slot in place.slots] == [
        ["0a", "0a-finish"],
        ["1a", "1a-finish", "2a", "2a-finish"],
    ]
    assert told.count("prepare 1a") == 1


def test_a_slot_whose_task_has_ended_is_given_the_next_without_a_pause():
    """Runs may be shorter than a pause."""
    pauses = []
    executor = SlotExecutor(FakePlace(), jobs=2, pause=Pause(sleep=pauses.append))
    assert len(executed(executor, tasks(*"abcabc"))) == 6
    assert not pauses


def test_looks_are_frequent_when_something_begins():
    """However long nothing has been executed before, and however long the slot was waited for."""
    now, pauses = [0.0], []
    place = FakePlace("waits")

    def wait(seconds):
        pauses.append(seconds)
        now[0] += seconds
        if now[0] > 3700 and not place.slots[0].is_ready:
            place.slots[0].is_ready, place.slots[0].looks = True, 1

    def clock():
        return now[0]

    executor = SlotExecutor(place, jobs=1, clock=clock, pause=Pause(clock=clock, sleep=wait))
    now[0] = 3600.0
    ends = executor.execute(tasks("a"), on_event=lambda *_: None)
    assert [end.name for end in ends] == ["0a"]
    assert pauses[0] < 0.01  # for the slot
    assert max(pauses) == 0.5
    assert pauses[-1] < 0.01  # for the task


def test_a_slot_that_waits_for_work_too_long_is_given_back():
    """Others may want what it has; one that works is kept."""
    now = [0.0]

    def wait(_seconds):
        now[0] += 1

    place = FakePlace()
    executor = SlotExecutor(place, jobs=2, clock=lambda: now[0], pause=Pause(sleep=wait))
    executed(executor, tasks("a", "b"))
    now[0] = 3600.0
    place.slots[0].looks = 2
    executed(executor, tasks("a"))
    assert [slot.is_closed for slot in place.slots] == [False, True]
