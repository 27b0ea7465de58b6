"""What an undecided pair lacks, a difference or equivalence, and how many seeds in all would show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from optbench.statistics import sd_upper_bound, seeds_for_equivalence, seeds_for_power

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SEEDS_NAMED: Final = 1000
"""A plan of more seeds is not named: nobody runs it, and a study file takes no later last look."""

MOST_SEEDS_ADVISED: Final = 200  # more of them are told with a doubt
_SPREAD: Final = 1.2  # looks in between cost about so many more seeds at most, for the same power


class Missing(StrEnum):
    """What would decide an undecided pair."""

    DIFFERENCE = "difference"
    EQUIVALENCE = "equivalence"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan would need that decides such a pair four times in five.

    Attributes
    ----------
    missing : what is not shown yet
    seeds : in all, in a plan that names them before its first run
    detectable : the difference that they detect; None for equivalence
    """

    missing: Missing
    seeds: int
    detectable: float | None


def outlook(
    differences: Sequence[float], mean: float, margin: float, *, alpha: float, comparisons: int
) -> Outlook | None:
    """Return what is missing, or None if no realistic number of seeds would do.

    Parameters
    ----------
    differences : paired, of an undecided pair, at least 2
    mean : of them
    comparisons : of the family; each is planned at alpha / comparisons

    Notes
    -----
    Where the mean lies inside the margin, equivalence is missing: a difference that is shown there would not matter.
    Else it is the difference that was seen or, where so many seeds have failed to show that one, one of the margin's
    size. The plan takes the upper 80 % limit of the standard deviation, since s is itself a guess.
    """
    sd = sd_upper_bound(differences)
    n = len(differences)
    if abs(mean) < margin:
        needed = seeds_for_equivalence(mean, sd, margin, alpha=alpha, comparisons=comparisons)
        if needed is not None and max(needed, n + 1) <= MOST_SEEDS_NAMED:
            return Outlook(Missing.EQUIVALENCE, max(needed, n + 1), None)
    for detectable in dict.fromkeys((max(abs(mean), margin), margin)):
        needed = seeds_for_power(detectable, sd, alpha=alpha, comparisons=comparisons)
        if n < needed <= MOST_SEEDS_NAMED:
            return Outlook(Missing.DIFFERENCE, needed, detectable)
    return None


def reserved(seeds: int) -> int:
    """Return `at_most` of a plan that may stop early and, at the latest, has the power of so many seeds.

    Near the most that a study file takes it is that: so many looks then cost a little power.
    """
    return min(MOST_SEEDS_NAMED, -int(-_SPREAD * seeds // 1))
