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
    """Ends each task at once, unless it ends itself before it is ready.

    Attributes
    ----------
    tasks : names of those that it was handed
    looks : by kind of task, how often nothing is found before the next end
    kinds : by kind of task, how it ends
    lost_at : name of the task with which it ends itself
    at : by kind of task, the name of the one that has not ended
    """

    number: int
    is_ready: bool = True
    is_gone: bool = False
    tasks: list[str] = field(default_factory=list)
    is_closed: bool = False
    looks: dict[str, int] = field(default_factory=lambda: {"worker": 0, "helper": 0})
    kinds: dict[str, str] = field(default_factory=lambda: {"worker": "ok", "helper": "ok"})
    lost_at: str = ""
    at: dict[str, str] = field(default_factory=dict)

    def begin(self, task):
        assert task.pool not in self.at, "one task of a kind at a time"
        self.at[task.pool] = task.name
        self.tasks.append(task.name)
        if task.name == self.lost_at:
            self.is_gone, self.is_ready = True, False

    def news(self, pool, *, stopping):
        self.looks[pool] -= 1
        if self.looks[pool] >= 0 and not self.is_gone:
            return [], None
        kind = "crashed" if self.is_gone else self.kinds[pool]
        return [], TaskEnd(self.at.pop(pool), 0, {"slot": self.number}, "", kind)

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


def finishing(executor, given):
    """Execute tasks, each of which has one of a helper follow; yield the ends."""
    for end in executor.execute(given, on_event=lambda *_: None):
        if not end.name.endswith("finish"):
            executor.submit(Task(f"{end.name}-finish", "a:b", pool="helper"))
        yield end


def test_what_is_trained_is_finished_before_more_is_trained():
    """Else a study of a day has nothing to show until its end."""
    place = FakePlace()
    assert len(list(finishing(SlotExecutor(place, jobs=2), tasks("a", "b", "a", "b", "a", "b")))) == 12
    assert [slot.tasks for slot in place.slots] == [
        ["0a", "0a-finish", "2a", "2a-finish", "4a", "4a-finish"],
        ["1b", "1b-finish", "3b", "3b-finish", "5b", "5b-finish"],
    ]


def test_a_slot_trains_the_next_run_while_it_finishes_one():
    """It stands still neither then nor between two tasks."""
    place, ends = FakePlace(), []
    for end in finishing(SlotExecutor(place, jobs=1, pause=Pause(sleep=lambda _: None)), tasks("a", "a", "a")):
        ends.append(end.name)
        place.slots[0].looks["helper"] = end.name == "0a"
    assert ends == ["0a", "1a", "0a-finish", "2a", "1a-finish", "2a-finish"]


def test_no_more_is_trained_as_long_as_finishing_does_not_keep_up():
    """Else all of a study would be trained and nothing finished."""
    place, pauses = FakePlace(), []

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 50:
            trained_meanwhile.extend(place.slots[0].tasks)
            place.slots[0].looks["helper"] = 0

    trained_meanwhile: list[str] = []
    executor = SlotExecutor(place, jobs=1, pause=Pause(sleep=wait))
    for end in finishing(executor, tasks(*["a"] * 30)):
        if end.name == "0a":
            place.slots[0].looks["helper"] = 10**9
    assert trained_meanwhile == ["0a", "0a-finish", *(f"{number}a" for number in range(1, 9))]
    assert len(place.slots[0].tasks) == 60


def test_runs_that_are_found_trained_are_not_all_claimed_at_once():
    """Preparing one claims it, and leads to a task of a helper: as many wait as helpers keep up with."""
    place, prepared = FakePlace(), []
    executor = SlotExecutor(place, jobs=1)

    def prepare(task):
        if task.pool == "helper":
            return task
        prepared.append(task.name)
        executor.submit(Task(f"{task.name}-finish", "a:b", pool="helper"))
        return None

    at_first_end = 0
    for end in executor.execute(tasks(*["a"] * 50), on_event=lambda *_: None, prepare=prepare):
        at_first_end = at_first_end or len(prepared)
        assert end.name.endswith("finish")
    assert at_first_end < 12
    assert len(prepared) == 50
    assert place.slots[0].tasks == [f"{number}a-finish" for number in range(50)]


def test_what_a_helper_does_goes_to_a_slot_that_does_not_train():
    """Where one has nothing else to do, both are faster."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=2, pause=Pause(sleep=lambda _: None))
    for end in executor.execute(tasks("a", "b"), on_event=lambda *_: None):
        if end.name == "0a":
            place.slots[0].looks["worker"] = 9
            executor.submit(Task("2a", "a:b", group="a"))
        elif end.name == "1b":
            place.slots[1].looks["worker"] = 9
            executor.submit(Task("3b", "a:b", group="b"))
            place.slots[0].looks["worker"] = 2
        elif end.name == "2a":
            executor.submit(Task("finish", "a:b", pool="helper"))
    assert place.slots[0].tasks == ["0a", "2a", "finish"]


def test_what_a_helper_does_leaves_the_slot_of_a_group_to_its_next_run():
    """Both slots are free, and one of them is about to train."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=2)
    for end in executor.execute(tasks("a", "b"), on_event=lambda *_: None):
        if end.name == "1b":
            executor.submit(Task("2a", "a:b", group="a"))
            executor.submit(Task("finish", "a:b", pool="helper"))
    assert [slot.tasks for slot in place.slots] == [["0a", "2a"], ["1b", "finish"]]


def test_both_tasks_of_a_slot_that_is_lost_end():
    """What comes next goes to another."""
    place, ends = FakePlace(), []
    for end in finishing(SlotExecutor(place, jobs=1, pause=Pause(sleep=lambda _: None)), tasks("a", "a", "a")):
        ends.append((end.name, end.kind, end.result["slot"]))
        if end.name == "0a":
            place.slots[0].looks["helper"] = 3
            place.slots[0].lost_at = "1a"
    assert ends[:3] == [("0a", "ok", 0), ("0a-finish", "crashed", 0), ("1a", "crashed", 0)]
    assert [slot for _, _, slot in ends[3:]] == [1] * 3


@pytest.mark.parametrize("kind", ["ok", "crashed"])
def test_a_slot_keeps_its_group_while_it_finishes_a_run(kind):
    """However that ends: the process that trains has its compiled functions, and waits."""
    place = FakePlace()
    executor = SlotExecutor(place, jobs=2)
    for end in executor.execute(tasks("a", "b", "b"), on_event=lambda *_: None):
        if end.name == "0a":
            place.slots[0].kinds["helper"] = kind
            executor.submit(Task("finish", "a:b", pool="helper"))
        elif end.name == "finish":
            executor.submit(Task("3a", "a:b", group="a"))  # group b waits for longer
    assert "3a" in place.slots[0].tasks


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
            place.slots[0].is_ready, place.slots[0].looks["worker"] = True, 1

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
    place.slots[0].looks["worker"] = 2
    executed(executor, tasks("a"))
    assert [slot.is_closed for slot in place.slots] == [False, True]
