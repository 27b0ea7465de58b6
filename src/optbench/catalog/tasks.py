"""The facts of each task that configuration, data and training rest on: plain data, one entry per task.

What a task does with predictions (format, evaluation, tables, pictures, its part of the page) is in `optbench.tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.core.worded import worded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    foreign_data : says what to do if a named data set is for this task and the experiment for another, from its name
        and the data sets of the experiment's task
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
    foreign_data: Callable[[str, str], str]
    loss_remedy: str


def _is_for_classes(key: str) -> str:
    return worded("key-of-classes", "{key} is for classes, and this is regression. Remove it.", key=key)


def _has_classes(name: str, others: str) -> str:
    return worded(
        "key-has-classes",
        "{name} has classes. Remove 'task: regression', or take {others}, or numbers of your own: csv, openml, npz, "
        "python.",
        name=name,
        others=others,
    )


def _holds_a_number(name: str, _others: str) -> str:
    return worded(
        "key-holds-number",
        "{name} holds a number to predict. Write 'task: regression' at the top of the file.",
        name=name,
    )


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
            "training.standardize_target": worded(
                "key-of-number",
                "is for a number to predict. Remove it, or write 'task: regression' at the top of the file.",
            )
        },
        foreign_data=_has_classes,
        loss_remedy=worded(
            "hint-loss-of-number", " For a number to predict write 'task: regression' at the top of the file."
        ),
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
        foreign_data=_holds_a_number,
        loss_remedy="",
    ),
)
TASKS: Final[Mapping[str, TaskFacts]] = {facts.name: facts for facts in _ALL}

if TYPE_CHECKING:
    TaskName = str
else:  # the names, as pydantic checks them and as they stand in JSON schemas
    TaskName = Literal[tuple(TASKS)]
DEFAULT_TASK: Final = CLASSIFICATION
"""What a file that names no task is for, and a run whose record is older than tasks."""


def task_of(config: Mapping[str, Any]) -> TaskFacts:
    """Return the task of a resolved experiment as plain JSON values."""
    return TASKS[config.get("task", DEFAULT_TASK)]
