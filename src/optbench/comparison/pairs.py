"""Every pair of optimizers, seed by seed: interval, test, Holm over all pairs, decision."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.comparison.result import Obstacle, PairResult
from optbench.comparison.scores import scores_by_seed
from optbench.config import is_compared
from optbench.statistics import (
    Decision,
    bca_interval,
    decide,
    equivalence_p,
    holm,
    paired_improvement,
    sd_upper_bound,
    seeds_for_comparisons,
    seeds_for_power,
    sign_flip_interval,
    sign_flip_p,
    student_t_interval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from optbench.catalog.metric import Metric
    from optbench.comparison.result import OptimizerSummary

_HALVINGS_OF_MARGIN: Final = 10
MOST_SEEDS_NAMED: Final = 1000
BCA_FROM: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared with what, at which level.

    Attributes
    ----------
    metric, alpha, margin : as in `Comparison`
    baseline : label that every other optimizer is compared with; None for all pairs
    confounded : pairs of labels whose conditions differ in something that could make the gap
    aside : label -> the only labels it is compared with; its rank decides nothing (a default beside its tuned self)
    clock : False leaves out what clocks measured, so that the words follow from the runs' numbers alone
    """

    metric: Metric
    alpha: float
    margin: float
    baseline: str | None
    confounded: AbstractSet[frozenset[str]]
    aside: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    clock: bool = True

    def compares(self, a: str, b: str) -> bool:
        """Return True if the plan compares two labels."""
        return is_compared(a, b, baseline=self.baseline, aside=self.aside)


def compare_pairs(summaries: tuple[OptimizerSummary, ...], plan: Plan) -> tuple[PairResult, ...]:
    """Return one result per pair.

    Parameters
    ----------
    summaries : best first; of a pair the earlier one is `a`, or the one that is not the baseline

    Notes
    -----
    Holm's m is the number of pairs of the plan, for the tests of a difference and for those of equivalence
    alike. A pair that cannot be tested counts as p = 1 there, so that
    leaving out a pair never makes another one easier to decide.
    """
    chosen = [
        (b, a) if a.label == plan.baseline else (a, b)
        for a, b in itertools.combinations(summaries, 2)
        if plan.compares(a.label, b.label)
    ]
    raw = [_describe(a, b, plan, comparisons=len(chosen)) for a, b in chosen]
    adjusted = holm([1.0 if pair.p is None else pair.p for pair in raw])
    equivalence = holm([1.0 if pair.p_equivalence is None else pair.p_equivalence for pair in raw])
    return tuple(
        pair
        if pair.p is None
        else _decided(
            replace(pair, p_adjusted=float(p), p_equivalence_adjusted=float(p_equivalence)),
            plan,
            comparisons=len(chosen),
        )
        for pair, p, p_equivalence in zip(raw, adjusted, equivalence, strict=True)
    )


def _describe(a: OptimizerSummary, b: OptimizerSummary, plan: Plan, *, comparisons: int) -> PairResult:
    """Return everything about a pair but the decision."""
    scores_a, scores_b = scores_by_seed(a), scores_by_seed(b)
    seeds = tuple(sorted(scores_a.keys() & scores_b.keys()))
    scored = [(x, y) for seed in seeds if (x := scores_a[seed]) is not None and (y := scores_b[seed]) is not None]
    d = np.array([x - y for x, y in scored])
    complete = len(scored) == len(seeds) > 0
    needed = seeds_for_comparisons(comparisons, plan.alpha)
    obstacle = _obstacle(a, b, plan, shared=len(seeds), complete=complete, needed=needed)
    floors = [floor for floor in (a.noise_floor, b.noise_floor) if floor is not None]
    ci = sign_flip_interval(d, plan.alpha) if complete else (math.nan, math.nan)
    inner = sign_flip_interval(d, 2 * plan.alpha) if complete else (math.nan, math.nan)
    bca = bca_interval(d, alpha=plan.alpha) if complete and d.size >= BCA_FROM else (math.nan, math.nan)
    t_ci = student_t_interval(d, plan.alpha) if complete and d.size > 1 else (math.nan, math.nan)
    return PairResult(
        a=a.label,
        b=b.label,
        n=len(seeds),
        difference=math.fsum(d) / d.size if complete else None,
        ci_low=_finite_or_none(ci[0]),
        ci_high=_finite_or_none(ci[1]),
        p=sign_flip_p(d) if obstacle is None else None,
        p_adjusted=None,
        decision=Decision.UNDECIDED,
        is_negligible=False,
        obstacle=obstacle,
        seeds=seeds,
        differences=tuple(float(x) for x in d) if complete else (),
        equivalence_low=_finite_or_none(inner[0]),
        equivalence_high=_finite_or_none(inner[1]),
        t_ci_low=_finite_or_none(t_ci[0]),
        t_ci_high=_finite_or_none(t_ci[1]),
        improvement=paired_improvement(plan.metric.sign * d) if complete else None,
        noise_floor=max(floors, default=None),
        seeds_needed=needed,
        more_seeds=None,
        detectable=None,
        p_equivalence=equivalence_p(d, plan.margin) if obstacle is None else None,
        p_equivalence_adjusted=None,
        bca_low=_finite_or_none(bca[0]),
        bca_high=_finite_or_none(bca[1]),
    )


def _obstacle(
    a: OptimizerSummary, b: OptimizerSummary, plan: Plan, *, shared: int, complete: bool, needed: int
) -> Obstacle | None:
    """Return the first reason not to test, or None."""
    if frozenset((a.label, b.label)) in plan.confounded:
        return Obstacle.CONFOUNDED
    if shared == 0:
        return Obstacle.NO_SHARED_SEEDS
    if not complete:
        return Obstacle.NO_SCORE
    if shared == 1:
        return Obstacle.ONE_SEED
    return Obstacle.TOO_FEW_SEEDS if shared < needed else None


def _decided(pair: PairResult, plan: Plan, *, comparisons: int) -> PairResult:
    """Return the pair, whose p values are adjusted, with its decision."""
    outcome = decide(
        p_adjusted=1.0 if pair.p_adjusted is None else pair.p_adjusted,
        equivalent=pair.p_equivalence_adjusted is not None and pair.p_equivalence_adjusted <= plan.alpha,
        a_is_ahead=plan.metric.sign * math.fsum(pair.differences) > 0.0,
        alpha=plan.alpha,
    )
    decided = replace(pair, decision=outcome.decision, is_negligible=outcome.is_negligible)
    if outcome.decision is not Decision.UNDECIDED:
        return decided
    more, detectable = _seeds_to_settle(pair, plan, comparisons=comparisons)
    return replace(decided, more_seeds=more, detectable=detectable)


def _seeds_to_settle(pair: PairResult, plan: Plan, *, comparisons: int) -> tuple[int | None, float | None]:
    """Return how many more seeds would detect what difference, or nothing if no realistic number would.

    Tried are the difference seen (if it is above the margin), the margin, and the margin halved until these
    seeds cannot detect it. The plan uses the upper 80 % bound of the standard deviation, since s is itself
    a guess.
    """
    sd = sd_upper_bound(pair.differences)
    seen = abs(pair.difference or 0.0)
    sizes = [plan.margin / 2**halvings for halvings in range(_HALVINGS_OF_MARGIN)]
    for detectable in [seen, *sizes] if seen > plan.margin else sizes:
        seeds = seeds_for_power(detectable, sd, alpha=plan.alpha, comparisons=comparisons)
        if pair.n < seeds <= MOST_SEEDS_NAMED:
            return seeds - pair.n, detectable
    return None, None


def _finite_or_none(value: float) -> float | None:
    """Return `value`, or None for an infinite end of an interval, which strict JSON cannot hold."""
    return value if math.isfinite(value) else None
