"""Tasks of one kind that wait for a slot, and which of them is next: children are used again before new ones begin."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.executors.interface import Task


_BACKLOG: Final = 8  # tasks that wait for helpers before workers are given no more


def keeps_up(waiting: int, helpers: int) -> bool:
    """Return whether helpers keep up with workers: what was trained is finished before much more is trained."""
    return waiting < max(_BACKLOG, 2 * helpers)


class WaitingTasks:
    """Tasks by group, in the order given."""

    def __init__(self) -> None:
        self._groups: dict[str, deque[Task]] = {}

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def has(self, group: str) -> bool:
        """Return True if a task of this group waits."""
        return group in self._groups

    def add(self, task: Task) -> None:
        """Add a task at the end of its group."""
        name = task.group or f"\n{task.name}"  # a task without a group is one of its own
        self._groups.setdefault(name, deque()).append(task)

    def clear(self) -> None:
        """Forget all of them."""
        self._groups.clear()

    def next(self, *, idle: Sequence[str], busy: Iterable[str]) -> Task:
        """Take the next task.

        Parameters
        ----------
        idle, busy : groups of the children that wait and of those that work

        Notes
        -----
        First comes a group whose child waits; then one that no child is at; then, of those that are being worked at,
        the one with the most tasks left for each of its children.
        """
        children = Counter(busy)
        name = next((group for group in idle if group in self._groups), None)
        name = name or next((group for group in self._groups if not children[group]), None)
        name = name or max(self._groups, key=lambda group: len(self._groups[group]) / children[group])
        task = self._groups[name].popleft()
        if not self._groups[name]:
            del self._groups[name]
        return task
