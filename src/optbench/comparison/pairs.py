"""Every pair of optimizers, seed by seed: interval and test; `families` adjusts and decides."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.comparison.families import count_all, count_pairs, decide_family
from optbench.comparison.question import Question
from optbench.comparison.result import Obstacle, PairResult
from optbench.comparison.scores import scores_by_seed
from optbench.config import family_of, is_compared
from optbench.statistics import (
    Decision,
    SignFlips,
    bca_intervals,
    equivalence_p,
    paired_improvement,
    repeated_interval,
    student_t_interval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import ArrayLike

    from optbench.catalog.metric import Metric
    from optbench.comparison.result import OptimizerSummary
    from optbench.config import Family

BCA_FROM: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared with what, at which level.

    Attributes
    ----------
    metric, alpha, margin : as in `Comparison`
    baseline : label that every other optimizer is compared with; None for all pairs
    confounded : pairs of labels whose conditions differ in something that could make the gap
    aside : label -> the only tuned labels it is compared with; its rank decides nothing (a default beside its tuned
        self)
    untuned : labels of the rows that search nothing; None if nothing is known of tuning, and all pairs are one question
    same : pairs of labels that are one algorithm with one setting
    folded : labels of the rows whose runs are the folds of one division of the rows
    looks : after how many seeds the plan looks, the last one its largest number; () for one look at all there are
    over_all_pairs : all pairs share Holm's correction, those that cannot be tested too; else it is made question by
        question over those that can be, with Shaffer's step where all are
    file_design : what the study file that the plan stands in says of confirmation beside numbers of seeds, as the end
        of its line; None without a file that could reserve seeds
    question : which setting is compared
    clock : False leaves out what clocks measured, so that the words follow from the runs' numbers alone
    """

    metric: Metric
    alpha: float
    margin: float
    baseline: str | None
    confounded: AbstractSet[frozenset[str]]
    aside: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    clock: bool = True
    untuned: AbstractSet[str] | None = None
    same: AbstractSet[frozenset[str]] = frozenset()
    folded: AbstractSet[str] = frozenset()
    looks: tuple[int, ...] = ()
    file_design: str | None = None
    over_all_pairs: bool = False
    question: Question = field(default_factory=Question)

    def compares(self, a: str, b: str) -> bool:
        """Return True if the plan compares two labels."""
        return is_compared(a, b, baseline=self.baseline, aside=self.aside, untuned=self.untuned or frozenset())

    def family(self, a: str, b: str) -> Family | None:
        """Return the question that a pair belongs to; None if there is one only."""
        return None if self.untuned is None else family_of(a, b, self.untuned)


def compare_pairs(summaries: tuple[OptimizerSummary, ...], plan: Plan) -> tuple[PairResult, ...]:
    """Return one result per pair.

    Parameters
    ----------
    summaries : best first; of a pair the earlier one is `a`, or the one that is not the baseline

    Notes
    -----
    Each family of pairs (`Family`) has its own correction at the full level, for the tests of a difference and for
    those of equivalence alike. Its m is the number of pairs that can be tested as far as their design tells, before any
    result is known; of a plan over all pairs that of all. A pair that cannot be tested through the outcome of its runs
    counts as p = 1, so that a failed run never makes another pair easier to decide.
    """
    chosen = [
        (b, a) if a.label == plan.baseline else (a, b)
        for a, b in itertools.combinations(summaries, 2)
        if plan.compares(a.label, b.label)
    ]
    decided: dict[tuple[str, str], PairResult] = {}
    for family in dict.fromkeys(plan.family(a.label, b.label) for a, b in chosen):
        own = [(a, b) for a, b in chosen if plan.family(a.label, b.label) == family]
        seeds = [_planned(a, b, plan) for a, b in own]
        if plan.over_all_pairs:
            counted = count_all(len(own), plan.alpha)
        else:
            counted = count_pairs([_of_design(a, b, plan) for a, b in own], seeds, plan.alpha)
        raw = [
            replace(
                _describe(a, b, plan, is_counted=is_counted and n >= counted.needed, needed=counted.needed),
                family=family,
                comparisons=max(1, counted.number),
            )
            for (a, b), n, is_counted in zip(own, seeds, counted.pairs, strict=True)
        ]
        decided |= {(pair.a, pair.b): pair for pair in decide_family(raw, counted, plan)}
    return _with_bca([decided[a.label, b.label] for a, b in chosen], plan.alpha)


def _with_bca(pairs: Sequence[PairResult], alpha: float) -> tuple[PairResult, ...]:
    """Return the pairs, those of enough seeds with the interval of the bootstrap, which is drawn for all at once."""
    asked = [pair.obstacle is not Obstacle.FOLDS and len(pair.differences) >= BCA_FROM for pair in pairs]
    ends = iter(bca_intervals([pair.differences for pair in itertools.compress(pairs, asked)], alpha=alpha))
    found = (next(ends) if is_asked else (math.nan, math.nan) for is_asked in asked)
    return tuple(
        replace(pair, bca_low=_finite_or_none(low), bca_high=_finite_or_none(high))
        for pair, (low, high) in zip(pairs, found, strict=True)
    )


def _describe(a: OptimizerSummary, b: OptimizerSummary, plan: Plan, *, is_counted: bool, needed: int) -> PairResult:
    """Return everything about a pair but the decision and the interval of the bootstrap."""
    scores_a, scores_b = scores_by_seed(a), scores_by_seed(b)
    seeds = tuple(sorted(scores_a.keys() & scores_b.keys()))
    scored = [(x, y) for seed in seeds if (x := scores_a[seed]) is not None and (y := scores_b[seed]) is not None]
    d = np.array([x - y for x, y in scored])
    complete = len(scored) == len(seeds) > 0
    obstacle = _obstacle(a, b, plan, shared=len(seeds), complete=complete, is_counted=is_counted)
    floors = [floor for floor in (a.noise_floor, b.noise_floor) if floor is not None]
    has_interval = complete and obstacle is not Obstacle.FOLDS  # folds share rows: none of these would hold
    is_tested = obstacle is None and not plan.looks
    flips = SignFlips(d) if has_interval or is_tested else None
    ci = difference_interval(d, plan.alpha, plan.looks, flips=flips) if has_interval else (None, None)
    inner = difference_interval(d, 2 * plan.alpha, plan.looks, flips=flips) if has_interval else (None, None)
    t_ci = student_t_interval(d, plan.alpha) if has_interval and d.size > 1 else (math.nan, math.nan)
    return PairResult(
        a=a.label,
        b=b.label,
        n=len(seeds),
        difference=math.fsum(d) / d.size if complete else None,
        ci_low=ci[0],
        ci_high=ci[1],
        p=flips.p if flips and is_tested else None,
        p_adjusted=None,
        decision=Decision.UNDECIDED,
        is_negligible=False,
        obstacle=obstacle,
        seeds=seeds,
        differences=tuple(float(x) for x in d) if complete else (),
        equivalence_low=inner[0],
        equivalence_high=inner[1],
        t_ci_low=_finite_or_none(t_ci[0]),
        t_ci_high=_finite_or_none(t_ci[1]),
        improvement=paired_improvement(plan.metric.sign * d) if complete else None,
        noise_floor=max(floors, default=None),
        seeds_needed=needed,
        more_seeds=None,
        detectable=None,
        p_equivalence=equivalence_p(d, plan.margin) if is_tested else None,
        p_equivalence_adjusted=None,
    )


def difference_interval(
    d: ArrayLike, alpha: float, looks: Sequence[int], *, flips: SignFlips | None = None
) -> tuple[float | None, float | None]:
    """Return the interval of a difference: that of a test at one number of seeds, or of the design with its looks.

    Parameters
    ----------
    d : paired differences in the order of the seeds
    looks : of the plan; () for one look at all there are
    flips : of the same differences, where they are needed for more than this

    Returns
    -------
    (low, high); None where so few seeds bound nothing
    """
    if looks:
        ends = repeated_interval(d, looks, alpha) if np.size(d) >= looks[0] else (-math.inf, math.inf)
    else:
        ends = (flips or SignFlips(d)).interval(alpha)
    return _finite_or_none(ends[0]), _finite_or_none(ends[1])


def _planned(a: OptimizerSummary, b: OptimizerSummary, plan: Plan) -> int:
    """Return how many seeds a pair shares, or will have shared at the last look of its plan."""
    shared = len(set(a.seeds) & set(b.seeds))
    return plan.looks[-1] if plan.looks and shared >= plan.looks[0] else shared


def _of_design(a: OptimizerSummary, b: OptimizerSummary, plan: Plan) -> Obstacle | None:
    """Return what stands against a test before any result is known, the number of seeds apart."""
    labels = frozenset((a.label, b.label))
    if labels in plan.confounded:
        return Obstacle.CONFOUNDED
    if labels in plan.same and not plan.over_all_pairs:
        return Obstacle.SAME_ALGORITHM
    if not set(a.seeds) & set(b.seeds):
        return Obstacle.NO_SHARED_SEEDS
    return Obstacle.FOLDS if labels & plan.folded else None


def _obstacle(
    a: OptimizerSummary, b: OptimizerSummary, plan: Plan, *, shared: int, complete: bool, is_counted: bool
) -> Obstacle | None:
    """Return the first reason not to test, or None."""
    if (found := _of_design(a, b, plan)) is not None:
        return found
    if not complete:
        return Obstacle.NO_SCORE
    if shared == 1:
        return Obstacle.ONE_SEED
    return None if is_counted else Obstacle.TOO_FEW_SEEDS


def _finite_or_none(value: float) -> float | None:
    """Return `value`, or None for an infinite end of an interval, which strict JSON cannot hold."""
    return value if math.isfinite(value) else None
