"""Tasks that wait for a slot, and which of them is next.

Where both kinds wait together, what has been trained is finished before more is trained; a group's children are used
again before new ones begin.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.executors.interface import Task


class WaitingTasks:
    """Tasks in the order given: those of helpers in one row, the others by group."""

    def __init__(self) -> None:
        self._helpers: deque[Task] = deque()
        self._groups: dict[str, deque[Task]] = {}

    def __bool__(self) -> bool:
        return bool(self._helpers or self._groups)

    def __len__(self) -> int:
        return len(self._helpers) + sum(map(len, self._groups.values()))

    @property
    def has_helpers(self) -> bool:
        """Whether a task of a helper waits."""
        return bool(self._helpers)

    def has(self, group: str) -> bool:
        """Return True if a task of this group waits."""
        return group in self._groups

    def add(self, task: Task) -> None:
        """Add a task at the end of its group."""
        if task.pool == "helper":
            self._helpers.append(task)
            return
        name = task.group or f"\n{task.name}"  # a task without a group is one of its own
        self._groups.setdefault(name, deque()).append(task)

    def clear(self) -> None:
        """Forget all of them."""
        self._helpers.clear()
        self._groups.clear()

    def next(self, *, idle: Sequence[str], busy: Iterable[str]) -> Task:
        """Take the next task.

        Parameters
        ----------
        idle, busy : groups of the children that wait and of those that work

        Notes
        -----
        Tasks of helpers come first: a run that is finished is there for its user, and stays if all is killed. Then
        comes a group whose child waits; then one that no child is at; then, of those that are being worked at, the one
        with the most tasks left for each of its children.
        """
        if self._helpers:
            return self._helpers.popleft()
        children = Counter(busy)
        name = next((group for group in idle if group in self._groups), None)
        name = name or next((group for group in self._groups if not children[group]), None)
        name = name or max(self._groups, key=lambda group: len(self._groups[group]) / children[group])
        task = self._groups[name].popleft()
        if not self._groups[name]:
            del self._groups[name]
        return task
