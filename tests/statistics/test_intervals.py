"""Intervals of one sample agree with SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from optbench.random_streams import stream
from optbench.statistics import bca_interval, interquartile_mean, student_t_interval


@pytest.mark.parametrize("n", [2, 5, 10, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_student_t_equals_scipy(n, alpha):
    """The t interval of the mean is scipy.stats.t.interval."""
    x = np.random.default_rng(n).normal(0.9, 0.01, n)
    expected = stats.t.interval(1 - alpha, n - 1, loc=x.mean(), scale=stats.sem(x))
    assert student_t_interval(x, alpha) == pytest.approx(expected, rel=1e-12)


def test_equal_values_give_a_point():
    """Without spread both intervals are the value itself."""
    assert student_t_interval([0.7] * 5) == (pytest.approx(0.7), pytest.approx(0.7))
    assert bca_interval([0.7] * 5) == (pytest.approx(0.7), pytest.approx(0.7))


def test_one_value_has_no_interval():
    """One seed says nothing about the spread."""
    with pytest.raises(ValueError, match="at least 2 values"):
        student_t_interval([0.5])


@pytest.mark.parametrize("statistic", [np.mean, interquartile_mean])
@pytest.mark.parametrize("n", [2, 7, 40, 300])
def test_bca_equals_scipy(n, statistic):
    """The BCa interval is SciPy's with the same stream, ties and batches of resamples included."""
    x = np.round(np.random.default_rng(n).exponential(size=n), 2)
    drawn = {"n_resamples": 9999, "batch": 2_000_000 // n, "rng": np.random.Generator(stream("statistics/bca", 0))}
    expected = stats.bootstrap((x,), statistic, method="BCa", confidence_level=0.9, **drawn).confidence_interval
    assert bca_interval(x, statistic, alpha=0.1) == pytest.approx(tuple(expected), rel=1e-12, nan_ok=True)


def test_bca_repeats_and_draws_from_no_global_state():
    """Equal values give equal digits, whatever was drawn in between."""
    x = np.random.default_rng(2).normal(size=25)
    first = bca_interval(x, interquartile_mean, resamples=500)
    np.random.default_rng().normal(size=3)
    assert bca_interval(x, interquartile_mean, resamples=500) == first
    assert first[0] < interquartile_mean(x) < first[1]
