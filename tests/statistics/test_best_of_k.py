"""Best-of-k is the mean over all subsets of k settings; cross-fitting takes the optimism of selection out."""

from __future__ import annotations

import itertools
from functools import cache
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.random_streams import stream
from optbench.statistics import best_of_k, best_of_k_interval, cross_fitted_best_of_k

SCORES = st.lists(st.integers(0, 20), min_size=1, max_size=8)


@given(SCORES)
def test_is_the_mean_over_all_subsets(scores):
    """Enumerated: every subset of k settings is equally likely, and its best counts."""
    curve = best_of_k(scores)
    for k in range(1, len(scores) + 1):
        expected = np.mean([max(subset) for subset in itertools.combinations(scores, k)])
        assert curve[k - 1] == pytest.approx(expected)


@given(SCORES)
def test_laws(scores):
    """It starts at the mean, ends at the best, never falls; a loss is a score upside down."""
    curve = best_of_k(scores)
    assert curve[0] == pytest.approx(np.mean(scores))
    assert curve[-1] == pytest.approx(max(scores))
    assert (np.diff(curve) >= -1e-9).all()
    losses = [-score for score in scores]
    assert best_of_k(losses, higher_is_better=False).tolist() == pytest.approx((-curve).tolist())


def test_worked_example_of_two_numbers():
    """Tang et al. 2020, section 3: with B = {0, 1}, the estimate at k = 2 is 1; Dodge's form gives 0.75."""
    assert best_of_k([0.0, 1.0]).tolist() == [0.5, 1.0]


def test_diverged_settings_are_never_dropped():
    """With two of three settings diverged, only three tries are sure to find the one that trains."""
    assert best_of_k([-np.inf, -np.inf, 0.9]).tolist() == [-np.inf, -np.inf, 0.9]
    assert best_of_k([np.inf, np.inf, 0.1], higher_is_better=False).tolist() == [np.inf, np.inf, 0.1]


def test_cross_fitting_is_flat_under_pure_noise_where_the_plain_curve_rises():
    """36 equal settings with noise: the tuning score promises over 1.5 sd; the cross-fitted one nothing."""
    noise = np.random.default_rng(0).normal(size=(300, 36, 2))
    plain = np.mean([best_of_k(table[:, 0]) for table in noise], axis=0)
    fitted = np.mean([cross_fitted_best_of_k(table) for table in noise], axis=0)
    assert plain[-1] > 1.5
    assert np.abs(fitted).max() < 4 / np.sqrt(600)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=7), st.randoms())
@settings(max_examples=50)
def test_order_of_settings_and_ties_do_not_matter(table, random):
    """Settings in another order give the same bytes; equal ranks share their weights."""
    shuffled = random.sample(table, len(table))
    assert cross_fitted_best_of_k(shuffled).tobytes() == cross_fitted_best_of_k(table).tobytes()


def test_cross_fitting_by_hand():
    """Seed 0 prefers the second setting, which seed 1 gives 1.0; seed 1 prefers the first, which seed 0 gives 2.0."""
    assert cross_fitted_best_of_k([[2.0, 4.0], [3.0, 1.0]]).tolist() == [2.5, 1.5]
    assert cross_fitted_best_of_k([[1.0, 4.0], [1.0, 2.0]])[1] == pytest.approx((3.0 + 1.0) / 2)


def test_equal_seeds_leave_nothing_to_correct():
    """If all seeds agree there is no noise to select, and both curves are one."""
    scores = np.array([0.3, 0.9, 0.5, 0.7])
    assert cross_fitted_best_of_k(np.stack([scores] * 3, axis=1)).tolist() == pytest.approx(best_of_k(scores).tolist())


def test_interval_holds_the_expected_curve_most_of_the_time():
    """Settings drawn from a uniform law: E_k = k / (k + 1) is inside nearly 95 % of intervals for small k."""
    k = np.arange(1, 4)
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(200):
        low, high = best_of_k_interval(rng.random(24))
        inside.append((low[:3] <= k / (k + 1)) & (k / (k + 1) <= high[:3]))
    assert np.mean(inside, axis=0).min() > 0.87


def test_interval_is_repeatable_and_around_the_curve():
    """The same scores in any order give the same interval; it works on both forms and directions."""
    table = np.random.default_rng(2).random((9, 2))
    low, high = best_of_k_interval(table, higher_is_better=False)
    again = best_of_k_interval(table[::-1], higher_is_better=False)
    assert (low.tobytes(), high.tobytes()) == (again[0].tobytes(), again[1].tobytes())
    curve = cross_fitted_best_of_k(table, higher_is_better=False)
    assert ((low <= curve) & (curve <= high)).all()


@pytest.mark.parametrize(
    ("settings_tried", "seeds", "levels"),
    [(1, 12, 0), (2, 2, 0), (7, 3, 3), (8, 2, 0), (9, 5, 4), (24, 3, 5), (135, 2, 0), (40, 2, 9)],
    ids=str,
)
def test_interval_has_the_bits_of_one_resample_at_a_time(settings_tried, seeds, levels):
    """A verdict records all digits, so many resamples at once are added up in the order of one; levels make ties."""
    rng = np.random.default_rng(settings_tried)
    shape = (settings_tried, seeds)
    table = rng.integers(0, levels, shape) / levels if levels else rng.normal(size=shape)
    table = table[np.lexsort(table.T[::-1])]
    draws = stream("statistics/best-of-k", settings_tried).random_raw(2000 * settings_tried)
    rows = (draws % settings_tried).astype(int).reshape(2000, settings_tried)
    curves = np.array([_one_curve(table[row]) for row in rows])
    expected = np.quantile(curves, [0.025, 0.975], axis=0)
    assert np.array(best_of_k_interval(table)).tobytes() == expected.tobytes()


@cache
def _weights(n):
    return np.array([[comb(i - 1, k - 1) / comb(n, k) for i in range(1, n + 1)] for k in range(1, n + 1)])


def _one_curve(table):
    """Rank the settings by each seed, weigh what the others say of them, and take the mean over the seeds."""
    n = len(table)
    curves = []
    for seed in range(table.shape[1]):
        order = np.argsort(table[:, seed], kind="stable")
        ranked, values = table[order, seed], np.delete(table, seed, axis=1).mean(axis=1)[order]
        starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        shared = np.add.reduceat(values, starts) / np.diff(np.append(starts, n))
        curves.append((np.add.reduceat(_weights(n), starts, axis=1) * shared).sum(axis=1))
    return np.mean(curves, axis=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: best_of_k([0.1, np.nan]), "NaN or inf"),
        (lambda: best_of_k([0.1, np.inf]), "NaN or inf"),
        (lambda: best_of_k([]), "shape"),
        (lambda: best_of_k([[0.1, 0.2]]), "one axis"),
        (lambda: cross_fitted_best_of_k([0.1, 0.2]), "at least 2 tuning seeds"),
        (lambda: best_of_k_interval([0.1, -np.inf]), "finite"),
    ],
)
def test_what_is_refused(call, words):
    """A missing score is never guessed."""
    with pytest.raises(ValueError, match=words):
        call()
