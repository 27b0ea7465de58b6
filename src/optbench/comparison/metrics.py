"""The metrics a comparison can be made on, and how their numbers are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from optbench.errors import UsageError, did_you_mean
from optbench.metric_names import IN_UNIT, lower_is_better, significant_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS_OF_DIFFERENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the test split.

    Attributes
    ----------
    name : key in metrics.json
    title : words for people
    in_points : True if shares are shown in percent and differences in percentage points
    has_unit : True if it is in the unit of the target, or its square: no number of it is large or small as such
    lowest, highest : smallest and largest possible score
    of_constant : what a model without any knowledge scores, if that is one number for all data sets
    constant : key in metrics.json of the score of always giving one answer, known of a diverged run too; "" if none
    constant_title : that answer in words
    """

    name: str
    title: str
    in_points: bool = True
    has_unit: bool = False
    lowest: float = 0.0
    highest: float = 1.0
    of_constant: float | None = None
    constant: str = ""
    constant_title: str = "a constant model"

    @property
    def higher_is_better(self) -> bool:
        """False for losses and errors."""
        return not lower_is_better(self.name)

    @property
    def sign(self) -> float:
        """1 if a higher score is better, -1 if a lower one is: turns a difference into an advantage."""
        return 1.0 if self.higher_is_better else -1.0

    def within_range(self, score: float) -> float:
        """Cut a number, such as the end of an interval, to the scores that are possible."""
        return min(max(score, self.lowest), self.highest)

    def score_text(self, score: float) -> str:
        """Write a score: `97.37 %`, `0.0812` or, in the unit of a target, `52.00`."""
        if self.has_unit:
            return significant_digits(score)
        return f"{100 * score:.2f} %" if self.in_points else f"{score:.4f}"

    def number(self, difference: float) -> str:
        """Write a difference without its unit: `0.42` (percentage points), `0.0042`, or `1.23` in that of a target."""
        if self.has_unit:
            return significant_digits(difference, _DIGITS_OF_DIFFERENCE)
        text = f"{100 * difference:.2f}" if self.in_points else f"{difference:.4f}"
        return text.removeprefix("-") if float(text) == 0.0 else text

    def amount(self, difference: float) -> str:
        """Write a difference with its unit: `0.42 points of test accuracy`, `0.0042 of test log loss`."""
        unit = "points of test" if self.in_points else "of test"
        return f"{self.number(difference)} {unit} {self.title}"

    def size(self, difference: float) -> str:
        """Write a difference with a short unit: `0.42 points` or `0.0042`."""
        return f"{self.number(difference)} points" if self.in_points else self.number(difference)


_ALL = (
    Metric("accuracy", "accuracy", constant="majority_accuracy", constant_title="the majority class"),
    Metric("balanced_accuracy", "balanced accuracy"),
    Metric("precision_macro", "macro precision"),
    Metric("recall_macro", "macro recall"),
    Metric("f1_macro", "macro F1"),
    Metric("log_loss", "log loss", in_points=False, highest=math.inf),
    Metric("roc_auc", "ROC AUC", in_points=False, of_constant=0.5),
    *(
        Metric(
            name,
            title,
            in_points=False,
            has_unit=name in IN_UNIT,
            lowest=0.0 if name in IN_UNIT else -math.inf,
            highest=math.inf if name in IN_UNIT else 1.0,
            constant=f"mean_predictor_{name}",
            constant_title="the mean of the training targets",
        )
        for name, title in (("mse", "MSE"), ("rmse", "RMSE"), ("mae", "MAE"), ("r2", "R2"))
    ),
)
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})


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
        f"metric (--metric) must name a metric of the test split. Received: {name!r}.{hint} "
        f"Known: {', '.join(METRICS)}."
    )
