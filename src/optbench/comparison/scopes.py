"""How far the decision on each pair reaches: one split, random splits of these rows, or new rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.comparison.result import NewRows, Scope, Unknown
from optbench.config import SplitDesign
from optbench.records import RunStatus
from optbench.statistics import (
    CorrectedTest,
    Decision,
    Outcome,
    corrected_split_test,
    decide,
    holm,
    seeds_and_rows_mean,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.comparison.groups import Group
    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import PairResult
    from optbench.comparison.row_scores import RunRows, SplitEvidence
    from optbench.records import RunRecord

_TWO: Final = 2


def with_scopes(
    pairs: Sequence[PairResult], groups: Sequence[Group], plan: Plan, evidence: SplitEvidence
) -> tuple[PairResult, ...]:
    """Return the pairs, which are decided, each with its scope and what is known about new rows.

    Notes
    -----
    All seeds on one split: the scope is that split; where the metric is a mean over rows, the interval for new test
    rows is that of seeds crossed with rows (`seeds_and_rows_mean`). Seed i on split i: the sign-flip test is one about
    random splits of these rows, which are independent draws given the rows. About new rows is a decision that the
    corrected test makes, too, in the same family (`corrected_split_test`, Holm's correction for differences and for
    equivalence); a pair that is undecided claims nothing of them. Seed i on data i: the draws are independent, and the
    sign-flip test itself is about new rows. A plan that looks several times has no corrected test, since none that
    keeps its level at every look is known here.
    """
    by_label = {group.label: group for group in groups}
    found = [_known(pair, by_label, plan, evidence) for pair in pairs]
    tests = [_corrected(pair, by_label, plan, evidence) for pair in pairs]
    p, p_equivalence = (_adjusted(pairs, tests, margin) for margin in (None, plan.margin))
    return tuple(
        pair if test is None else _with_new_rows(pair, test, plan, p_adjusted=one, p_equivalence=other)
        for pair, test, one, other in zip(found, tests, p, p_equivalence, strict=True)
    )


def narrowest(pairs: Iterable[PairResult]) -> Scope | None:
    """Return the narrowest scope of the pairs that were tested; None if none was."""
    order = list(Scope)
    return min((pair.scope for pair in pairs if pair.obstacle is None), key=order.index, default=None)


def _known(pair: PairResult, groups: Mapping[str, Group], plan: Plan, evidence: SplitEvidence) -> PairResult:
    """Return a pair with the scope that its design allows at least, and the interval that needs no test."""
    a, b = groups[pair.a], groups[pair.b]
    if a.design is b.design is SplitDesign.FOLDS:
        return replace(pair, scope=Scope.THESE_ROWS)
    if not a.design is b.design is SplitDesign.RESPLIT:
        return replace(pair, scope=Scope.ONE_SPLIT, new_rows=_crossed(pair, a, b, plan, evidence))
    if not (a.makes_data and b.makes_data):
        return replace(pair, scope=Scope.THESE_ROWS)
    same = NewRows(
        low=pair.ci_low,
        high=pair.ci_high,
        p=pair.p,
        p_adjusted=pair.p_adjusted,
        p_equivalence_adjusted=pair.p_equivalence_adjusted,
        decision=pair.decision if pair.obstacle is None else None,
    )
    return replace(pair, scope=Scope.NEW_ROWS, new_rows=same)


def _crossed(pair: PairResult, a: Group, b: Group, plan: Plan, evidence: SplitEvidence) -> NewRows:
    """Return the interval for new seeds on new test rows, or why there is none; nothing if nobody can be asked."""
    if evidence.rows is None:
        return NewRows()
    unknown = _why_not_asked(pair, plan, evidence)
    if unknown is not None:
        return NewRows(unknown=unknown)
    table = _row_differences(pair, a, b, plan, evidence.rows)
    if isinstance(table, Unknown):
        return NewRows(unknown=table)
    crossed = seeds_and_rows_mean(table, plan.alpha)
    return NewRows(low=crossed.low, high=crossed.high, error=crossed.error)


def _why_not_asked(pair: PairResult, plan: Plan, evidence: SplitEvidence) -> Unknown | None:
    """Return what is known to be missing before any row is read; None if nothing is."""
    if plan.looks:
        return Unknown.LOOKS
    if plan.metric.per_row is None:
        return Unknown.NO_MEAN_OVER_ROWS
    if pair.n < _TWO:
        return Unknown.ONE_SEED
    return None if evidence.are_scores_read else Unknown.MANY_RUNS


def _row_differences(pair: PairResult, a: Group, b: Group, plan: Plan, rows: RunRows) -> NDArray[np.float64] | Unknown:
    """Return (seeds, rows) score of a minus score of b, or what is missing."""
    of_a, of_b = _by_seed(a), _by_seed(b)
    records = [(of_a[seed], of_b[seed]) for seed in pair.seeds]
    if any(run.status is not RunStatus.COMPLETED for both in records for run in both):
        return Unknown.DIVERGED
    table = []
    first: NDArray[np.int64] | None = None
    for run_a, run_b in records:
        scores_a, scores_b = rows.scores(run_a, plan.metric), rows.scores(run_b, plan.metric)
        if scores_a is None or scores_b is None:
            return Unknown.NO_PREDICTIONS
        first = scores_a.rows if first is None else first
        if not (np.array_equal(scores_a.rows, first) and np.array_equal(scores_b.rows, first)):
            return Unknown.OTHER_ROWS
        table.append(np.subtract(scores_a.values, scores_b.values, dtype=np.float64))
    if first is None or first.size < _TWO:
        return Unknown.ONE_ROW
    return np.array(table)


def _by_seed(group: Group) -> Mapping[int, RunRecord]:
    return {record.seed: record for record in reversed(group.records)}  # of several the first


def _corrected(
    pair: PairResult, groups: Mapping[str, Group], plan: Plan, evidence: SplitEvidence
) -> CorrectedTest | Unknown | None:
    """Return the test about new rows of a pair on random splits, or what is missing; None where there are no splits."""
    a, b = groups[pair.a], groups[pair.b]
    if not a.design is b.design is SplitDesign.RESPLIT or (a.makes_data and b.makes_data):
        return None
    if plan.looks:
        return Unknown.LOOKS
    if len(pair.differences) < _TWO:
        return Unknown.ONE_SEED if pair.n < _TWO else Unknown.NO_SCORE
    counts = None if evidence.rows is None else evidence.rows.counts(_by_seed(a)[pair.seeds[0]])
    if counts is None or not (counts.train and counts.test):
        return Unknown.NO_PREDICTIONS
    return corrected_split_test(
        pair.differences,
        n_train=counts.train,
        n_test=counts.test,
        seed_variance=evidence.seed_variances.get(frozenset((pair.a, pair.b)), 0.0),
        alpha=plan.alpha,
    )


def _adjusted(
    pairs: Sequence[PairResult], tests: Sequence[CorrectedTest | Unknown | None], margin: float | None
) -> list[float]:
    """Return p of a difference on new rows, or of one as large as the margin, by Holm over the pairs of each question.

    A pair that is counted and not tested counts as 1 there, too.
    """
    adjusted = [1.0] * len(pairs)
    for family in {pair.family for pair in pairs}:
        own, p_values = [], []
        for place, (pair, test) in enumerate(zip(pairs, tests, strict=True)):
            if pair.family is family and pair.obstacle is None and isinstance(test, CorrectedTest):
                own.append(place)
                p_values.append(test.p if margin is None else test.equivalence_p(margin))
        counted = max((pairs[place].comparisons for place in own), default=0)
        stepped = holm([*p_values, *[1.0] * (counted - len(own))])
        for place, p in zip(own, stepped.tolist(), strict=False):
            adjusted[place] = p
    return adjusted


def _with_new_rows(
    pair: PairResult, test: CorrectedTest | Unknown, plan: Plan, *, p_adjusted: float, p_equivalence: float
) -> PairResult:
    """Return a pair on random splits with what the corrected test says, and about new rows if that is the same."""
    if isinstance(test, Unknown):
        return replace(pair, new_rows=NewRows(unknown=test))
    known = NewRows(low=test.low, high=test.high, error=test.error)
    if pair.obstacle is not None:
        return replace(pair, new_rows=known)
    outcome = decide(
        p_adjusted=p_adjusted,
        equivalent=p_equivalence <= plan.alpha,
        a_is_ahead=plan.metric.sign * math.fsum(pair.differences) > 0.0,
        alpha=plan.alpha,
    )
    is_decided = pair.decision is not Decision.UNDECIDED
    same = is_decided and outcome == Outcome(pair.decision, pair.is_negligible)
    decided = replace(
        known,
        p=test.p,
        p_adjusted=p_adjusted,
        p_equivalence_adjusted=p_equivalence,
        decision=outcome.decision,
    )
    return replace(pair, new_rows=decided, scope=Scope.NEW_ROWS if same else Scope.THESE_ROWS)
