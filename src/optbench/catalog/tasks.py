"""The facts of each task that configuration, training and reading of runs rest on: plain data, one entry per task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What one task is, as data.

    Attributes
    ----------
    name : as in the experiment file
    headline : metric of a comparison or a listing if nobody names another
    headline_over_several : the same for several data sets together, where a unit would mean another thing on each
    """

    name: str
    headline: str
    headline_over_several: str


TASKS: Final[Mapping[str, TaskFacts]] = {
    facts.name: facts
    for facts in (
        TaskFacts(CLASSIFICATION, headline="accuracy", headline_over_several="accuracy"),
        TaskFacts(REGRESSION, headline="rmse", headline_over_several="r2"),
    )
}
DEFAULT_TASK: Final = CLASSIFICATION
"""What a file that names no task is for, and a run whose record is older than tasks."""


def task_of(config: Mapping[str, Any]) -> TaskFacts:
    """Return the task of a resolved experiment as plain JSON values."""
    return TASKS[config.get("task", DEFAULT_TASK)]
