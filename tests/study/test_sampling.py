"""Points of a search: the same places for all, even on a log scale, extended without losing one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from optbench.config import RateRange
from optbench.study.sampling import rate_at, unit_points


@pytest.mark.parametrize("points", [2, 3, 7, 12])
def test_grid_is_even_and_holds_both_ends(points):
    """numpy's linspace; on a range of decades numpy's geomspace, to six digits."""
    assert unit_points("grid", points) == pytest.approx(np.linspace(0, 1, points).tolist())
    rates = [rate_at(position, RateRange(low=1e-4, high=1e-1)) for position in unit_points("grid", points)]
    assert rates == pytest.approx(np.geomspace(1e-4, 1e-1, points).tolist(), rel=1e-5)
    assert (rates[0], rates[-1]) == (1e-4, 1e-1)


def test_one_point_is_the_middle():
    """A search of one point takes no side."""
    assert unit_points("grid", 1) == unit_points("halton", 1) == [0.5]


@pytest.mark.parametrize("points", range(2, 12))
def test_more_points_hold_the_earlier_ones(points):
    """Halton with any number, the grid with twice the points minus one: exactly, or runs would not be found again."""
    assert set(unit_points("halton", points)) <= set(unit_points("halton", points + 3))
    search = RateRange(low=3e-4, high=0.7)
    coarse = {rate_at(position, search) for position in unit_points("grid", points)}
    assert coarse <= {rate_at(position, search) for position in unit_points("grid", 2 * points - 1)}


def test_halton_is_scipys():
    """Without the corner 0, ascending."""
    expected = np.sort(qmc.Halton(d=1, scramble=False).random(9)[1:, 0])
    assert unit_points("halton", 8) == expected.tolist()
