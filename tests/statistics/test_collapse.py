"""The rate of a rare outcome that few runs leave possible."""

from __future__ import annotations

import pytest
from scipy.stats import binom, binomtest

from optbench.statistics import rate_upper_bound


@pytest.mark.parametrize(("count", "n"), [(0, 1), (0, 10), (1, 10), (3, 20), (9, 10)])
def test_it_is_scipys_clopper_pearson(count, n):
    """The upper end of SciPy's exact one-sided interval."""
    expected = binomtest(count, n, alternative="less").proportion_ci(0.95, method="exact").high
    assert rate_upper_bound(count, n) == pytest.approx(expected)
    assert binom.cdf(count, n, rate_upper_bound(count, n)) == pytest.approx(0.05)


def test_without_any_it_is_alpha_to_the_one_over_n():
    """Ten clean runs leave 26 %; all of them collapsed leave everything."""
    assert rate_upper_bound(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert rate_upper_bound(10, 10) == 1.0
    assert rate_upper_bound(0, 20) < rate_upper_bound(0, 10) < rate_upper_bound(1, 10)


@pytest.mark.parametrize(("count", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_count_is_refused(count, n):
    """No run, or more collapses than runs."""
    with pytest.raises(ValueError, match="count must be one of"):
        rate_upper_bound(count, n)
