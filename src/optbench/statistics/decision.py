"""From one paired comparison to one of four words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What a pair of optimizers ends with. "Better" means the better score, whichever direction that is."""

    A_BETTER = "a_better"
    B_BETTER = "b_better"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision with the one nuance that the four words hide.

    Attributes
    ----------
    decision : one of the four words
    is_negligible : True if a difference was shown, and also that it lies within the margin
    """

    decision: Decision
    is_negligible: bool = False


def decide(*, p_adjusted: float, equivalent: bool, a_is_ahead: bool, alpha: float) -> Outcome:
    """Decide one comparison.

    Parameters
    ----------
    p_adjusted : Holm-adjusted p value of the test of no difference
    equivalent : result of `is_equivalent` for the declared margin; among several comparisons, whether the
        Holm-adjusted `equivalence_p` is at most alpha
    a_is_ahead : True if A has the better mean (the higher one, or the lower one for a loss)
    alpha : level

    Notes
    -----
    | | not equivalent | equivalent |
    |---|---|---|
    | p_adjusted <= alpha | better | equivalent, is_negligible: real, but within the margin |
    | p_adjusted > alpha | undecided | equivalent |

    References
    ----------
    Lakens 2017, Soc. Psychol. Personal. Sci. 8, 355-362, figure 1 (the four outcomes).
    """
    differs = p_adjusted <= alpha
    if equivalent:
        return Outcome(Decision.EQUIVALENT, is_negligible=differs)
    if not differs:
        return Outcome(Decision.UNDECIDED)
    return Outcome(Decision.A_BETTER if a_is_ahead else Decision.B_BETTER)
