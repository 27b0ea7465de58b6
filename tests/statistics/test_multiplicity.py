"""Holm's correction is the one of statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from optbench.statistics import holm


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
