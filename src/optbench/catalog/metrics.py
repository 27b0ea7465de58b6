"""The registry of metrics, and everything that is derived from its entries: names, columns, layouts, directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.classification_metrics import CLASSIFICATION_METRICS
from optbench.catalog.metric import Metric
from optbench.catalog.regression_metrics import REGRESSION_METRICS
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION, TASKS
from optbench.core.numbers import significant_digits
from optbench.core.worded import worded
from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.metric import Constant, Layout

VALIDATION: Final = "val_"
"""What stands in front of a metric's name where its value on the validation split is meant."""

LOSS: Final = Metric(
    "loss",
    (CLASSIFICATION, REGRESSION),
    "loss",
    higher_is_better=False,
    lowest=-math.inf,
    highest=math.inf,
    history="loss",
    holds_penalties=True,
    is_compared=False,
)
"""What training minimises, penalties and class weights included: whatever the experiment makes of it."""

ALL: Final = (LOSS, *CLASSIFICATION_METRICS, *REGRESSION_METRICS)
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in ALL if metric.is_compared})
"""What a comparison can be made on, by name."""

# every number of a split in metrics.json -> the metric it is a value of: its own, or that of a constant answer
_OF_NUMBER: Final = {
    **{metric.constant.name: metric for metric in ALL if metric.constant is not None},
    **{metric.name: metric for metric in ALL},
}


def measured(task: str) -> tuple[Metric, ...]:
    """Return the metrics that are computed from the predictions of a task's runs, in the order of metrics.json."""
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)


def split_values(task: str, sample: Any, constant: Any) -> dict[str, float | None]:
    """Return every number of one split by its key in metrics.json: the metrics, then those of a constant answer.

    Parameters
    ----------
    sample : `ScoredLabels` or `PredictedNumbers` of the model; None if there are no rows, or the run diverged
    constant : the same of always giving one answer; None if there are no rows
    """
    metrics = measured(task)
    values = {metric.name: _value(metric, sample) for metric in metrics}
    return values | {metric.constant.name: _value(metric, constant) for metric in metrics if metric.constant}


def _value(metric: Metric, sample: Any) -> float | None:
    return None if sample is None or metric.compute is None else metric.compute(sample)


def history_columns(task: str) -> tuple[str, ...]:
    """Return the columns of a history that the epochs' values stand in, the loss first."""
    return tuple(metric.name for metric in ALL if metric.is_monitored and task in metric.tasks)


def monitors() -> tuple[str, ...]:
    """Return what early stopping can watch: the loss and each task's columns, then the same with `val_` in front."""
    of_tasks = [[name for name in history_columns(task) if name != LOSS.name] for task in TASKS]
    return tuple(prefix + name for names in ([LOSS.name], *of_tasks) for prefix in ("", VALIDATION) for name in names)


def tuning_metrics() -> tuple[str, ...]:
    """Return what a study can choose settings by: values on the validation split, the loss first."""
    return tuple(VALIDATION + metric.name for metric in ALL if metric.is_tunable)


def result_columns(task: str) -> tuple[str, ...]:
    """Return the metrics of a task that results.csv of a study has columns for."""
    return tuple(metric.name for metric in measured(task) if metric.is_tunable)


def metric_of(column: str) -> Metric | None:
    """Return the metric that a number is a value of; None if it is none.

    Parameters
    ----------
    column : a key of metrics.json or a column of the history, `val_` in front or not
    """
    return _OF_NUMBER.get(column.removeprefix(VALIDATION))


def tuning_metric(column: str) -> Metric:
    """Return the metric of a name with `val_` in front, as a study file has it."""
    return _OF_NUMBER[column.removeprefix(VALIDATION)]


def metric_named(name: str) -> Metric:
    """Return the metric called `name` in metrics.json.

    `majority_accuracy` and the like are not among them: they describe the data, and no optimizer can change them.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest.
    """
    if name in METRICS:
        return METRICS[name]
    hint = did_you_mean(name, METRICS)
    raise UsageError(
        worded(
            "typed-metric",
            "metric (--metric) must name a metric of the test split. Received: {name!r}.{hint} Known: {known}.",
            name=name,
            hint=hint,
            known=", ".join(METRICS),
        ),
        code="usage-metric-unknown",
    )


def lower_is_better(column: str) -> bool:
    """Return True for a loss or an error, False for a score.

    Parameters
    ----------
    column : a metric of metrics.json or a column of the history, `val_` in front or not

    Examples
    --------
    >>> lower_is_better("val_rmse"), lower_is_better("r2")
    (True, False)
    """
    metric = metric_of(column)
    return metric is not None and not metric.higher_is_better


def score_text(column: str, value: float) -> str:
    """Write a metric or a column of the history: four decimals, or four digits where it has the target's unit.

    Examples
    --------
    >>> score_text("val_accuracy", 0.97368), score_text("rmse", 52.00301)
    ('0.9737', '52.00')
    """
    metric = metric_of(column)
    return significant_digits(value) if metric is not None and metric.has_unit else f"{value:.4f}"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One number of a table of metrics.

    Attributes
    ----------
    name : key in metrics.json
    metric : what it is a value of
    """

    name: str
    metric: Metric

    @property
    def constant(self) -> Constant | None:
        """The constant answer whose score it is; None for the score of the model."""
        return self.metric.constant if self.name != self.metric.name else None


def table_rows(task: str, layout: Layout) -> tuple[TableRow, ...]:
    """Return the numbers that a table of a task's metrics shows, in its order."""
    placed: list[tuple[int, TableRow]] = []
    for metric in measured(task):
        place, constant = getattr(metric.places, layout), metric.constant
        if place is not None:
            placed.append((place, TableRow(metric.name, metric)))
        if constant is not None and (place := getattr(constant.places, layout)) is not None:
            placed.append((place, TableRow(constant.name, metric)))
    return tuple(row for _, row in sorted(placed, key=lambda pair: pair[0]))
