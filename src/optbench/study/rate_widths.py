"""How forgiving each optimizer is about its learning rate: decades within the margin of its best, in tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.config import LEARNING_RATE
from optbench.study.tuning import validation_score

if TYPE_CHECKING:
    from optbench.statistics import LearningRateWidth
    from optbench.study.conclusion import Conclusion
    from optbench.study.tuning import Tuning


@dataclass(frozen=True, slots=True)
class RateWidth:
    """The width of one optimizer.

    Attributes
    ----------
    metric : the verdict's, on the validation split
    width : None if every rate tried diverged for some seed
    low, high : 95 % bootstrap interval over the tuning seeds, in decades; None with one seed
    tried : decades between the smallest and the largest rate tried
    """

    label: str
    metric: str
    width: LearningRateWidth | None
    low: float | None
    high: float | None
    tried: float

    def to_json(self) -> dict[str, Any]:
        """Return the width as JSON values."""
        found = self.width
        ends = {} if found is None else {"from": found.low, "to": found.high, "best": found.best}
        return {
            "optimizer": self.label,
            "metric": self.metric,
            "decades": None if found is None else found.decades,
            "at_least": None if found is None else found.is_lower_bound,
            **ends,
            "ci_low": self.low,
            "ci_high": self.high,
            "decades_tried": self.tried,
        }


def rate_widths(conclusion: Conclusion) -> list[RateWidth]:
    """Return one width per optimizer that searched its learning rate and nothing else, at two rates or more.

    Notes
    -----
    With several hyperparameters the score at a rate depends on the others, and there is no curve to measure.
    """
    found = (_width(conclusion, tuning) for tuning in conclusion.tunings if tuning.names == (LEARNING_RATE,))
    return [width for width in found if width is not None]


def _width(conclusion: Conclusion, tuning: Tuning) -> RateWidth | None:
    from optbench.statistics import learning_rate_width, learning_rate_width_interval

    better, margin = conclusion.comparison.metric.higher_is_better, conclusion.problem.margin
    rates = tuning.tried(LEARNING_RATE)
    if len(rates) < 2:  # noqa: PLR2004 - a width has two ends
        return None
    metric = f"val_{conclusion.comparison.metric.name}"
    table = np.array(
        [[_number(validation_score(conclusion.records[run], metric)) for run in one.runs] for one in tuning.settings]
    )
    means = table.mean(axis=1)
    width = low = high = None
    if np.isfinite(means).any():
        width = learning_rate_width(rates, means, margin, higher_is_better=better)
        if table.shape[1] > 1:
            low, high = learning_rate_width_interval(rates, table, margin, higher_is_better=better)
    return RateWidth(tuning.label, metric, width, low, high, float(np.log10(rates[-1] / rates[0])))


def _number(score: float | None) -> float:
    return np.nan if score is None else score
