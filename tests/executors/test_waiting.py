"""Which waiting task is next: groups stay with their processes, free processes go where most is left to do."""

from __future__ import annotations

import pytest

from optbench.executors.interface import Task
from optbench.executors.waiting import WaitingTasks


def waiting(*names):
    """Tasks by name; the first letter is the group."""
    tasks = WaitingTasks()
    for name in names:
        tasks.add(Task(name, "f", group=name[0]))
    return tasks


@pytest.mark.parametrize(
    ("idle", "busy", "expected"),
    [
        ([], [], "a1"),  # in the order given
        (["b"], [], "b1"),  # a process that waits for its group comes first
        ([], ["a"], "b1"),  # then a group that nobody is at
        ([], ["a", "b"], "b1"),  # then the one with the most left
        ([], ["a", "b", "b"], "a1"),  # for each of its processes
        (["z"], ["a"], "b1"),
    ],
)
def test_next(idle, busy, expected):
    """The rule, case by case."""
    assert waiting("a1", "a2", "b1", "b2", "b3").next(idle=idle, busy=busy).name == expected


def test_everything_is_taken_once():
    """No task is lost or doubled, and those without a group never share one."""
    tasks = WaitingTasks()
    for i in range(4):
        tasks.add(Task(f"t{i}", "f", group="g" if i % 2 else ""))
    taken = []
    while tasks:
        taken.append(tasks.next(idle=["g"], busy=[""]).name)
    assert sorted(taken) == ["t0", "t1", "t2", "t3"]
    assert taken[:2] == ["t1", "t3"]
