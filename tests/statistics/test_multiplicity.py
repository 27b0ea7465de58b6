"""Holm's correction is the one of statsmodels; Shaffer's step is the published one, and keeps the error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from optbench.statistics import holm, numbers_of_equal_pairs, shaffer


@settings(max_examples=25, deadline=None)  # statsmodels takes 50 ms a call, its import seconds
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_equals_statsmodels(p_values):
    """Adjusted p values agree, ties and order included."""
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_untested_comparisons_make_the_others_harder():
    """A planned comparison without a test counts as p = 1: it never makes another one easier."""
    alone = holm([0.02])
    beside = holm([0.02, 1.0, 1.0])
    assert alone.tolist() == [0.02]
    assert beside.tolist() == pytest.approx([0.06, 1.0, 1.0])


def test_no_comparison_at_all():
    """Nothing adjusted is nothing."""
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p_values", [[1.5], [-0.1], [np.nan], [[0.1]]])
def test_what_is_no_p_value_is_refused(p_values):
    """A p value lies in [0, 1]."""
    with pytest.raises(ValueError, match=r"numbers in \[0, 1\]"):
        holm(p_values)


def test_the_chance_of_any_false_verdict_stays_at_the_level():
    """Of 2000 families of five true null hypotheses at most about 5 % lead to a rejection."""
    rng = np.random.default_rng(0)
    families = rng.uniform(size=(2000, 5))
    false = sum(bool((holm(family) <= 0.05).any()) for family in families)
    assert 0.03 < false / 2000 < 0.065


@pytest.mark.parametrize(
    ("optimizers", "factors"),
    [(3, [3, 1, 1]), (4, [6, 3, 3, 3, 2, 1]), (5, [10, 6, 6, 6, 6, 4, 4, 3, 2, 1])],
)
def test_shaffers_factors_are_the_published_ones(optimizers, factors):
    """Shaffer 1986, J. Am. Stat. Assoc. 81; for five: Garcia and Herrera 2008, J. Mach. Learn. Res. 9."""
    p = 1e-9 * 10.0 ** np.arange(len(factors))
    assert (shaffer(p, optimizers) / p).round(6).tolist() == factors


def partitions(items):
    """Every division of a list into groups."""
    if not items:
        yield []
        return
    first, *rest = items
    for smaller in partitions(rest):
        yield [[first], *smaller]
        for place in range(len(smaller)):
            yield [*smaller[:place], [first, *smaller[place]], *smaller[place + 1 :]]


@pytest.mark.parametrize("optimizers", [2, 3, 4, 5, 6])
def test_numbers_of_equal_pairs_are_those_of_all_divisions(optimizers):
    """Counted over every division of the optimizers into groups of equals."""
    counted = {sum(math.comb(len(group), 2) for group in found) for found in partitions(list(range(optimizers)))}
    assert numbers_of_equal_pairs(optimizers) == counted


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_shaffer_is_between_the_raw_p_and_holms(p):
    """Never below p, never above Holm; the order is kept, and any order of the pairs gives the same."""
    found = shaffer(p, 4)
    assert (found >= np.array(p) - 1e-15).all()
    assert (found <= holm(p) + 1e-15).all()
    assert (np.diff(found[np.argsort(p, kind="stable")]) >= 0).all()
    assert found[::-1].tolist() == shaffer(p[::-1], 4).tolist()


def test_shaffer_keeps_the_error_where_it_is_hardest():
    """Three of four optimizers equal, the fourth far off: the three true nulls are tested at a third of alpha each."""
    rng = np.random.default_rng(4)
    null = rng.random((20_000, 3))
    wrong = np.mean([(shaffer([*row, 1e-12, 1e-12, 1e-12], 4)[:3] <= 0.05).any() for row in null])
    assert wrong <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 20_000)


def test_shaffer_asks_for_every_pair():
    """One left out makes it wrong."""
    with pytest.raises(ValueError, match="all 6 pairs of 4 optimizers must have a p value. Received: 5"):
        shaffer([0.1] * 5, 4)
