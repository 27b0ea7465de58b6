"""Where a sample lies and how far it spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.statistics.sample import as_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def sample_sd(values: ArrayLike) -> float:
    """Return the unbiased-variance standard deviation, sqrt(sum (x_i - mean)^2 / (n - 1)); n >= 2."""
    sample = as_sample(values, at_least=2)
    return 0.0 if np.ptp(sample) == 0.0 else float(sample.std(ddof=1))


def interquartile_mean(values: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Return the mean of the middle half along `axis`.

    Notes
    -----
    Sort n values, leave out floor(n / 4) at either end, average the rest (scipy.stats.trim_mean(x, 0.25)).
    With n < 4 nothing is left out and the result is the mean.

    References
    ----------
    Agarwal et al. 2021, NeurIPS, "Deep Reinforcement Learning at the Edge of the Statistical Precipice".

    Examples
    --------
    >>> float(interquartile_mean([1.0, 2.0, 3.0, 100.0]))
    2.5
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=axis)
    count = ordered.shape[axis]
    middle = np.arange(count // 4, count - count // 4)
    return np.asarray(np.take(ordered, middle, axis=axis).mean(axis=axis))
