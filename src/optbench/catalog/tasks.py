"""The facts of each task that configuration, data and training rest on: plain data, one entry per task.

What a task does with predictions (format, evaluation, tables, pictures, its part of the page) is in `optbench.tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"

# For two classes these work on one sigmoid unit; all others want one softmax unit per class.
ONE_UNIT: Final = ("binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge")
PER_CLASS: Final = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "kl_divergence",
    "mean_squared_error",
)
# Made of the true values' sizes, which a standardised target has not.
OF_SIZES: Final = ("mean_absolute_percentage_error", "mean_squared_logarithmic_error")

_FOR_REGRESSION: Final = "'task: regression' at the top of the file"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What one task is, as data.

    Attributes
    ----------
    name : as in the experiment file
    headline : metric of a comparison or a listing if nobody names another
    headline_over_several : the same for several data sets together, where a unit would mean another thing on each
    has_classes : targets are classes, which splits can be stratified by and weighted; else numbers, which training can
        standardise
    losses : names that `training.loss` can have, beside `auto` and the user's Python
    loss, loss_of_two : what `auto` means, in general and for two classes
    activation, activation_of_one : of the output layer, in general and with one unit
    foreign_keys : keys of the sections that are for another task, and what to do
    foreign_data : what to do if a named data set is for this task and the experiment for another; `{name}` and
        `{others}`, the data sets of the experiment's task, are filled in
    loss_remedy : more to say about a loss that is not known, beginning with a blank; "" for nothing
    """

    name: str
    headline: str
    headline_over_several: str
    has_classes: bool
    losses: tuple[str, ...]
    loss: str
    loss_of_two: str
    activation: str
    activation_of_one: str
    foreign_keys: Mapping[str, str]
    foreign_data: str
    loss_remedy: str


def _is_for_classes(key: str) -> str:
    return f"{key} is for classes, and this is regression. Remove it."


_ALL: Final = (
    TaskFacts(
        name=CLASSIFICATION,
        headline="accuracy",
        headline_over_several="accuracy",
        has_classes=True,
        losses=(*ONE_UNIT, *PER_CLASS),
        loss="sparse_categorical_crossentropy",
        loss_of_two="binary_crossentropy",
        activation="softmax",
        activation_of_one="sigmoid",
        foreign_keys={
            "training.standardize_target": f"is for a number to predict. Remove it, or write {_FOR_REGRESSION}."
        },
        foreign_data=(
            "{name} has classes. Remove 'task: regression', or take {others}, or numbers of your own: csv, openml, "
            "npz, python."
        ),
        loss_remedy=f" For a number to predict write {_FOR_REGRESSION}.",
    ),
    TaskFacts(
        name=REGRESSION,
        headline="rmse",
        headline_over_several="r2",
        has_classes=False,
        losses=("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", *OF_SIZES),
        loss="mean_squared_error",
        loss_of_two="mean_squared_error",
        activation="linear",
        activation_of_one="linear",
        foreign_keys={
            "dataset.positive_class": _is_for_classes("positive_class"),
            "dataset.split.stratify": _is_for_classes("stratify"),
            "training.class_weight": _is_for_classes("class_weight"),
            "evaluation.threshold": _is_for_classes("threshold"),
            "evaluation.calibration": _is_for_classes("calibration"),
        },
        foreign_data=f"{{name}} holds a number to predict. Write {_FOR_REGRESSION}.",
        loss_remedy="",
    ),
)
TASKS: Final[Mapping[str, TaskFacts]] = {facts.name: facts for facts in _ALL}
DEFAULT_TASK: Final = CLASSIFICATION
"""What a file that names no task is for, and a run whose record is older than tasks."""


def task_of(config: Mapping[str, Any]) -> TaskFacts:
    """Return the task of a resolved experiment as plain JSON values."""
    return TASKS[config.get("task", DEFAULT_TASK)]
