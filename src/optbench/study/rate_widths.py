"""How forgiving each optimizer is about its learning rate: decades within the margin of its best, in tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.config import LEARNING_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import Comparison
    from optbench.statistics import LearningRateWidth
    from optbench.study.runs import StudyRuns
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
        width = self.width
        ends = {} if width is None else {"from": width.low, "to": width.high, "best": width.best}
        return {
            "optimizer": self.label,
            "metric": self.metric,
            "decades": None if width is None else width.decades,
            "at_least": None if width is None else width.is_lower_bound,
            **ends,
            "ci_low": self.low,
            "ci_high": self.high,
            "decades_tried": self.tried,
        }


def rate_widths(tunings: Sequence[Tuning], comparison: Comparison, runs: StudyRuns) -> tuple[RateWidth, ...]:
    """Return one width per optimizer that searched its learning rate and nothing else, at two rates or more.

    Parameters
    ----------
    comparison : of the problem; its metric and margin say what is as good as the best

    Notes
    -----
    With several hyperparameters the score at a rate depends on the others, and there is no curve to measure.
    """
    widths = (_width(tuning, comparison, runs) for tuning in tunings if tuning.names == (LEARNING_RATE,))
    return tuple(width for width in widths if width is not None)


def _width(tuning: Tuning, comparison: Comparison, runs: StudyRuns) -> RateWidth | None:
    from optbench.statistics import learning_rate_width, learning_rate_width_interval

    better, margin = comparison.metric.higher_is_better, comparison.problems[0].margin
    rates = tuning.tried(LEARNING_RATE)
    if len(rates) < 2:  # noqa: PLR2004 - a width has two ends
        return None
    metric = f"val_{comparison.metric.name}"
    table = np.array([[_number(runs.validation_score(run, metric)) for run in one.runs] for one in tuning.settings])
    means = table.mean(axis=1)
    width = low = high = None
    if np.isfinite(means).any():
        width = learning_rate_width(rates, means, margin, higher_is_better=better)
        if table.shape[1] > 1:
            low, high = learning_rate_width_interval(rates, table, margin, higher_is_better=better)
    return RateWidth(tuning.label, metric, width, low, high, float(np.log10(rates[-1] / rates[0])))


def _number(score: float | None) -> float:
    return np.nan if score is None else score
