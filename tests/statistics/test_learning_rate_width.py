"""The width is the distance in decades between the rates at which the score has lost delta."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import learning_rate_width, learning_rate_width_interval

RATES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]


def test_interpolated_on_both_sides():
    """A tent in log10(rate): 10 points lost per decade, so 5 points are lost half a decade away."""
    width = learning_rate_width(RATES, [0.70, 0.80, 0.90, 0.80, 0.70], delta=0.05)
    assert width.decades == pytest.approx(1.0)
    assert (width.low, width.best, width.high) == pytest.approx((10**-3.5, 1e-3, 10**-2.5))
    assert not width.is_lower_bound
    assert str(width) == "1.0 decades"


def test_agrees_with_a_fine_grid():
    """Against a brute-force search on the interpolated curve."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        scores = rng.random(8)
        rates = np.sort(10 ** rng.uniform(-6, 0, 8))
        width = learning_rate_width(rates, scores, delta=0.3)
        grid = np.linspace(np.log10(rates[0]), np.log10(rates[-1]), 200_001)
        inside = np.interp(grid, np.log10(rates), scores) >= scores.max() - 0.3
        centre = int(np.argmin(np.abs(grid - np.log10(width.best))))
        left = centre - int(np.argmin(inside[centre::-1])) if not inside[: centre + 1].all() else 0
        right = centre + int(np.argmin(inside[centre:])) if not inside[centre:].all() else len(grid) - 1
        assert width.decades == pytest.approx(grid[right] - grid[left], abs=2e-4)
        assert width.low_is_edge == inside[: centre + 1].all()
        assert width.high_is_edge == inside[centre:].all()


def test_the_edge_gives_a_lower_bound():
    """Still good at the largest rate tried: the width is at least what was seen."""
    width = learning_rate_width(RATES, [0.5, 0.6, 0.90, 0.90, 0.895], delta=0.01)
    assert (width.low_is_edge, width.high_is_edge) == (False, True)
    assert width.high == pytest.approx(0.1)
    assert str(width).startswith(">= ")


def test_diverged_rates_are_outside():
    """There is nothing to interpolate to: the range ends at the last rate that trained."""
    for lost in (math.nan, -math.inf, math.inf):
        width = learning_rate_width(RATES, [0.70, 0.90, 0.90, lost, 0.90], delta=0.1)
        assert width.high == pytest.approx(1e-3)
        assert not width.high_is_edge


def test_only_the_range_around_the_best_counts():
    """A second island of good rates beyond a bad one is not reached by turning the knob a little."""
    width = learning_rate_width(RATES, [0.9, 0.5, 0.5, 0.5, 0.89], delta=0.02)
    assert (width.best, width.low_is_edge) == (1e-5, True)
    assert width.decades == pytest.approx(0.05)


def test_laws():
    """Order of rates, a loss upside down, wider with delta; exactly delta off is inside, whatever the rounding."""
    scores = [0.3, 0.8, 0.9, 0.85, 0.1]
    width = learning_rate_width(RATES, scores, 0.1)
    assert learning_rate_width(RATES[::-1], scores[::-1], 0.1) == width
    turned = learning_rate_width(RATES, [-score for score in scores], 0.1, higher_is_better=False)
    assert turned == width
    assert learning_rate_width(RATES, scores, 0.2).decades > width.decades
    assert learning_rate_width([1e-3, 1e-2, 1e-1], [0.90, 0.89, 0.90], delta=0.01).decades == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("rates", "scores", "delta", "words"),
    [
        ([1e-3], [0.9], 0.1, "at least 2 rates"),
        ([1e-3, 1e-2], [0.9], 0.1, "at least 2 rates"),
        ([1e-3, 1e-3], [0.9, 0.8], 0.1, "different"),
        ([0.0, 1e-3], [0.9, 0.8], 0.1, "positive"),
        ([1e-3, 1e-2], [math.nan, math.nan], 0.1, "finite score"),
        ([1e-3, 1e-2], [0.9, 0.8], -0.1, "delta"),
    ],
)
def test_what_is_refused(rates, scores, delta, words):
    """Without a curve there is no width."""
    with pytest.raises(ValueError, match=words):
        learning_rate_width(rates, scores, delta)


def test_interval_over_seeds():
    """Around the width of the means, a point without noise, wider with more; the order of seeds moves no digit."""
    rng = np.random.default_rng(0)
    tent = np.array([0.70, 0.80, 0.90, 0.80, 0.70])[:, None]
    assert learning_rate_width_interval(RATES, np.repeat(tent, 4, axis=1), 0.05) == pytest.approx((1.0, 1.0))
    noisy = tent + 0.01 * rng.normal(size=(5, 8))
    low, high = learning_rate_width_interval(RATES, noisy, 0.05)
    assert low < learning_rate_width(RATES, noisy.mean(axis=1), 0.05).decades < high
    assert learning_rate_width_interval(RATES, noisy[:, ::-1], 0.05) == (low, high)
    wider = learning_rate_width_interval(RATES, tent + 0.03 * rng.normal(size=(5, 8)), 0.05)
    assert wider[1] - wider[0] > high - low


def test_interval_counts_diverged_seeds():
    """A rate at which some seed diverged is outside where that seed is drawn, and inside where it is not."""
    scores = np.array([[0.9, 0.9], [0.9, math.nan]])
    assert learning_rate_width_interval([1e-3, 1e-2], scores, 0.1) == (0.0, pytest.approx(1.0))
    assert learning_rate_width_interval([1e-3, 1e-2], np.full((2, 2), math.nan), 0.1) == (0.0, 0.0)
    with pytest.raises(ValueError, match="at least 2 seeds"):
        learning_rate_width_interval([1e-3, 1e-2], [0.9, 0.8], 0.1)
