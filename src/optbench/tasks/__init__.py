"""What a task does with the predictions of its runs: one object each, found by the name in the experiment file."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.tasks import DEFAULT_TASK
from optbench.tasks.classification import Classification
from optbench.tasks.regression import Regression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.tasks.task import Task

_ALL: Final[tuple[Task[Any, Any], ...]] = (Classification(), Regression())
TASKS: Final[Mapping[str, Task[Any, Any]]] = MappingProxyType({task.facts.name: task for task in _ALL})


def task_named(name: str | None) -> Task[Any, Any]:
    """Return the task of an experiment; None, as in records older than tasks, is the default one."""
    return TASKS[DEFAULT_TASK if name is None else name]


__all__ = ["TASKS", "task_named"]
