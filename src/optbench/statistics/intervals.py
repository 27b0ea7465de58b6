"""Student's t interval for the mean of one sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.statistics.location import sample_sd
from optbench.statistics.sample import as_sample, check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def student_t_interval(values: ArrayLike, alpha: float = 0.05) -> tuple[float, float]:
    """Return mean -/+ t_{1 - alpha/2, n - 1} s / sqrt(n), s with n - 1.

    Parameters
    ----------
    values : (n,), n >= 2; all equal gives an interval of width 0

    References
    ----------
    Student 1908, Biometrika 6, 1-25.
    """
    from scipy.special import stdtrit

    check_alpha(alpha)
    sample = as_sample(values, at_least=2)
    mean = float(sample.mean())
    half = float(stdtrit(sample.size - 1, 1.0 - alpha / 2.0)) * sample_sd(sample) / math.sqrt(sample.size)
    return mean - half, mean + half
