"""Sums are correctly rounded, whatever the order of the numbers and however they are divided."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.datasets.exact_sums import BLOCK, exact_sum, repeated


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40))
def test_a_sum_is_that_of_fsum(values):
    """From the smallest to the largest numbers there are; too large a sum is an error in both."""
    try:
        expected = math.fsum(values)
    except OverflowError:
        with pytest.raises(OverflowError):
            exact_sum(np.array(values))
    else:
        assert exact_sum(np.array(values, dtype=np.float64)) == expected


@pytest.mark.parametrize("n", [BLOCK - 2, BLOCK, 3 * BLOCK + 1])
def test_a_sum_of_many_numbers_is_that_of_fsum(n):
    """Numbers of very different sizes, and what they leave when they cancel."""
    rng = np.random.default_rng(n)
    values = rng.normal(size=n) * 10.0 ** rng.uniform(-30, 30, n)
    values[: n // 2] = -values[n - n // 2 :]
    assert exact_sum(values) == math.fsum(values.tolist()) == exact_sum(np.sort(values))


@given(st.floats(-1e200, 1e200), st.integers(0, 1000))
def test_a_number_that_occurs_often_is_added_as_often(value, times):
    """Without adding it that often."""
    assert math.fsum(repeated(value, times)) == math.fsum([value] * times)
