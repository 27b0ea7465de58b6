"""The sign-flip test is the enumeration of all signs, and its interval says the same as its p value."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from optbench.statistics import sign_flip_interval, sign_flip_p, smallest_p
from optbench.statistics.sign_flip import ENUMERATED_UP_TO

counts = st.lists(st.integers(-20, 20), min_size=1, max_size=9)


def brute_force_p(differences):
    """Fisher's definition, in whole numbers."""
    seen = abs(sum(differences))
    signs = list(itertools.product((-1, 1), repeat=len(differences)))
    beyond = sum(abs(sum(e * d for e, d in zip(sign, differences, strict=True))) >= seen for sign in signs)
    return beyond / len(signs)


@given(counts)
def test_p_is_the_share_of_sign_vectors_that_reach_as_far(differences):
    """Differences of accuracies are counts divided by a common number: ties abound, and each one counts."""
    assert sign_flip_p(np.array(differences) / 113) == brute_force_p(differences)


@pytest.mark.parametrize("n", [2, 5, 8, 11])
def test_p_equals_scipys_exact_permutation_test(n):
    """scipy.stats.permutation_test with all sign vectors gives the same p."""
    rng = np.random.default_rng(n)
    for _ in range(5):
        d = rng.normal(0.5, 1.0, n)
        found = permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True)
        assert sign_flip_p(d) == pytest.approx(found.pvalue, abs=1e-12)


@given(counts, st.randoms(use_true_random=False))
def test_neither_order_nor_which_one_is_called_a_matters(differences, random):
    """Shuffled seeds give the same numbers; swapped optimizers the same p and the mirrored interval."""
    d = np.array(differences) / 97
    shuffled = list(d)
    random.shuffle(shuffled)
    low, high = sign_flip_interval(d, 0.1)
    assert sign_flip_p(shuffled) == sign_flip_p(-d) == sign_flip_p(d)
    assert sign_flip_interval(shuffled, 0.1) == (low, high)
    assert sign_flip_interval(-d, 0.1) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize("n", [17, 40])
def test_the_laws_hold_beyond_enumeration(n):
    """From 17 seeds on signs are sampled, and order and swapping still change nothing."""
    rng = np.random.default_rng(n)
    d = rng.normal(0.3, 1.0, n)
    low, high = sign_flip_interval(d)
    assert sign_flip_p(rng.permutation(d)) == sign_flip_p(-d) == sign_flip_p(d)
    assert sign_flip_interval(rng.permutation(d)) == (low, high)
    assert sign_flip_interval(-d) == pytest.approx((-high, -low), abs=1e-12)


def test_sampled_p_is_close_to_the_normal_limit():
    """With 60 seeds the sampled p agrees with the normal approximation to the exact one."""
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    for shift in (0.0, 0.1, 0.25):
        d = rng.normal(shift, 1.0, 60)
        limit = 2 * norm.sf(abs(d.sum()) / math.sqrt((d**2).sum()))
        assert sign_flip_p(d) == pytest.approx(limit, abs=0.01)


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=6, max_size=10, unique=True),
    st.sampled_from([0.05, 0.1, 0.2]),
)
def test_interval_holds_what_the_test_does_not_reject(differences, alpha):
    """A shift is inside the interval exactly where the test of that shift has p > alpha."""
    d = np.array(differences)
    low, high = sign_flip_interval(d, alpha)
    step = 1e-6
    for inside in (low + step, high - step, (low + high) / 2):
        if low < inside < high:
            assert sign_flip_p(d - inside) > alpha
    assert sign_flip_p(d - (low - step)) <= alpha
    assert sign_flip_p(d - (high + step)) <= alpha


@pytest.mark.parametrize("n", [6, 7, 10])
def test_interval_is_that_of_hartigans_typical_values(n):
    """The ends are the k-th smallest and largest mean of all non-empty subsets, k = floor(alpha 2^n / 2)."""
    d = np.random.default_rng(n).normal(size=n)
    member = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    means = np.sort(member @ d / member.sum(axis=1))
    k = math.floor(0.05 * 2**n / 2)
    assert sign_flip_interval(d) == pytest.approx((means[k - 1], means[-k]), abs=1e-12)


def test_six_seeds_give_the_range_and_five_give_nothing():
    """Six differences are bounded by the smallest and the largest; five cannot reject anything at 5 %."""
    d = [0.5, -0.25, 1.0, 0.75, 0.125, 0.0]
    assert sign_flip_interval(d) == (-0.25, 1.0)
    assert sign_flip_interval(d[:5]) == (-math.inf, math.inf)


@pytest.mark.parametrize("n", range(1, ENUMERATED_UP_TO + 1))
def test_the_smallest_p_is_reached_when_all_seeds_agree(n):
    """p = 2 / 2^n if all differences have one sign."""
    assert sign_flip_p(np.arange(1.0, n + 1)) == smallest_p(n)


@pytest.mark.parametrize("n", [ENUMERATED_UP_TO + 1, 25, 100])
def test_sampled_p_is_never_zero(n):
    """Beyond enumeration the identity counts among the signs: p is small, but never 0."""
    assert 2e-5 <= sign_flip_p(np.arange(1.0, n + 1)) < 2e-4


def test_equal_differences():
    """No difference anywhere is p = 1 and the interval [0, 0]; one and the same difference is that point."""
    assert sign_flip_p(np.zeros(8)) == 1.0
    assert sign_flip_interval(np.zeros(8)) == (0.0, 0.0)
    assert sign_flip_interval(np.full(8, 0.1)) == (0.1, 0.1)
    assert sign_flip_p(np.full(8, 0.1)) == smallest_p(8)


def test_rounding_does_not_break_ties():
    """0.3 - 0.2 and 0.2 - 0.1 differ in the last bit; their sum is the tie that it is on paper."""
    d = [0.3 - 0.2, -(0.2 - 0.1), 0.8 - 0.7, -(0.7 - 0.6), 0.1, -0.1]
    assert sign_flip_p(d) == 1.0


def test_false_alarms_stay_below_the_level():
    """Of 2000 comparisons of an optimizer with itself at most 5 % are declared different, up to chance."""
    rng = np.random.default_rng(0)
    for n in (6, 10):
        false = sum(sign_flip_p(rng.normal(size=n)) <= 0.05 for _ in range(2000))
        assert 0.02 < false / 2000 < 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / 2000)


def test_the_interval_covers():
    """A nominal 95 % interval of ten seeds holds the true mean in about 95 % of 1500 samples."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1500):
        low, high = sign_flip_interval(rng.normal(2.0, 1.0, 10))
        covered += low <= 2.0 <= high
    assert covered / 1500 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("values", "says"),
    [([], "at least 1"), ([1.0, math.nan], "finite"), ([1.0, math.inf], "finite"), ([[1.0]], "one axis")],
)
def test_what_is_no_sample_is_refused(values, says):
    """A missing score is never dropped in silence."""
    with pytest.raises(ValueError, match=says):
        sign_flip_p(values)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1])
def test_a_level_is_a_share(alpha):
    """alpha lies strictly between 0 and 1."""
    with pytest.raises(ValueError, match="alpha must be between"):
        sign_flip_interval([1.0, 2.0], alpha)
