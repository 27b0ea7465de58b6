"""The pairs of one question, decided together: which of them count, p adjusted over them, look by look or at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optbench.comparison.outlook import outlook
from optbench.comparison.result import Adjustment, Obstacle
from optbench.statistics import (
    Decision,
    decide,
    holm,
    seeds_for_comparisons,
    sequential_equivalence_p,
    sequential_p,
    shaffer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import PairResult

_OF_THE_DESIGN = (Obstacle.CONFOUNDED, Obstacle.SAME_ALGORITHM, Obstacle.NO_SHARED_SEEDS, Obstacle.FOLDS)
_FEWEST_SEEDS = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """Which pairs of a family a correction is made for, known before any result.

    Attributes
    ----------
    pairs : per pair whether it is among them
    needed : seeds from which so many comparisons can be decided
    """

    pairs: tuple[bool, ...]
    needed: int

    @property
    def number(self) -> int:
        """Holm's m."""
        return sum(self.pairs)


def count_pairs(obstacles: Sequence[Obstacle | None], seeds: Sequence[int], alpha: float) -> Counted:
    """Return the pairs that can be tested by their design, whatever their runs come to.

    Parameters
    ----------
    obstacles : what stands against a test; an outcome of the runs (no score) does not keep a pair from being counted
    seeds : planned and shared, per pair

    Notes
    -----
    With more pairs each needs more seeds. Taken is the largest group of those with the most seeds in which every pair
    has as many as the group needs.
    """
    able = [
        n if obstacle not in _OF_THE_DESIGN and n >= _FEWEST_SEEDS else 0
        for obstacle, n in zip(obstacles, seeds, strict=True)
    ]
    together = max(1, sum(n > 0 for n in able))
    for fewest in sorted(set(able) - {0}):
        number = sum(n >= fewest for n in able)
        if fewest >= seeds_for_comparisons(number, alpha):
            return Counted(tuple(n >= fewest for n in able), seeds_for_comparisons(number, alpha))
    return Counted(tuple(False for _ in able), seeds_for_comparisons(together, alpha))


def count_all(pairs: int, alpha: float) -> Counted:
    """Return that all pairs of a plan count, whether they can be tested or not."""
    return Counted((True,) * pairs, seeds_for_comparisons(max(1, pairs), alpha))


def decide_family(pairs: Sequence[PairResult], counted: Counted, plan: Plan) -> tuple[PairResult, ...]:
    """Return the pairs of one question with their adjusted p values and decisions.

    Parameters
    ----------
    pairs : with their own p values; one that is counted and has none, through the outcome of its runs, counts as 1
    """
    decide_all = _at_looks if plan.looks else _at_once
    return tuple(_with_outlook(pair, plan) for pair in decide_all(pairs, counted, plan))


def _at_once(pairs: Sequence[PairResult], counted: Counted, plan: Plan) -> list[PairResult]:
    """Decide at a fixed number of seeds."""
    how = Adjustment.HOLM if plan.over_all_pairs else _adjustment(pairs, counted)
    optimizers = len({label for pair in pairs for label in (pair.a, pair.b)})
    p_values = [_or_one(pair.p) for pair in pairs]
    p = _adjusted(p_values, counted, optimizers if how is Adjustment.SHAFFER else None)
    equal = _adjusted([_or_one(pair.p_equivalence) for pair in pairs], counted)
    return [
        pair
        if pair.p is None
        else _decided(replace(pair, p_adjusted=p[k], p_equivalence_adjusted=equal[k], adjustment=how), plan)
        for k, pair in enumerate(pairs)
    ]


def _at_looks(pairs: Sequence[PairResult], counted: Counted, plan: Plan) -> list[PairResult]:
    """Decide look by look; whoever is decided stays so, since p values of later looks are never larger."""
    levels = [plan.alpha / m for m in range(1, counted.number + 1)]
    differ = [_sequential(pair, counted.pairs[k], plan, levels) for k, pair in enumerate(pairs)]
    equal = [_sequential(pair, counted.pairs[k], plan, levels, margin=plan.margin) for k, pair in enumerate(pairs)]
    found = list(pairs)
    for look in range(max((len(values) for values in differ), default=0)):
        p_values, e_values = ([values[min(look, len(values) - 1)] for values in each] for each in (differ, equal))
        p, e = _adjusted(p_values, counted), _adjusted(e_values, counted)
        for k, pair in enumerate(found):
            if pair.obstacle is not None or look >= len(differ[k]):
                continue
            now = replace(
                pair,
                p=p_values[k],
                p_equivalence=e_values[k],
                p_adjusted=p[k],
                p_equivalence_adjusted=e[k],
                adjustment=Adjustment.HOLM,
            )
            found[k] = now if pair.look is not None else _at_look(_decided(now, plan), plan.looks[look])
    return found


def _at_look(pair: PairResult, seeds: int) -> PairResult:
    return pair if pair.decision is Decision.UNDECIDED else replace(pair, look=seeds)


def _sequential(
    pair: PairResult, is_counted: bool, plan: Plan, levels: Sequence[float], *, margin: float | None = None
) -> tuple[float, ...]:
    """Return the p values of a pair at the looks it reached; 1 where it was not tested."""
    if pair.obstacle is not None or not is_counted:
        return (1.0,)
    if margin is None:
        return sequential_p(pair.differences, plan.looks, levels=levels)
    return sequential_equivalence_p(pair.differences, plan.looks, margin, levels=levels)


def _adjustment(pairs: Sequence[PairResult], counted: Counted) -> Adjustment:
    """Return Shaffer's step where every pair of the optimizers is tested; one left out, and it is Holm's."""
    optimizers = {label for pair in pairs for label in (pair.a, pair.b)}
    is_complete = len(pairs) == math.comb(len(optimizers), 2) == counted.number
    return Adjustment.SHAFFER if is_complete and all(pair.p is not None for pair in pairs) else Adjustment.HOLM


def _adjusted(p_values: Sequence[float], counted: Counted, optimizers: int | None = None) -> list[float]:
    """Return p adjusted over the pairs that are counted, 1 for the others; by Shaffer's step for so many optimizers."""
    own = [p for p, is_counted in zip(p_values, counted.pairs, strict=True) if is_counted]
    values: NDArray[np.float64] = holm(own) if optimizers is None else shaffer(own, optimizers)
    stepped = iter(values.tolist())
    return [next(stepped) if is_counted else 1.0 for is_counted in counted.pairs]


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p


def _decided(pair: PairResult, plan: Plan) -> PairResult:
    """Return the pair, whose p values are adjusted, with its decision."""
    found = decide(
        p_adjusted=_or_one(pair.p_adjusted),
        equivalent=pair.p_equivalence_adjusted is not None and pair.p_equivalence_adjusted <= plan.alpha,
        a_is_ahead=plan.metric.sign * math.fsum(pair.differences) > 0.0,
        alpha=plan.alpha,
    )
    return replace(pair, decision=found.decision, is_negligible=found.is_negligible)


def _with_outlook(pair: PairResult, plan: Plan) -> PairResult:
    """Return the pair with what is missing, if it is undecided."""
    if pair.obstacle is not None or pair.decision is not Decision.UNDECIDED:
        return pair
    found = outlook(
        pair.differences, pair.difference or 0.0, plan.margin, alpha=plan.alpha, comparisons=pair.comparisons
    )
    if found is None:
        return pair
    return replace(pair, missing=found.missing, more_seeds=max(1, found.seeds - pair.n), detectable=found.detectable)
