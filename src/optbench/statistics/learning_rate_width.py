"""How forgiving an optimizer is about its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.sample import check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_RESAMPLES: Final = 1000
_ROUNDING: Final = 1e-12  # 0.9 - 0.89 is a hair more than 0.01


@dataclass(frozen=True, slots=True)
class LearningRateWidth:
    """The range of learning rates that score nearly as well as the best one.

    Attributes
    ----------
    decades : log10(high / low)
    low, high : ends of the range
    best : the rate with the best score
    low_is_edge, high_is_edge : the range goes on to the smallest or largest rate tried, so its true end, and
        with it the true width, may lie beyond
    """

    decades: float
    low: float
    high: float
    best: float
    low_is_edge: bool
    high_is_edge: bool

    @property
    def is_lower_bound(self) -> bool:
        """True if the true width is at least `decades`: written with a >=."""
        return self.low_is_edge or self.high_is_edge

    def __str__(self) -> str:
        """Write it as `1.3 decades` or `>= 1.3 decades`."""
        return f"{'>= ' if self.is_lower_bound else ''}{self.decades:.1f} decades"


def learning_rate_width(
    rates: ArrayLike, scores: ArrayLike, delta: float, *, higher_is_better: bool = True
) -> LearningRateWidth:
    """Return the contiguous learning rates around the best whose score is within `delta` of it.

    Parameters
    ----------
    rates : (N,) learning rates > 0, N >= 2, each once, in any order
    scores : (N,) mean score per rate; a diverged rate has NaN or an infinity and is outside
    delta : what may be lost, >= 0, in units of the score (0.01 for a point of accuracy)

    Notes
    -----
    Between the last rate inside and the first outside, the score is interpolated linearly in log10(rate) and
    the range ends where it is `delta` off the best; next to a diverged rate it ends at the last rate inside.
    Of equally good rates the smallest is `best`; the range then is the one around it.

    References
    ----------
    The sensitivity curves of Schneider et al. 2019, ICLR (DeepOBS), as one number.

    Examples
    --------
    >>> str(learning_rate_width([1e-4, 1e-3, 1e-2, 1e-1], [0.5, 0.9, 0.9, 0.5], delta=0.2))
    '2.0 decades'
    """
    x, loss = _sorted(rates, scores, higher_is_better)
    if not delta >= 0.0:
        raise ValueError(f"delta must be at least 0. Received: {delta}.")
    best = int(np.argmin(loss))
    limit = loss[best] + delta + _ROUNDING * (abs(loss[best]) + delta)
    low, low_is_edge = _end(x[best::-1], loss[best::-1], float(limit))
    high, high_is_edge = _end(x[best:], loss[best:], float(limit))
    return LearningRateWidth(high - low, 10.0**low, 10.0**high, 10.0 ** float(x[best]), low_is_edge, high_is_edge)


def learning_rate_width_interval(
    rates: ArrayLike, scores: ArrayLike, delta: float, *, alpha: float = 0.05, higher_is_better: bool = True
) -> tuple[float, float]:
    """Return a percentile bootstrap interval of the width in decades, over seeds.

    Parameters
    ----------
    rates : (N,) as in `learning_rate_width`
    scores : (N, s) one column per seed, s >= 2; NaN or an infinity where a run diverged, which puts the rate
        outside in every resample that has the seed

    Returns
    -------
    (low, high) in decades; a width that ends at the edge of the rates tried is cut there, so `high` can be too small

    Notes
    -----
    1,000 resamples of the seeds, the same ones for all rates (runs of one seed are alike), from a fixed stream. A
    resample in which every rate diverged counts as a width of 0. With few seeds it is narrow, as all bootstraps are.

    References
    ----------
    Efron 1979, Ann. Stat. 7, 1-26.
    """
    check_alpha(alpha)
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:  # noqa: PLR2004
        raise ValueError(f"scores must be rates by at least 2 seeds. Received: shape {table.shape}.")
    table = np.where(np.isfinite(table), table, np.nan)[:, np.lexsort(table[::-1])]
    seeds = table.shape[1]
    draws = np.asarray(stream("statistics/learning-rate-width", seeds).random_raw(_RESAMPLES * seeds))
    rows = (draws % np.uint64(seeds)).astype(np.intp).reshape(_RESAMPLES, seeds)
    widths = [_width_or_zero(rates, table[:, row].mean(axis=1), delta, higher_is_better) for row in rows]
    low, high = np.quantile(widths, [alpha / 2.0, 1.0 - alpha / 2.0])
    return float(low), float(high)


def _width_or_zero(rates: ArrayLike, means: NDArray[np.float64], delta: float, higher_is_better: bool) -> float:
    if not np.isfinite(means).any():
        return 0.0
    return learning_rate_width(rates, means, delta, higher_is_better=higher_is_better).decades


def _sorted(
    rates: ArrayLike, scores: ArrayLike, higher_is_better: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log10 of the rates, rising, and what is lost at each: inf where the run diverged."""
    r, s = np.asarray(rates, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if r.ndim != 1 or r.shape != s.shape or r.size < 2:  # noqa: PLR2004 - a range has two ends
        raise ValueError(f"at least 2 rates with a score each are needed. Received: shapes {r.shape} and {s.shape}.")
    if not ((r > 0.0) & np.isfinite(r)).all() or np.unique(r).size != r.size:
        raise ValueError(f"learning rates must be positive and different. Received: {r.tolist()}.")
    if not np.isfinite(s).any():
        raise ValueError("at least one learning rate must have a finite score. Received: none.")
    loss = np.where(np.isfinite(s), -s if higher_is_better else s, np.inf)
    order = np.argsort(r)
    return np.log10(r[order]), loss[order]


def _end(x: NDArray[np.float64], loss: NDArray[np.float64], limit: float) -> tuple[float, bool]:
    """Walk outwards from the best rate (position 0); return where the loss passes the limit, and if it never does."""
    outside = np.flatnonzero(loss > limit)
    if outside.size == 0:
        return float(x[-1]), True
    first = int(outside[0])
    inner, outer = float(loss[first - 1]), float(loss[first])
    share = 0.0 if math.isinf(outer) else (limit - inner) / (outer - inner)
    return float(x[first - 1] + share * (x[first] - x[first - 1])), False
