"""Tests at several declared looks: exact, nested, and what published boundaries say where differences are normal."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from optbench.config.looks import declared_looks
from optbench.statistics import (
    holm,
    repeated_interval,
    sequential_equivalence_p,
    sequential_p,
    sign_flip_p,
)

LOOKS = (4, 6, 8)
ALL_SIGNS = np.array(list(itertools.product([1.0, -1.0], repeat=8)))
SEED_OF_EXAMPLE = 3
LEVELS = (0.5, 0.2, 0.1, 0.05, 0.03, 0.02)


def rejects(d, looks, level):
    """The design at a level, spelled out over all sign vectors: the look that rejects, or None."""
    n_max = looks[-1]
    signs = list(itertools.product([1, -1], repeat=n_max))
    gone = set()
    for n in looks:
        sums = {e: round(abs(sum(s * x for s, x in zip(e, d[:n], strict=False))), 9) for e in signs}
        room = math.floor(level * n / n_max * len(signs))
        for value in sorted(set(sums.values()), reverse=True):
            tail = {e for e in signs if sums[e] >= value and sums[e] > 0}
            if len(gone | tail) > room:
                break
            taken = tail
        else:
            taken = {e for e in signs if sums[e] > 0}
        if len(gone | {e for e in signs if sums[e] >= max(sums.values())}) <= room:
            gone |= taken
        if signs[0] in gone:
            return n
    return None


def test_looks_are_at_the_first_number_and_every_half_of_it_more():
    """Last at the largest number, whatever is left until there."""
    assert declared_looks(8, 24) == (8, 12, 16, 20, 24)
    assert declared_looks(7, 12) == (7, 11, 12)
    assert declared_looks(10, 10) == (10,)
    with pytest.raises(ValueError, match="at_most must be at least seeds"):
        declared_looks(10, 8)


@pytest.mark.parametrize("seed", range(6))
def test_p_is_where_the_design_begins_to_reject_at_every_level(seed):
    """Against the design spelled out over all sign vectors: at p and at every level of interest above, it rejects."""
    rng = np.random.default_rng(seed)
    d = np.round(rng.normal(size=8) + 0.8, 1)
    p = sequential_p(d, LOOKS, levels=LEVELS)[-1]
    for level in LEVELS:
        if level >= p:
            assert rejects(list(d), LOOKS, level * (1 - 1e-12)) is not None
    lower = [level for level in LEVELS if level < p]
    if lower:  # the largest level below p at which the design still fails lies between the two
        between = np.linspace(lower[0], p, 60)
        assert any(rejects(list(d), LOOKS, level) is None for level in between)


@settings(max_examples=15)
@given(st.lists(st.integers(-6, 6), min_size=8, max_size=8))
def test_later_looks_and_other_names_of_the_pair(d):
    """p never rises from look to look; swapping the two optimizers changes nothing; p is at least that of one look."""
    p = sequential_p(d, LOOKS, levels=LEVELS)
    assert list(p) == sorted(p, reverse=True)
    assert sequential_p([-x for x in d], LOOKS, levels=LEVELS) == p
    single = min(sign_flip_p(d[:n]) for n in LOOKS)
    assert p[-1] >= single - 1e-9
    assert sequential_equivalence_p(d, LOOKS, 2.5) == sequential_equivalence_p([-x for x in d], LOOKS, 2.5)


@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5, 6, 7, 8), (9, 1, 1, 1, 1, 1, 1, 9)])
def test_over_all_sign_vectors_the_level_is_kept(sizes):
    """Exactness by enumeration: of all 256 sign vectors at most a share alpha ends with p at most alpha."""
    p = np.array([sequential_p(signs * np.array(sizes), LOOKS, levels=LEVELS)[-1] for signs in ALL_SIGNS])
    for level in LEVELS:
        assert np.mean(p <= level) <= level + 1e-12


def test_one_look_is_the_fixed_test():
    """With a single look p is that of the sign-flip test, rounded up to the grid of levels at most."""
    d = np.array([0.4, 0.7, -0.1, 0.9, 0.3, 0.8, 0.2, 0.6])
    fixed = sign_flip_p(d)
    assert sequential_p(d, (8,), levels=(fixed * (1 + 1e-9),)) == pytest.approx((fixed,))
    assert fixed <= sequential_p(d, (8,))[0] <= fixed * 10**0.01


def test_what_is_far_from_zero_is_found_at_the_first_look_that_can():
    """Eight of one sign have a p of 2/256: below 0.05 * 8/24, so the first look decides one pair; six pairs wait."""
    looks = declared_looks(8, 24)
    d = np.arange(1.0, 25.0)
    p = sequential_p(d, looks, levels=(0.05, 0.05 / 6))
    assert p[0] <= 0.05
    assert p[0] > 0.05 / 6
    assert p[1] <= 0.05 / 6


def lan_demets(looks, alpha):
    """Two-sided boundaries of linear spending for a Brownian motion: its density between them, look by look."""
    times = np.array(looks) / looks[-1]
    grid = np.linspace(-6.0, 6.0, 1601)
    step = grid[1] - grid[0]
    bounds, density, before = [], None, 0.0
    for t in times:
        spread = math.sqrt(t - before)
        if density is None:
            density = norm.pdf(grid, scale=spread)
        else:
            share = np.clip((bounds[-1] * math.sqrt(before) - np.abs(grid)) / step + 0.5, 0.0, 1.0)
            inside = density * share  # of the last cell only what lies within
            density = norm.pdf(grid[:, None] - grid[None, :], scale=spread) @ inside * step
        beyond = 2.0 * (np.cumsum(density[::-1])[::-1] - 0.5 * density) * step  # mass above each point, both sides
        bounds.append(float(np.interp(-alpha * (t - before), -beyond[800:], grid[800:])) / math.sqrt(t))
        before = t
    return bounds


def test_boundaries_of_linear_spending_are_the_published_ones():
    """Lan and DeMets 1983, Biometrika 70, table 1: five looks, alpha* = alpha t, two-sided 0.05."""
    assert lan_demets((1, 2, 3, 4, 5), 0.05) == pytest.approx([2.58, 2.49, 2.41, 2.34, 2.28], abs=0.006)


@pytest.mark.parametrize("look", [0, 1])
def test_with_many_seeds_the_boundaries_are_those_of_lan_and_demets(look):
    """Just beyond the boundary of a look the exact test rejects there; just within it, it does not."""
    looks = (40, 80, 120, 160, 200)
    rng = np.random.default_rng(3)
    n, before = looks[look], (0, *looks)[look]
    noise = rng.normal(size=n)
    noise[:before] -= noise[:before].mean() if before else 0.0
    noise[before:] -= noise[before:].mean()
    bound = lan_demets(looks[: look + 1], 0.05 * looks[look] / looks[-1])[look]
    for z, expected in ((bound + 0.12, True), (bound - 0.12, False)):
        d = shifted_to(noise, before, z)
        assert (sequential_p(d, looks, levels=(0.05,))[-1] <= 0.05) == expected


def shifted_to(noise, before, z):
    """Shift what comes after the look before, until sum / root of the sum of squares is z."""
    low, high = 0.0, 5.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        moved = noise + middle * (np.arange(noise.size) >= before)
        low, high = (middle, high) if moved.sum() / math.sqrt((moved**2).sum()) < z else (low, middle)
    return noise + high * (np.arange(noise.size) >= before)


def test_several_hypotheses_as_maurer_and_bretz_propose():
    """Holm over the p values of the looks is their graphical procedure: a level passes on, for earlier looks too.

    Two hypotheses, each tested at alpha / 2 first. The second alone is rejected, at the first look; from then on the
    first is tested at the full alpha (Maurer and Bretz 2013, Stat. Biopharm. Res. 5, section 3, algorithm 1).
    """
    looks = declared_looks(8, 24)
    rng = np.random.default_rng(SEED_OF_EXAMPLE)
    strong, weak = rng.normal(size=24) + 3.0, rng.normal(size=24) + 0.6
    levels = (0.05, 0.025)
    p_strong, p_weak = (sequential_p(d, looks, levels=levels) for d in (strong, weak))
    by_graph = []
    open_ones, level = {0: p_strong, 1: p_weak}, 0.025
    for j in range(len(looks)):
        while True:
            found = [k for k, p in open_ones.items() if p[j] <= level]
            if not found:
                break
            by_graph.append((found[0], looks[j]))
            del open_ones[found[0]]
            level = 0.05 if open_ones else level
    by_holm, seen = [], set()
    for j, n in enumerate(looks):
        adjusted = holm([p_strong[j], p_weak[j]])
        for k in range(2):
            if adjusted[k] <= 0.05 and k not in seen:
                seen.add(k)
                by_holm.append((k, n))
    assert by_holm == by_graph
    assert by_holm[0] == (0, 8)
    assert len(by_holm) == 2  # the weaker one needs the level that the stronger one passes on
    assert 0.025 < p_weak[looks.index(by_holm[1][1])] <= 0.05


def test_equivalence_needs_both_sides():
    """Small differences are equivalent early; those at the margin or beyond never are."""
    rng = np.random.default_rng(5)
    looks = declared_looks(8, 24)
    near = 0.1 * rng.normal(size=24)
    assert sequential_equivalence_p(near, looks, 1.0, levels=(0.05,))[0] <= 0.05
    assert sequential_equivalence_p(near + 1.0, looks, 1.0, levels=(0.05,))[-1] > 0.05
    assert sequential_equivalence_p(near - 1.5, looks, 1.0, levels=(0.05,)) == (1.0,) * 5


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_agrees_with_p_and_moves_with_the_data(seed):
    """0 is outside where p is at most alpha; a shift moves both ends, a factor scales them."""
    rng = np.random.default_rng(seed)
    looks = declared_looks(6, 12)
    d = rng.normal(size=12) + 0.6
    low, high = repeated_interval(d, looks, 0.05)
    outside = low > 0.0 or high < 0.0
    assert outside == (sequential_p(d, looks, levels=(0.05,))[-1] <= 0.05)
    assert low < d.mean() < high
    assert repeated_interval(d + 5.0, looks, 0.05) == pytest.approx((low + 5.0, high + 5.0), abs=1e-5)
    assert repeated_interval(-3.0 * d, looks, 0.05) == pytest.approx((-3.0 * high, -3.0 * low), abs=1e-5)


def test_too_few_seeds_bound_nothing():
    """Four differences cannot reject at the level of a first look of twelve."""
    assert repeated_interval([1.0, 2.0, 1.5, 1.2], (4, 12), 0.05) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("looks", "told"), [((), "looks must rise"), ((8, 4), "looks must rise"), ((9, 12), "the first look is at 9")]
)
def test_what_makes_no_plan_is_refused(looks, told):
    """Looks that do not rise, or none that is reached."""
    with pytest.raises(ValueError, match=told):
        sequential_p([1.0] * 8, looks)
