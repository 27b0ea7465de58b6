"""Performance profiles count the problems within a factor of the best; a failure is infinitely slow."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.statistics import performance_profile

COSTS = np.array(
    [
        [1.0, 2.0, np.inf],
        [4.0, 2.0, 2.0],
        [3.0, 9.0, 6.0],
        [5.0, 5.0, 5.0],
        [np.inf, np.inf, np.inf],
    ]
)


def share(profile, optimizer, tau):
    """Read rho(tau) off the steps."""
    return profile.shares[np.searchsorted(profile.taus, tau, side="right") - 1, optimizer]


def test_by_hand():
    """Best on 3, 2 and 2 of 5 problems (ties count for both); the unsolved problem stays in the denominator."""
    profile = performance_profile(COSTS)
    assert profile.taus.tolist() == [1.0, 2.0, 3.0]
    assert profile.shares.tolist() == [[0.6, 0.4, 0.4], [0.8, 0.6, 0.6], [0.8, 0.8, 0.6]]


def test_is_the_definition():
    """rho_s(tau) = #{p : r <= tau} / P at arbitrary tau; between steps nothing changes."""
    rng = np.random.default_rng(0)
    costs = np.where(rng.random((30, 4)) < 0.1, np.inf, rng.lognormal(size=(30, 4)))
    profile = performance_profile(costs)
    for tau in (1.0, 1.01, 1.5, 2.0, 10.0, 1e6):
        for optimizer in range(4):
            best = costs.min(axis=1)
            within = sum(
                np.isfinite(c) and c <= tau * b * (1 + 1e-12) for c, b in zip(costs[:, optimizer], best, strict=True)
            )
            assert share(profile, optimizer, tau) == pytest.approx(within / 30)


def test_laws():
    """Never falls, starts at 1 for the best, does not care about units or the order of problems."""
    rng = np.random.default_rng(1)
    costs = rng.integers(1, 50, (12, 3)).astype(float)
    profile = performance_profile(costs)
    assert (np.diff(profile.shares, axis=0) >= 0).all()
    assert profile.shares[0].sum() >= 1.0
    assert (profile.shares[-1] == 1.0).all()
    assert (performance_profile(8 * costs).shares == profile.shares).all()
    assert (performance_profile(costs[::-1]).shares == profile.shares).all()


def test_another_entrant_can_reorder_the_others():
    """Gould and Scott 2016: a profile is a statement about its entrants, so they must be named."""
    costs = np.array([[1.0, 1.2]] * 3 + [[3.0, 1.0]] * 2)
    with_third = np.column_stack([costs, [0.1] * 3 + [9.0] * 2])
    before, after = performance_profile(costs), performance_profile(with_third)
    assert share(before, 0, 1.0) > share(before, 1, 1.0)
    assert share(after, 0, 1.0) < share(after, 1, 1.0)


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (np.ones((4, 2)), "at least 5 data sets"),
        (np.ones(6), "data sets by optimizers"),
        (np.zeros((5, 2)), "positive"),
        (np.full((5, 2), np.nan), "positive"),
    ],
)
def test_what_is_refused(costs, words):
    """Seeds are not data sets."""
    with pytest.raises(ValueError, match=words):
        performance_profile(costs)
