"""The restricted mean time counts misses with the whole budget, and agrees with Kaplan-Meier of statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import restricted_mean_time


@pytest.mark.parametrize("seed", range(30))
def test_agrees_with_the_kaplan_meier_curve_of_statsmodels(seed):
    """Random times, some censored early, with ties: the area under statsmodels' survival curve."""
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(seed)
    times, reached = rng.integers(1, 15, 12).astype(float), rng.random(12) < 0.7
    times[0], reached[0] = 20.0, False
    curve = SurvfuncRight(times, reached.astype(int))
    starts = np.concatenate([[0.0], curve.surv_times])
    ends = np.concatenate([curve.surv_times, [12.0]])
    heights = np.concatenate([[1.0], curve.surv_prob])
    expected = (heights * np.clip(np.minimum(ends, 12.0) - np.minimum(starts, 12.0), 0.0, None)).sum()
    assert restricted_mean_time(times, reached, 12.0) == pytest.approx(expected)


def test_freireich_1963():
    """The remission times of 6-MP against leukaemia: the area up to 23 weeks of the published survival curve.

    Source of the times and of the curve's values: Freireich et al. 1963, Blood 21, 699-716; Kleinbaum and Klein,
    Survival Analysis, chapter 2 (0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482).
    """
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    heights = [1.0, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378]
    steps = np.diff([0, 6, 7, 10, 13, 16, 22, 23])
    result = restricted_mean_time(events + censored, [True] * 9 + [False] * 12, 23.0)
    assert result == pytest.approx(float(steps @ heights), abs=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_without_early_censoring_it_is_the_mean_of_the_cut_times(seed):
    """RMT = mean(min(T, tau)) when every miss was watched to the end; the order of runs does not matter."""
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 40, 9).astype(float)
    reached = times <= 25
    watched = np.where(reached, times, 30.0)
    result = restricted_mean_time(watched, reached, 25.0)
    assert result == pytest.approx(np.minimum(times, 25.0).mean())
    order = rng.permutation(9)
    assert restricted_mean_time(watched[order], reached[order], 25.0) == result


def test_a_diverged_run_costs_the_whole_budget():
    """It is not censored at its death: leaving it out would reward instability."""
    assert restricted_mean_time([4.0, math.inf], [True, False], 10.0) == 7.0
    assert restricted_mean_time([math.inf, math.inf], [False, False], 10.0) == 10.0


def test_all_reached_is_the_plain_mean():
    """No miss, no censoring."""
    assert restricted_mean_time([1.0, 2.0, 6.0], [True] * 3, 6.0) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("times", "reached", "horizon", "words"),
    [
        ([1.0], [True, False], 5.0, "one length"),
        ([], [], 5.0, "one length"),
        ([-1.0], [True], 5.0, "at least 0"),
        ([math.nan], [True], 5.0, "at least 0"),
        ([1.0], [True], 0.0, "positive"),
        ([math.inf], [True], 5.0, "finite time"),
        ([1.0, 3.0], [True, False], 5.0, "up to the horizon"),
    ],
)
def test_what_is_refused(times, reached, horizon, words):
    """An unknown end of the curve is an error, not a guess."""
    with pytest.raises(ValueError, match=words):
        restricted_mean_time(times, reached, horizon)
