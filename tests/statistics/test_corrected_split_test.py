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


@pytest.mark.parametrize("seed", range(4))
def test_the_part_of_the_seeds_falls_with_their_number_and_that_of_the_splits_does_not(seed):
    """V = u2 / J + max(0, s2 - u2) (1 / J + n_test / n_train), t with J - 1, by SciPy."""
    from scipy.stats import t

    rng = np.random.default_rng(seed)
    d, on_one_split = rng.normal(0.4, 1.0, 10), rng.normal(0.0, 0.7, 8)
    u2, s2 = on_one_split.var(ddof=1), d.var(ddof=1)
    error = math.sqrt(u2 / 10 + max(0.0, s2 - u2) * (1 / 10 + 20 / 70))
    found = corrected_split_test(d, n_train=70, n_test=20, seed_variance=u2)
    assert found.error == pytest.approx(error)
    assert found.p == pytest.approx(2 * t.sf(abs(d.mean()) / error, 9))
    assert found.interval(0.1) == pytest.approx(t.interval(0.9, 9, d.mean(), error))
    assert (found.low, found.high) == pytest.approx(found.interval(0.05))


def test_seeds_that_explain_everything_leave_the_plain_t_test():
    """No variance is left for the splits, and none is made up where the seeds' is larger."""
    d = [0.4, 0.1, -0.2, 0.3, 0.5, 0.2]
    plain = corrected_split_test(d, n_train=10**12, n_test=1)
    all_of_it = corrected_split_test(d, n_train=70, n_test=20, seed_variance=float(np.var(d, ddof=1)))
    assert (all_of_it.t, all_of_it.p) == pytest.approx((plain.t, plain.p))
    more = corrected_split_test(d, n_train=70, n_test=20, seed_variance=1.0)
    assert more.error == pytest.approx(math.sqrt(1.0 / 6))


@pytest.mark.parametrize("margin", [0.05, 0.2, 0.5, 1.0])
def test_equivalence_agrees_with_the_1_minus_2_alpha_interval(margin):
    """At most alpha exactly where that interval lies inside the margin."""
    for shift in np.linspace(-0.6, 0.6, 25):
        found = corrected_split_test(np.array([0.3, -0.2, 0.1, 0.25, -0.15]) + shift, n_train=80, n_test=20)
        low, high = found.interval(0.1)
        assert (found.equivalence_p(margin) <= 0.05) == (-margin <= low and high <= margin)
    certain = corrected_split_test([0.1, 0.1], n_train=8, n_test=2)
    assert (certain.equivalence_p(0.2), certain.equivalence_p(0.1)) == (0.0, 1.0)


def test_a_negative_variance_is_refused():
    """Nor one that is not known."""
    for variance in (-1.0, math.nan):
        with pytest.raises(ValueError, match="seed_variance"):
            corrected_split_test([0.1, 0.2], n_train=8, n_test=2, seed_variance=variance)
