"""The A/A noise floor is the gap that chance alone produces between two groups of seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import noise_floor, paired_improvement


@pytest.mark.parametrize("n", [8, 9, 20])
def test_is_the_gap_between_two_groups_of_one_optimizer(n):
    """On average it is what normal theory says: 1.96 sqrt(2 / n) standard deviations."""
    rng = np.random.default_rng(n)
    floors = [noise_floor(rng.normal(size=n)) for _ in range(200)]
    assert np.mean(floors) == pytest.approx(1.96 * math.sqrt(2 / n), rel=0.08)


@pytest.mark.parametrize("n", [4, 7, 12, 13, 30])
def test_laws(n):
    """The order of seeds does not matter; a shift does nothing, a scale scales; no spread is no noise."""
    rng = np.random.default_rng(n)
    x = rng.integers(0, 100, n) / 128  # exact in binary, so that shift and scale are exact too
    floor = noise_floor(x)
    assert noise_floor(rng.permutation(x)) == floor
    assert noise_floor(x + 1.0) == pytest.approx(floor, abs=1e-12)
    assert noise_floor(4 * x) == pytest.approx(4 * floor, abs=1e-12)
    assert noise_floor(np.full(n, 0.3)) == pytest.approx(0.0, abs=1e-15)


def test_four_seeds_by_hand():
    """0, 0, 0, 1: every division into two pairs differs by a half, rescaled by sqrt(1/2)."""
    assert noise_floor([0.0, 0.0, 0.0, 1.0]) == pytest.approx(0.5 * math.sqrt(0.5))


def test_three_seeds_are_too_few():
    """Halves of one seed each say nothing."""
    with pytest.raises(ValueError, match="at least 4 values"):
        noise_floor([0.1, 0.2, 0.3])


def test_paired_improvement_counts_ties_half():
    """Shares of both sides add up to one."""
    d = np.array([0.2, -0.1, 0.0, 0.4, 0.0])
    assert paired_improvement(d) == pytest.approx(0.6)
    assert paired_improvement(d) + paired_improvement(-d) == pytest.approx(1.0)
