"""The first evaluation that is good enough; a target that everybody passes at once says nothing."""

from __future__ import annotations

import math

import pytest

from optbench.statistics import target_discriminates, time_to_target


def test_first_evaluation_that_is_good_enough():
    """Reaching it exactly counts; what happens afterwards does not."""
    assert time_to_target([0, 1, 2, 3], [0.1, 0.6, 0.5, 0.7], 0.6) == 1.0
    assert time_to_target([0, 1, 2, 3], [2.0, 0.6, 0.5, 0.7], 0.55, higher_is_better=False) == 2.0


def test_a_miss_is_infinite():
    """Also for a run that fell apart: NaN is never good enough, before or after the target."""
    assert time_to_target([0, 1], [0.1, 0.2], 0.6) == math.inf
    assert time_to_target([0, 1, 2], [0.1, math.nan, 0.2], 0.6) == math.inf
    assert time_to_target([0, 1, 2], [1.0, math.nan, math.nan], 0.5, higher_is_better=False) == math.inf


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([1.0, 1.0, 1.0], False),
        ([0.0, 1.0], False),
        ([math.inf, math.inf], False),
        ([1.0, 2.0], True),
        ([1.0, math.inf], True),
        ([7.0, 7.0], True),
    ],
)
def test_a_target_must_discriminate(times, says):
    """Reached by all after one epoch, or by none: void. Reached late, or by some only: it tells something."""
    assert target_discriminates(times, first_evaluation=1.0) is says


@pytest.mark.parametrize(("late", "says"), [(1, False), (2, True)])
def test_a_target_that_few_miss_at_the_first_evaluation_is_void(late, says):
    """Ten runs: one that reaches it late tells nothing, two of them, one in five, do."""
    assert target_discriminates([1.0] * (10 - late) + [3.0] * late, first_evaluation=1.0) is says


def test_lengths_must_agree():
    """Times and values of different runs are not mixed."""
    with pytest.raises(ValueError, match="one length"):
        time_to_target([0, 1], [0.5], 0.4)
