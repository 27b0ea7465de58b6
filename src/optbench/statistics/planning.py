"""How many seeds a question needs, and which questions the seeds at hand cannot answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.statistics.location import sample_sd
from optbench.statistics.sample import as_sample, check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST_SEEDS: Final = 1_000_000
_MANY_SEEDS: Final = 50  # from here on the levels that the test can use lie close together
_EXACT_UP_TO: Final = 3
_FARTHEST: Final = 12.0  # in standard deviations: beyond, a normal density adds nothing to a float


def smallest_p(n: int) -> float:
    """Return 2 / 2^n, the smallest two-sided p value that n paired differences can reach.

    Holds for the sign-flip test and the Wilcoxon signed-rank test: of 2^n sign vectors only two are extreme.

    Examples
    --------
    >>> smallest_p(5), smallest_p(6)
    (0.0625, 0.03125)
    """
    if n < 1:
        raise ValueError(f"n must be at least 1. Received: {n}.")
    return math.ldexp(1.0, 1 - n)


def seeds_for_comparisons(comparisons: int, alpha: float = 0.05) -> int:
    """Return the fewest seeds with which one of `comparisons` Holm-adjusted p values can reach `alpha`.

    Notes
    -----
    The smallest n with 2 / 2^n <= alpha / m, because Holm multiplies the smallest of m p values by m.

    Examples
    --------
    >>> [seeds_for_comparisons(m) for m in (1, 2, 3, 4, 5, 6, 10, 15)]
    [6, 7, 7, 8, 8, 8, 9, 10]
    """
    check_alpha(alpha)
    if comparisons < 1:
        raise ValueError(f"comparisons must be at least 1. Received: {comparisons}.")
    n = 1
    while smallest_p(n) > alpha / comparisons:
        n += 1
    return n


def sd_upper_bound(values: ArrayLike, confidence: float = 0.8) -> float:
    """Return a standard deviation that the true one stays below with probability `confidence`.

    Notes
    -----
    s sqrt((n - 1) / chi2_{1 - confidence, n - 1}): a plan built on s itself is too small half of the time.
    At 0.8 the factor is 1.46 for n = 6 and 1.29 for n = 10. Assumes normal values; n >= 2.

    References
    ----------
    Browne 1995, Stat. Med. 14, 1933-1940 (upper limit of a pilot's s for planning).
    """
    from scipy.special import chdtri

    sample = as_sample(values, at_least=2)
    freedom = sample.size - 1
    return sample_sd(sample) * math.sqrt(freedom / float(chdtri(freedom, confidence)))


def paired_power(n: int, effect: float, alpha: float = 0.05) -> float:
    """Return the power of the two-sided paired t test.

    Parameters
    ----------
    n : number of pairs, >= 2
    effect : true mean difference divided by the standard deviation of the differences, >= 0

    Notes
    -----
    1 - F(c) + F(-c), F the noncentral t with n - 1 degrees of freedom and noncentrality effect sqrt(n),
    c = t_{1 - alpha/2, n - 1}. For the sign-flip test, which decides here, see `sign_flip_power`.

    References
    ----------
    Colas, Sigaud and Oudeyer 2018, "How Many Random Seeds?", arXiv:1806.08295, section 4.
    """
    from scipy.special import nctdtr, stdtrit

    check_alpha(alpha)
    critical = float(stdtrit(n - 1, 1.0 - alpha / 2.0))
    shift = effect * math.sqrt(n)
    above, below = (1.0 - float(nctdtr(n - 1, side, critical)) for side in (shift, -shift))
    return above + below  # mirrored, because F(-c) itself is NaN for large effects


def sign_flip_power(n: int, effect: float, alpha: float = 0.05) -> float:
    """Return the power of the exact sign-flip test for normal differences.

    Parameters
    ----------
    n : number of pairs, >= 2
    effect : true mean difference divided by the standard deviation of the differences, >= 0

    Notes
    -----
    Of the 2^(n-1) splits of the seeds, k = floor(alpha 2^(n-1)) may be as extreme as the data. k = 0: the test
    cannot reject. For k = 1, 2 and 3 it rejects where all differences have one sign, where all but the smallest
    have, where all but the second smallest have: for these the power is exact (`_power_of_few_splits`). Beyond, it is
    taken as that of the t test at the level k / 2^(n-1) that is really used; by simulation that is too high by up to
    0.04 at k = 4, by 0.03 at k = 5 and 6, and by 0.02 beyond.

    Examples
    --------
    >>> round(sign_flip_power(6, 1.5), 3), round(paired_power(6, 1.5), 3)
    (0.66, 0.833)
    """
    check_alpha(alpha)
    splits = math.ldexp(1.0, min(n, _MANY_SEEDS) - 1)
    extreme = math.floor(alpha * splits)
    if extreme == 0:
        return 0.0
    if extreme <= _EXACT_UP_TO and extreme < splits:
        return sum(_power_of_few_splits(n, side, extreme) for side in (effect, -effect))
    return paired_power(n, effect, alpha if n > _MANY_SEEDS else extreme / splits)


def _power_of_few_splits(n: int, effect: float, extreme: int) -> float:
    """Return the chance that n normal differences of mean `effect` and sd 1 are among the most extreme, upwards.

    Notes
    -----
    With the differences sorted by size, the sums that are next to the largest belong to the sign vectors that flip
    nothing, the smallest, and the second smallest. Their chances are Phi(effect)^n; that of one negative difference
    -x and all others above x, n Int_0^inf phi(x + effect) Phi(effect - x)^(n-1) dx; and that of one negative
    difference -x, one positive below x and all others above, n (n-1) Int phi(x + effect) [Phi(effect) -
    Phi(effect - x)] Phi(effect - x)^(n-2) dx. For an effect of 0 each is 2^-n, as the test's level demands.
    """
    from scipy.integrate import quad
    from scipy.special import ndtr

    def density(x: float) -> float:
        return math.exp(-0.5 * (x + effect) ** 2) / math.sqrt(2.0 * math.pi)

    def one_flipped(x: float) -> float:
        return n * density(x) * float(ndtr(effect - x)) ** (n - 1)

    def second_flipped(x: float) -> float:
        between = float(ndtr(effect) - ndtr(effect - x))
        return n * (n - 1) * density(x) * between * float(ndtr(effect - x)) ** (n - 2)

    integrands = (one_flipped, second_flipped)[: extreme - 1]
    farthest = _FARTHEST + abs(effect)
    return float(ndtr(effect)) ** n + sum(float(quad(one, 0.0, farthest)[0]) for one in integrands)


def seeds_for_power(
    difference: float, sd: float, *, alpha: float = 0.05, power: float = 0.8, comparisons: int = 1
) -> int:
    """Return the smallest number of paired seeds with which the sign-flip test detects `difference`.

    Parameters
    ----------
    difference : true mean difference to detect, > 0
    sd : standard deviation of the paired differences, >= 0; give `sd_upper_bound`, since s is itself a guess
    comparisons : comparisons of the plan; each is planned at alpha / comparisons, the hardest step of Holm
    power : probability to detect it, for normal differences (`sign_flip_power`)

    Returns
    -------
    int, never below what an exact test needs (`seeds_for_comparisons`); at most 1,000,000

    References
    ----------
    Colas, Sigaud and Oudeyer 2018, "How Many Random Seeds?", arXiv:1806.08295, section 4.
    """
    if difference <= 0.0:
        raise ValueError(f"difference must be positive. Received: {difference}.")
    fewest = max(2, seeds_for_comparisons(comparisons, alpha))
    if sd == 0.0:
        return fewest
    effect = difference / sd
    too_few, enough = fewest - 1, fewest
    while sign_flip_power(enough, effect, alpha / comparisons) < power:
        if enough >= MOST_SEEDS:
            return MOST_SEEDS
        too_few, enough = enough, min(2 * enough, MOST_SEEDS)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if sign_flip_power(middle, effect, alpha / comparisons) < power:
            too_few = middle
        else:
            enough = middle
    return enough


def equivalence_power(n: int, difference: float, sd: float, margin: float, alpha: float = 0.05) -> float:
    """Return a lower bound of the power to show equivalence, for normal differences; close where it is above 1/2.

    Parameters
    ----------
    difference : true mean difference, in size below the margin
    sd : standard deviation of the paired differences, > 0
    margin : largest difference that does not matter
    alpha : level of each of the two one-sided tests

    Notes
    -----
    P(both reject) >= P(first) + P(second) - 1 (Bonferroni), each a one-sided t test at the level floor(alpha 2^n) /
    2^n that n sign flips can use; noncentrality sqrt(n) (margin -/+ difference) / sd. Without the correction for a
    few seeds it is the usual n = ((z_{1-alpha} + z_power) sd / (margin - |difference|))^2, which asks for too few
    below about 20.

    References
    ----------
    Phillips 1990, J. Pharmacokinet. Biopharm. 18, 137-144 (power of two one-sided tests).
    """
    from scipy.special import nctdtr, stdtrit

    check_alpha(alpha)
    splits = math.ldexp(1.0, min(n, _MANY_SEEDS))
    level = alpha if n > _MANY_SEEDS else math.floor(alpha * splits) / splits
    if level == 0.0:
        return 0.0
    critical = float(stdtrit(n - 1, 1.0 - level))
    shifts = (math.sqrt(n) * (margin - difference) / sd, math.sqrt(n) * (margin + difference) / sd)
    missed = sum(float(nctdtr(n - 1, shift, critical)) for shift in shifts)
    return max(0.0, 1.0 - missed)


def seeds_for_equivalence(
    difference: float, sd: float, margin: float, *, alpha: float = 0.05, power: float = 0.8, comparisons: int = 1
) -> int | None:
    """Return the smallest number of paired seeds with which equivalence within `margin` is shown.

    Parameters
    ----------
    difference : true mean difference
    sd : standard deviation of the paired differences, >= 0; give `sd_upper_bound`, since s is itself a guess
    comparisons : comparisons of the plan; each is planned at alpha / comparisons, the hardest step of Holm

    Returns
    -------
    int or None
        None if the difference is not smaller than the margin, or if 1,000,000 seeds would not do.
    """
    if margin <= 0.0:
        raise ValueError(f"margin must be positive. Received: {margin}.")
    if abs(difference) >= margin:
        return None
    level = alpha / comparisons
    fewest = 2
    while math.ldexp(1.0, -fewest) > level:
        fewest += 1
    if sd == 0.0:
        return fewest
    too_few, enough = fewest - 1, fewest
    while equivalence_power(enough, difference, sd, margin, level) < power:
        if enough >= MOST_SEEDS:
            return None
        too_few, enough = enough, min(2 * enough, MOST_SEEDS)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if equivalence_power(middle, difference, sd, margin, level) < power:
            too_few = middle
        else:
            enough = middle
    return enough
