"""Where a sample lies and how far it spreads."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from optbench.statistics import interquartile_mean, sample_sd


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_interquartile_mean_equals_scipys_trimmed_mean(values):
    """A quarter is cut at either end."""
    assert interquartile_mean(values) == pytest.approx(trim_mean(values, 0.25), abs=1e-12)


def test_interquartile_mean_goes_along_an_axis():
    """Resampled rows are averaged one by one."""
    rows = np.random.default_rng(0).normal(size=(4, 9))
    assert interquartile_mean(rows, axis=-1) == pytest.approx([float(interquartile_mean(row)) for row in rows])


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30))
def test_sd_divides_by_n_minus_one(values):
    """The standard library's sample standard deviation is the same."""
    assert sample_sd(values) == pytest.approx(statistics.stdev(values), abs=1e-9)


def test_equal_values_have_no_spread_at_all():
    """0.1 is not a sum of powers of two, and ten times 0.1 still spread by 0, not by 1e-17."""
    assert sample_sd([0.1] * 10) == 0.0
