"""Equivalence is shown by two one-sided tests, never by the absence of a difference."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_paired

from optbench.statistics import equivalence_p, is_equivalent, sign_flip_interval

MARGIN = 0.5


def test_agrees_with_the_t_version_where_the_answer_is_clear():
    """For normal differences statsmodels' paired TOST decides the same, but for near misses."""
    rng = np.random.default_rng(0)
    compared = 0
    for shift in (0.0, 0.2, 0.4, 0.6, 1.0):
        for _ in range(20):
            d = rng.normal(shift, 0.3, 12)
            p = ttost_paired(d, np.zeros(12), -MARGIN, MARGIN)[0]
            if not 0.03 < p < 0.08:
                compared += 1
                assert is_equivalent(d, MARGIN) == (p <= 0.05)
    assert compared > 80


def test_is_the_ninety_percent_interval_inside_the_margin():
    """At alpha 0.05 the 90 % interval decides, strictly."""
    d = np.random.default_rng(1).normal(0.1, 0.2, 10)
    low, high = sign_flip_interval(d, 0.1)
    edge = max(-low, high)
    assert not is_equivalent(d, edge)
    assert is_equivalent(d, edge * 1.0001)


def test_does_not_depend_on_which_one_is_called_a():
    """Swapping the optimizers changes nothing."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        d = rng.normal(0.2, 0.4, 8)
        assert is_equivalent(d, MARGIN) == is_equivalent(-d, MARGIN)


def test_few_seeds_show_nothing():
    """Four seeds without any difference are no proof; five are, at 10 % on both sides."""
    assert not is_equivalent(np.zeros(4), MARGIN)
    assert is_equivalent(np.zeros(5), MARGIN)


def test_false_equivalence_stays_below_the_level():
    """With a true difference on the margin at most 5 % of 1500 comparisons are called equivalent."""
    rng = np.random.default_rng(3)
    false = sum(is_equivalent(rng.normal(MARGIN, 0.2, 8), MARGIN) for _ in range(1500))
    assert 0.02 < false / 1500 < 0.066


@pytest.mark.parametrize("margin", [0.0, -0.1])
def test_a_margin_is_positive(margin):
    """Nothing is equivalent within nothing."""
    with pytest.raises(ValueError, match="margin must be positive"):
        is_equivalent([0.0] * 8, margin)


@pytest.mark.parametrize("n", [4, 5, 6, 9, 13, 18])
def test_p_is_at_most_alpha_exactly_where_equivalence_is_shown(n):
    """Interval and p value are one test, at every level and with ties."""
    rng = np.random.default_rng(n)
    for shift in (0.0, 0.2, 0.4, 0.6):
        d = np.round(rng.normal(shift, 0.4, n), 1)
        p = equivalence_p(d, MARGIN)
        for alpha in (0.001, 0.01, 0.05, 0.2, 0.4):
            assert is_equivalent(d, MARGIN, alpha) == (p <= alpha)


def test_p_is_the_larger_of_two_one_sided_permutation_tests():
    """scipy.stats.permutation_test with flipped signs, on either side of the margin."""
    from scipy.stats import permutation_test

    rng = np.random.default_rng(8)
    for _ in range(5):
        d = rng.normal(0.1, 0.3, 8)
        above, below = (
            permutation_test(
                (d - edge,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=side
            ).pvalue
            for edge, side in ((-MARGIN, "greater"), (MARGIN, "less"))
        )
        assert max(above, below) < 0.5
        assert equivalence_p(d, MARGIN) == pytest.approx(max(above, below))


def test_p_outside_the_margin_is_one():
    """A mean beyond the margin is no evidence for equivalence at all."""
    assert equivalence_p([0.6] * 8, MARGIN) == 1.0
    assert equivalence_p([-0.6] * 8, MARGIN) == 1.0
