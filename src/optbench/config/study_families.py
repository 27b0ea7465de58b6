"""Which pairs of a study are compared, and which of them answer one question together."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet


class Family(StrEnum):
    """A question of its own, with a correction of its own at the full level."""

    TUNED = "tuned"
    """Which optimizer, after tuning?"""
    DEFAULTS = "defaults"
    """Which one, without tuning? All rows that search nothing."""
    TUNED_VS_DEFAULT = "tuned_vs_default"
    """What is tuning worth? A tuned row against one that was not."""
    ALL = "all"
    """All pairs of a plan whose design has one question (`StudyDesign.separate_questions`)."""


def family_of(a: str, b: str, untuned: AbstractSet[str]) -> Family:
    """Return the question that a pair belongs to.

    Parameters
    ----------
    untuned : labels of the rows that search nothing
    """
    return (Family.TUNED, Family.TUNED_VS_DEFAULT, Family.DEFAULTS)[(a in untuned) + (b in untuned)]


def is_compared(
    a: str,
    b: str,
    *,
    baseline: str | None,
    aside: Mapping[str, AbstractSet[str]],
    untuned: AbstractSet[str] = frozenset(),
) -> bool:
    """Return True if a plan compares two labels.

    Parameters
    ----------
    baseline : label that every other one is compared with; None for all pairs. Among rows that were not tuned a tuned
        baseline is stood for by the row at its defaults
    aside : label of a row at its defaults -> the only tuned labels it is compared with
    untuned : labels of the rows that search nothing; those are compared with each other too
    """
    if a in untuned and b in untuned:
        stands = _untuned_baselines(baseline, aside, untuned)
        return not stands or a in stands or b in stands
    if a in aside or b in aside:
        return b in aside.get(a, ()) or a in aside.get(b, ())
    return baseline is None or baseline in (a, b)


def _untuned_baselines(
    baseline: str | None, aside: Mapping[str, AbstractSet[str]], untuned: AbstractSet[str]
) -> AbstractSet[str]:
    """Return the rows that stand for the baseline among those that were not tuned; none for all pairs."""
    if baseline is None or baseline in untuned:
        return frozenset() if baseline is None else frozenset({baseline})
    return frozenset(label for label, tuned in aside.items() if baseline in tuned)
