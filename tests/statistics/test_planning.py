"""How many seeds a question needs: against statsmodels, SciPy and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2
from statsmodels.stats.power import TTestPower

from optbench.statistics import (
    equivalence_p,
    equivalence_power,
    paired_power,
    sample_sd,
    sd_upper_bound,
    seeds_for_comparisons,
    seeds_for_equivalence,
    seeds_for_power,
    sign_flip_p,
    sign_flip_power,
    smallest_p,
)


@pytest.mark.parametrize("n", range(1, 9))
def test_smallest_p_is_what_the_test_reaches(n):
    """No n paired seeds can be further apart than all on one side."""
    assert smallest_p(n) == sign_flip_p(np.ones(n))


@pytest.mark.parametrize(("optimizers", "seeds"), [(2, 6), (3, 7), (4, 8), (5, 9), (6, 10)])
def test_seeds_for_all_pairs(optimizers, seeds):
    """The table of the method's document: two optimizers need 6 seeds, six need 10."""
    comparisons = optimizers * (optimizers - 1) // 2
    assert seeds_for_comparisons(comparisons) == seeds
    assert comparisons * smallest_p(seeds) <= 0.05 < comparisons * smallest_p(seeds - 1)


@pytest.mark.parametrize("n", [6, 10, 30])
@pytest.mark.parametrize("effect", [0.0, 0.3, 0.8, 1.2])
def test_power_equals_statsmodels(n, effect):
    """The power of the two-sided paired t test."""
    expected = TTestPower().power(effect, n, 0.05, alternative="two-sided")
    assert paired_power(n, effect) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [6, 30, 1000])
def test_a_huge_effect_is_always_found(n):
    """The power is 1 where SciPy's noncentral t gives NaN in its far tail."""
    assert paired_power(n, 2.0 if n > 6 else 50.0) == pytest.approx(1.0)


@pytest.mark.parametrize(("effect", "seeds"), [(2.0, 6), (1.0, 11), (0.8, 15), (0.5, 34), (0.3, 90)])
def test_seeds_for_power_of_the_rule_of_thumb(effect, seeds):
    """Published sizes of the t test; one seed more at 1.0, since the exact test can't use all of its 5 %."""
    assert seeds_for_power(effect, 1.0) == seeds


@pytest.mark.parametrize("comparisons", [1, 3])
def test_seeds_for_power_is_the_smallest_number(comparisons):
    """One seed less has too little power."""
    n = seeds_for_power(0.4, 1.0, comparisons=comparisons)
    assert sign_flip_power(n, 0.4, 0.05 / comparisons) >= 0.8 > sign_flip_power(n - 1, 0.4, 0.05 / comparisons)


def test_without_spread_the_exact_test_sets_the_number():
    """sd 0 needs no more seeds than the test itself."""
    assert seeds_for_power(0.1, 0.0) == 6
    assert seeds_for_power(0.1, 0.0, comparisons=3) == 7


def test_hopeless_questions_end():
    """A difference far below the spread gives the cap instead of an endless search."""
    assert seeds_for_power(1e-9, 1.0) == 1_000_000


@pytest.mark.parametrize(("n", "factor"), [(6, 1.46), (10, 1.29)])
def test_upper_bound_of_the_spread(n, factor):
    """s sqrt((n - 1) / chi2), which lies above the true one in 80 % of pilots."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=n)
    assert sd_upper_bound(x) == pytest.approx(sample_sd(x) * np.sqrt((n - 1) / chi2.ppf(0.2, n - 1)), rel=1e-12)
    assert sd_upper_bound(x) / sample_sd(x) == pytest.approx(factor, abs=0.005)
    above = np.mean([sd_upper_bound(rng.normal(size=n)) >= 1.0 for _ in range(2000)])
    assert above == pytest.approx(0.8, abs=0.03)


def test_planned_power_is_what_the_exact_test_has():
    """Planned for 80 %, the sign-flip test finds a true difference about that often."""
    n = seeds_for_power(1.0, 1.0)
    rng = np.random.default_rng(0)
    found = np.mean([sign_flip_p(rng.normal(1.0, 1.0, n)) <= 0.05 for _ in range(1000)])
    assert found == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("n", [6, 7, 8, 9, 10, 12])
@pytest.mark.parametrize("effect", [0.0, 0.8, 1.5])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3])
def test_power_of_the_exact_test_by_simulation(n, effect, alpha):
    """Never far below what is stated, and exact where one sign must be shared by all."""
    rng = np.random.default_rng(n)
    found = np.mean([sign_flip_p(rng.normal(effect, 1.0, n)) <= alpha for _ in range(1000)])
    stated = sign_flip_power(n, effect, alpha)
    extreme = int(alpha * 2 ** (n - 1))
    bias = 0.0 if extreme <= 3 else 0.04
    assert stated - bias - 0.05 <= found <= stated + 0.05


def test_power_of_many_seeds_is_that_of_the_t_test():
    """The levels lie so close together that nothing is lost."""
    assert sign_flip_power(400, 0.1) == paired_power(400, 0.1)
    assert sign_flip_power(5, 9.0) == 0.0


def test_nonsense_is_refused():
    """Questions without an answer say so."""
    with pytest.raises(ValueError, match="difference must be positive"):
        seeds_for_power(0.0, 1.0)
    with pytest.raises(ValueError, match="comparisons must be at least 1"):
        seeds_for_comparisons(0)
    with pytest.raises(ValueError, match="n must be at least 1"):
        smallest_p(0)


@pytest.mark.parametrize("n", [6, 8, 10])
@pytest.mark.parametrize("extreme", [1, 2, 3])
def test_without_an_effect_the_power_is_the_level_that_is_used(n, extreme):
    """Of 2^(n-1) splits the most extreme ones are chosen each with the same chance: the closed form must say so."""
    splits = 2.0 ** (n - 1)
    assert sign_flip_power(n, 0.0, (extreme + 0.5) / splits) == pytest.approx(extreme / splits)


@pytest.mark.parametrize(("n", "comparisons", "effect"), [(10, 10, 1.5), (9, 6, 1.6), (8, 3, 1.2)])
def test_power_of_two_and_three_splits_is_exact(n, comparisons, effect):
    """Against simulation; the t test's power at that level is six to eight points too high."""
    studies = 3000
    d = np.random.default_rng(n).normal(size=(studies, n)) + effect
    found = np.mean([sign_flip_p(row) * comparisons <= 0.05 for row in d])
    stated = sign_flip_power(n, effect, 0.05 / comparisons)
    assert abs(found - stated) <= 4 * np.sqrt(stated * (1 - stated) / studies)


@pytest.mark.parametrize(("n", "difference", "margin"), [(10, 0.0, 1.0), (12, 0.3, 1.2)])
def test_power_for_equivalence_is_a_close_lower_bound(n, difference, margin):
    """Simulation is not below it, and not far above."""
    studies = 1000
    d = np.random.default_rng(n).normal(size=(studies, n)) + difference
    found = np.mean([equivalence_p(row, margin) <= 0.05 for row in d])
    stated = equivalence_power(n, difference, 1.0, margin)
    error = np.sqrt(stated * (1 - stated) / studies)
    assert stated - 4 * error <= found <= stated + 0.05 + 4 * error


def test_seeds_for_equivalence_are_the_fewest_with_the_power():
    """One seed less has too little; at the margin none do; many seeds need what the normal formula says."""
    n = seeds_for_equivalence(0.2, 1.0, 1.0, comparisons=3)
    assert equivalence_power(n, 0.2, 1.0, 1.0, 0.05 / 3) >= 0.8 > equivalence_power(n - 1, 0.2, 1.0, 1.0, 0.05 / 3)
    assert seeds_for_equivalence(1.0, 1.0, 1.0) is None
    many = seeds_for_equivalence(0.4, 1.0, 0.5)
    assert many == pytest.approx(((1.6449 + 0.8416) / 0.1) ** 2, rel=0.02)
    assert seeds_for_equivalence(0.1, 0.0, 0.5) == 5
