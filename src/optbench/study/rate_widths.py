"""How forgiving each optimizer is about its learning rate: decades that lose little of its best, in tuning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.metrics import tuning_metric
from optbench.comparison import default_margin
from optbench.config import LEARNING_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.comparison import Comparison
    from optbench.statistics import LearningRateWidth
    from optbench.study.tuning import Tuning

_FEWEST_FOR_INTERVAL: Final = 5


@dataclass(frozen=True, slots=True)
class RateWidth:
    """The width of one optimizer.

    Attributes
    ----------
    metric : what tuning chose by
    margin : what may be lost of it
    width : None if every rate tried diverged for some seed, or if the seeds are too noisy to tell
    noise : two standard errors of the mean at one rate, from its seeds; None with one seed
    low, high : 95 % bootstrap interval over the tuning seeds, in decades; None below five seeds
    tried : decades between the smallest and the largest rate tried
    """

    label: str
    metric: str
    margin: float
    width: LearningRateWidth | None
    noise: float | None
    low: float | None
    high: float | None
    tried: float

    @property
    def cannot_tell(self) -> bool:
        """True if noise alone moves a mean by more than the margin, or nothing is known of it."""
        return self.noise is None or self.noise > self.margin

    def to_json(self) -> dict[str, Any]:
        """Return the width as JSON values."""
        width = self.width
        ends = {} if width is None else {"from": width.low, "to": width.high, "best": width.best}
        return {
            "optimizer": self.label,
            "metric": self.metric,
            "margin": self.margin,
            "noise": self.noise,
            "cannot_tell": self.cannot_tell,
            "decades": None if width is None else width.decades,
            "at_least": None if width is None else width.is_lower_bound,
            **ends,
            "ci_low": self.low,
            "ci_high": self.high,
            "decades_tried": self.tried,
        }


def rate_widths(tunings: Sequence[Tuning], comparison: Comparison) -> tuple[RateWidth, ...]:
    """Return one width per optimizer that searched its learning rate and nothing else, at two rates or more.

    Parameters
    ----------
    comparison : of the problem; its margin says what is as good as the best where tuning chose by its metric

    Notes
    -----
    Where tuning chose by another metric, such as the loss, what may be lost is that metric's own default margin.
    With several hyperparameters the score at a rate depends on the others, and there is no curve to measure.
    """
    widths = (_width(tuning, comparison) for tuning in tunings if tuning.names == (LEARNING_RATE,))
    return tuple(width for width in widths if width is not None)


def _width(tuning: Tuning, comparison: Comparison) -> RateWidth | None:
    from optbench.statistics import learning_rate_width, learning_rate_width_interval

    rates = tuning.tried(LEARNING_RATE)
    if len(rates) < 2:  # noqa: PLR2004 - a width has two ends
        return None
    metric = tuning_metric(tuning.metric)
    better = metric.higher_is_better
    margin = comparison.problems[0].margin if metric.name == comparison.metric.name else default_margin(metric, None)
    shared = min(len(one.scores) for one in tuning.settings)  # a race leaves some with one seed
    table = np.array([[_number(score) for score in one.scores[:shared]] for one in tuning.settings])
    noise = _noise(table, tuning.chosen)
    tried = float(np.log10(rates[-1] / rates[0]))
    found = RateWidth(tuning.label, tuning.metric, margin, None, noise, None, None, tried)
    means = table.mean(axis=1)
    if found.cannot_tell or not np.isfinite(means).any():
        return found
    low = high = None
    if table.shape[1] >= _FEWEST_FOR_INTERVAL:
        low, high = learning_rate_width_interval(rates, table, margin, higher_is_better=better)
    return replace(found, width=learning_rate_width(rates, means, margin, higher_is_better=better), low=low, high=high)


def _noise(table: NDArray[np.float64], chosen: int) -> float | None:
    """Return two standard errors of a mean over the seeds, pooled over the chosen rate and its neighbours."""
    near = table[max(0, chosen - 1) : chosen + 2]
    finite = near[np.isfinite(near).all(axis=1)]
    if table.shape[1] < 2 or not finite.size:  # noqa: PLR2004 - one seed has no spread
        return None
    return 2.0 * float(np.sqrt(finite.var(axis=1, ddof=1).mean() / table.shape[1]))


def _number(score: float | None) -> float:
    return np.nan if score is None else score
