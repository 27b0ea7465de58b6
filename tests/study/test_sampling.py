"""Points of a search: the same places for all, even on a log scale, extended without losing one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from optbench.config import SearchRange
from optbench.study.sampling import settings_of, unit_points, value_at


def along(sampler, points):
    return [position for (position,) in unit_points(sampler, points)]


@pytest.mark.parametrize("points", [2, 3, 7, 12])
def test_grid_is_even_and_holds_both_ends(points):
    """numpy's linspace; on a range of decades numpy's geomspace, to six digits."""
    assert along("grid", points) == pytest.approx(np.linspace(0, 1, points).tolist())
    rates = [value_at(position, SearchRange(low=1e-4, high=1e-1)) for position in along("grid", points)]
    assert rates == pytest.approx(np.geomspace(1e-4, 1e-1, points).tolist(), rel=1e-5)
    assert (rates[0], rates[-1]) == (1e-4, 1e-1)


def test_one_point_is_the_middle():
    """A search of one point takes no side."""
    assert along("grid", 1) == along("halton", 1) == [0.5]


@pytest.mark.parametrize("points", range(2, 12))
def test_more_points_hold_the_earlier_ones(points):
    """Halton with any number, the grid with twice the points minus one: exactly, or runs would not be found again."""
    assert set(unit_points("halton", points)) <= set(unit_points("halton", points + 3))
    search = SearchRange(low=3e-4, high=0.7)
    coarse = {value_at(position, search) for position in along("grid", points)}
    assert coarse <= {value_at(position, search) for position in along("grid", 2 * points - 1)}


def test_halton_is_scipys():
    """Without the corner 0, ascending."""
    expected = np.sort(qmc.Halton(d=1, scramble=False).random(9)[1:, 0])
    assert along("halton", 8) == expected.tolist()


@pytest.mark.parametrize("sampler", ["grid", "halton"])
def test_two_dimensions_share_their_first_axis_with_one(sampler):
    """Equal numbers of points; those who search more get no better places for the learning rate."""
    plane = unit_points(sampler, 9, 2)
    assert len(set(plane)) == 9
    one = set(along(sampler, 9))
    assert {first for first, _ in plane} <= one
    if sampler == "halton":
        assert plane == sorted(map(tuple, qmc.Halton(d=2, scramble=False).random(10)[1:].tolist()))
        assert set(plane) <= set(unit_points(sampler, 14, 2))


def test_a_linear_range_is_linear_and_may_begin_at_zero():
    """Momentum from 0 to 0.9 in four equal steps."""
    search = {"momentum": SearchRange(low=0, high=0.9, scale="linear")}
    found = settings_of(search, sampler="grid", points=4)
    assert found == [(("momentum", 0.0),), (("momentum", 0.3),), (("momentum", 0.6),), (("momentum", 0.9),)]
