"""The corrected resampled t test: scikit-learn's published example, SciPy in the limit, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import corrected_split_test


def sample_with_t(t, n):
    """Return n numbers whose plain t statistic is `t`."""
    z = np.random.default_rng(0).normal(size=n)
    z = (z - z.mean()) / z.std(ddof=1)
    return z + t / math.sqrt(n)


def test_worked_example_of_scikit_learn():
    """10 times 10-fold: a plain t of 2.611 becomes 0.750, the right-tailed p 0.227.

    Source: scikit-learn's example "Statistical comparison of models using grid search", section frequentist
    approach, 1 and 2 of its ranking.
    """
    result = corrected_split_test(sample_with_t(2.611, 100), n_train=90, n_test=10)
    assert result.t == pytest.approx(0.750, abs=5e-4)
    assert result.p / 2 == pytest.approx(0.227, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_without_overlap_it_is_the_t_test_of_scipy(seed):
    """With a vanishing test part nothing is corrected."""
    from scipy.stats import ttest_1samp

    d = np.random.default_rng(seed).normal(0.3, 1.0, 12)
    result = corrected_split_test(d, n_train=10**12, n_test=1)
    oracle = ttest_1samp(d, 0.0)
    assert (result.t, result.p) == pytest.approx((oracle.statistic, oracle.pvalue))
    interval = oracle.confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))


def test_more_splits_of_the_same_data_are_not_endless_evidence():
    """The standard error has a floor, s sqrt(n_test / n_train), however many splits there are."""
    d = np.tile([0.0, 1.0], 5000)
    result = corrected_split_test(d, n_train=80, n_test=20)
    assert result.t == pytest.approx(0.5 / (0.5 * math.sqrt(0.25)), rel=1e-3)


def test_keeps_its_level_on_overlapping_splits_where_the_plain_test_does_not():
    """Two models of equal quality on re-splits of 100 rows: the plain test cries wolf, the corrected one hardly."""
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(1)
    plain = corrected = 0
    for _ in range(300):
        gaps = rng.normal(size=100)  # what the two models differ by on each row
        d = [gaps[rng.permutation(100)[:20]].mean() for _ in range(10)]
        plain += ttest_1samp(d, 0.0).pvalue < 0.05
        corrected += corrected_split_test(d, n_train=80, n_test=20).p < 0.05
    assert plain > 3 * 0.05 * 300
    assert corrected < 0.08 * 300


def test_laws():
    """Interval and p agree; the sign turns everything round; equal differences are certain, zeros say nothing."""
    d = [0.4, 0.1, -0.2, 0.3, 0.5, 0.2]
    result = corrected_split_test(d, n_train=80, n_test=20)
    turned = corrected_split_test([-x for x in d], n_train=80, n_test=20)
    assert (turned.mean, turned.t, turned.p) == pytest.approx((-result.mean, -result.t, result.p))
    assert (result.p > 0.05) == (result.low <= 0.0 <= result.high)
    shifted = corrected_split_test(np.array(d) - result.low, n_train=80, n_test=20)
    assert shifted.p == pytest.approx(0.05)
    certain = corrected_split_test([0.5, 0.5], n_train=8, n_test=2)
    assert (certain.t, certain.p, certain.low, certain.high) == (math.inf, 0.0, 0.5, 0.5)
    nothing = corrected_split_test([0.0, 0.0], n_train=8, n_test=2)
    assert (nothing.t, nothing.p) == (0.0, 1.0)


def test_one_split_is_refused():
    """A spread needs two."""
    with pytest.raises(ValueError, match="at least 2"):
        corrected_split_test([0.1], n_train=8, n_test=2)
    with pytest.raises(ValueError, match="n_train and n_test"):
        corrected_split_test([0.1, 0.2], n_train=0, n_test=2)
