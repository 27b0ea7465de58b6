"""The metrics a comparison can be made on, and how their numbers are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the test split.

    Attributes
    ----------
    name : key in metrics.json
    title : words for people
    higher_is_better : False for losses
    in_points : True if shares are shown in percent and differences in percentage points
    highest : largest possible score; the smallest is 0 for all of them
    of_constant : what a model without any knowledge scores, if that is one number for all data sets
    """

    name: str
    title: str
    higher_is_better: bool = True
    in_points: bool = True
    highest: float = 1.0
    of_constant: float | None = None

    @property
    def sign(self) -> float:
        """1 if a higher score is better, -1 if a lower one is: turns a difference into an advantage."""
        return 1.0 if self.higher_is_better else -1.0

    def within_range(self, score: float) -> float:
        """Cut a number, such as the end of an interval, to the scores that are possible."""
        return min(max(score, 0.0), self.highest)

    def score_text(self, score: float) -> str:
        """Write a score: `97.37 %` or `0.0812`."""
        return f"{100 * score:.2f} %" if self.in_points else f"{score:.4f}"

    def number(self, difference: float) -> str:
        """Write a difference without its unit: `0.42` (percentage points) or `0.0042`."""
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
    Metric("accuracy", "accuracy"),
    Metric("balanced_accuracy", "balanced accuracy"),
    Metric("precision_macro", "macro precision"),
    Metric("recall_macro", "macro recall"),
    Metric("f1_macro", "macro F1"),
    Metric("log_loss", "log loss", higher_is_better=False, in_points=False, highest=math.inf),
    Metric("roc_auc", "ROC AUC", in_points=False, of_constant=0.5),
)
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})


def metric_named(name: str) -> Metric:
    """Return the metric called `name` in metrics.json.

    `majority_accuracy` is not among them: it describes the data, and no optimizer can change it.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest.
    """
    if name in METRICS:
        return METRICS[name]
    hint = did_you_mean(name, METRICS)
    raise UsageError(
        f"--metric must name a metric of the test split. Received: {name!r}.{hint} Known: {', '.join(METRICS)}."
    )
