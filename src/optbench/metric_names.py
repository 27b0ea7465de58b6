"""What the two tasks are measured by, and which way is better: the one place that knows a metric's direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Task = Literal["classification", "regression"]
CLASSIFICATION: Final[Task] = "classification"
REGRESSION: Final[Task] = "regression"
TASKS: Final[tuple[Task, ...]] = (CLASSIFICATION, REGRESSION)

# Keys of a split in metrics.json, without those of the constant prediction they are held against.
METRICS: Final[Mapping[Task, tuple[str, ...]]] = {
    CLASSIFICATION: (
        "accuracy",
        "balanced_accuracy",
        "precision_macro",
        "recall_macro",
        "f1_macro",
        "log_loss",
        "roc_auc",
    ),
    REGRESSION: ("mse", "rmse", "mae", "r2"),
}
# Errors in the unit of the target, or in its square.
IN_UNIT: Final = ("mse", "rmse", "mae")
# Columns of the history beside `loss`.
HISTORY_METRICS: Final[Mapping[Task, tuple[str, ...]]] = {
    CLASSIFICATION: ("accuracy",),
    REGRESSION: METRICS[REGRESSION],
}
# What a comparison is made on, and a listing shows, if nobody says otherwise.
HEADLINE: Final[Mapping[Task, str]] = {CLASSIFICATION: "accuracy", REGRESSION: "rmse"}
# Largest difference that does not matter, of a share; of an error in the unit of the target that of the mean times it.
DEFAULT_MARGIN: Final = 0.005
_SMALLEST_PLAIN: Final = 1e-4
_LARGEST_PLAIN: Final = 1e7
_SHORTEST_ROUNDED: Final = 1e3
_LOWER_IS_BETTER: Final = ("loss", "log_loss", "mse", "rmse", "mae")


def lower_is_better(name: str) -> bool:
    """Return True for a loss or an error, False for a score.

    Parameters
    ----------
    name : a metric of metrics.json or a column of the history, `val_` in front or not

    Examples
    --------
    >>> lower_is_better("val_rmse"), lower_is_better("r2")
    (True, False)
    """
    return name.removeprefix("val_") in _LOWER_IS_BETTER


def score_text(name: str, value: float) -> str:
    """Write a metric or a column of the history: four decimals, or four digits where it has the target's unit.

    Examples
    --------
    >>> score_text("val_accuracy", 0.97368), score_text("rmse", 52.00301)
    ('0.9737', '52.00')
    """
    return significant_digits(value) if name.removeprefix("val_") in IN_UNIT else f"{value:.4f}"


def short_number(value: float) -> str:
    """Write a number in at most four significant digits, an exponent only where `significant_digits` has one.

    Examples
    --------
    >>> short_number(0.7), short_number(246512.3), short_number(9999.8), short_number(2.5e9)
    ('0.7', '246512', '10000', '2.5e+09')
    """
    return significant_digits(value) if _SHORTEST_ROUNDED <= abs(value) < _LARGEST_PLAIN else f"{value:.4g}"


def tasks_with(metric: str) -> tuple[Task, ...]:
    """Return the tasks that a metric of metrics.json belongs to."""
    return tuple(task for task, names in METRICS.items() if metric in names)


def significant_digits(value: float, digits: int = 4) -> str:
    """Write a number in the unit of a target: so many significant digits, an exponent only where it reads better.

    Examples
    --------
    >>> significant_digits(2916.127), significant_digits(54.0012), significant_digits(-0.00123456)
    ('2916', '54.00', '-0.001235')
    >>> significant_digits(123456.7), significant_digits(1.5e9), significant_digits(0.0)
    ('123457', '1.500e+09', '0')
    """
    size = abs(value)
    if size == 0.0 or not math.isfinite(value):
        return f"{value:.0f}"
    if not _SMALLEST_PLAIN <= size < _LARGEST_PLAIN:
        return f"{value:.{digits - 1}e}"
    before_point = math.floor(math.log10(size)) + 1
    return f"{value:.{max(0, digits - before_point)}f}"
