"""Crossings are where the lead changes for good, not where noisy curves touch."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import crossings


def test_two_lines_cross_where_algebra_says():
    """2 e = 9 - e at e = 3; at an epoch itself and between epochs."""
    epochs = np.arange(8)
    assert crossings(epochs, 2.0 * epochs, 9.0 - epochs) == pytest.approx([3.0])
    assert crossings(epochs, 2.0 * epochs, 10.0 - epochs) == pytest.approx([10 / 3])


def test_every_root_of_a_sine():
    """All changes of the lead, in order."""
    epochs = np.linspace(0.1, 10.0, 2000)
    assert crossings(epochs, np.sin(epochs), np.zeros(2000)) == pytest.approx(np.pi * np.arange(1, 4), abs=1e-4)


def test_touching_and_leading_throughout_is_no_crossing():
    """A tie that ends with the same leader changes nothing; equal curves have no leader."""
    assert crossings([0, 1, 2], [1.0, 0.5, 1.0], [0.5, 0.5, 0.5]) == []
    assert crossings([0, 1, 2], [1.0, 1.0, 1.0], [0.5, 0.5, 0.5]) == []
    assert crossings([0, 1, 2], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]) == []
    assert crossings([0], [1.0], [2.0]) == []


def test_small_leads_do_not_count():
    """A flicker within the smallest lead is none; on the way to a clear change its last zero counts."""
    flicker, zero = [1.0, 0.01, -0.01, 0.01, 1.0], [0.0] * 5
    assert len(crossings(range(5), flicker, zero)) == 2
    assert crossings(range(5), flicker, zero, smallest_lead=0.05) == []
    change = [1.0, -0.01, 0.01, -0.01, -1.0]
    assert crossings(range(5), change, zero, smallest_lead=0.05) == pytest.approx([2.5])


def test_laws():
    """Swapping the curves or turning them round changes nothing; missing epochs are left out."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=30), rng.normal(size=30)
    found = crossings(range(30), a, b)
    assert len(found) == np.count_nonzero(np.diff(np.sign(a - b)))
    assert crossings(range(30), b, a) == pytest.approx(found)
    assert crossings(range(30), -a, -b) == pytest.approx(found)
    assert crossings([0, 1, 2], [1.0, math.nan, -1.0], [0.0, 0.0, 0.0]) == pytest.approx([1.0])


def test_lengths_must_agree():
    """Curves of different lengths have no common epochs."""
    with pytest.raises(ValueError, match="one length"):
        crossings([0, 1], [1.0, 2.0], [1.0])
