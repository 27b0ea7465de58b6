"""Several problems together: ranks, regret, and from five data sets on tests that take data sets as the sample."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.statistics import (
    FEWEST_PROBLEMS,
    critical_difference,
    friedman,
    holm,
    indistinct_groups,
    performance_profile,
    signed_rank_p,
    smallest_p,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.comparison.result import ProblemComparison
    from optbench.statistics import Friedman, PerformanceProfile

_LEAST_COST: Final = 1e-3  # of a profile: no ratio can be taken of nothing, so less than 0.1 points counts as that
_FEWEST_RANKED: Final = 3


@dataclass(frozen=True, slots=True)
class AcrossRow:
    """One optimizer on all problems.

    Attributes
    ----------
    label : of the optimizer, which ran on every problem
    ranks : per problem, 1 for the best mean; equal means share their ranks; no mean is last
    regrets : per problem, how much worse its mean is than the best of the reference optimizers, in units of the metric;
        negative if it is better; None without a mean
    within : on how many problems the regret is at most the margin
    """

    label: str
    ranks: tuple[float, ...]
    regrets: tuple[float | None, ...]
    within: int

    @property
    def mean_rank(self) -> float:
        """Mean over the problems."""
        return math.fsum(self.ranks) / len(self.ranks)

    @property
    def mean_regret(self) -> float | None:
        """Mean over the problems; None if one is missing."""
        known = [regret for regret in self.regrets if regret is not None]
        return math.fsum(known) / len(known) if len(known) == len(self.regrets) else None

    @property
    def worst_regret(self) -> float | None:
        """Largest over the problems; None if one is missing."""
        known = [regret for regret in self.regrets if regret is not None]
        return max(known) if len(known) == len(self.regrets) else None

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "optimizer": self.label,
            "mean_rank": self.mean_rank,
            "mean_regret": self.mean_regret,
            "worst_regret": self.worst_regret,
            "within_margin": self.within,
            "ranks": list(self.ranks),
            "regrets": list(self.regrets),
        }


@dataclass(frozen=True, slots=True)
class AcrossPair:
    """Two optimizers over the data sets: Wilcoxon's signed-rank test of their means, Holm-adjusted.

    Attributes
    ----------
    a, b : labels; a has the better mean rank
    a_ahead : on how many problems the mean of a is better, ties half
    """

    a: str
    b: str
    a_ahead: float
    p: float
    p_adjusted: float

    def to_json(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        return {"a": self.a, "b": self.b, "a_ahead": self.a_ahead, "p": self.p, "p_adjusted": self.p_adjusted}


@dataclass(frozen=True, slots=True)
class Tests:
    """What can be said from five data sets on.

    Attributes
    ----------
    labels : the optimizers that entered, by mean rank: all results depend on who they are
    friedman : its test on their ranks; None for two optimizers
    critical_difference : of two mean ranks (Nemenyi); None for two optimizers
    groups : labels that the critical difference cannot tell apart, best first
    pairs : Wilcoxon's tests; empty if so few data sets cannot reach alpha
    profile : of the test error, or of the metric itself where lower is better
    """

    labels: tuple[str, ...]
    friedman: Friedman | None
    critical_difference: float | None
    groups: tuple[tuple[str, ...], ...]
    pairs: tuple[AcrossPair, ...]
    profile: PerformanceProfile

    def to_json(self) -> dict[str, Any]:
        """Return the tests as JSON values; a ratio of infinity, a failure, is null."""
        found = self.friedman
        ratios = [[float(ratio) if math.isfinite(ratio) else None for ratio in row] for row in self.profile.ratios]
        return {
            "optimizers": list(self.labels),
            "friedman": found
            and {
                "statistic": found.statistic,
                "p": found.p,
                "f_statistic": found.f_statistic if math.isfinite(found.f_statistic) else None,
                "f_p": found.f_p,
                "mean_ranks": [float(rank) for rank in found.average_ranks],
            },
            "critical_difference": self.critical_difference,
            "groups": [list(group) for group in self.groups],
            "pairs": [pair.to_json() for pair in self.pairs],
            "profile_ratios": ratios,
        }


@dataclass(frozen=True, slots=True)
class Across:
    """What several problems say together.

    Attributes
    ----------
    problems : their titles, in the order of ranks and regrets
    data_sets : how many different data sets they are
    reference : the optimizers whose best mean a regret is measured from
    rows : best mean rank first
    tests : None if there are too few data sets, or one is used twice
    untested : why; None if there are tests
    alpha, margin : as in the comparison
    """

    problems: tuple[str, ...]
    data_sets: int
    reference: tuple[str, ...]
    rows: tuple[AcrossRow, ...]
    tests: Tests | None
    untested: Finding | None
    alpha: float
    margin: float

    @property
    def first(self) -> tuple[AcrossRow, ...]:
        """Those that share the best mean rank."""
        return tuple(row for row in self.rows if math.isclose(row.mean_rank, self.rows[0].mean_rank))

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "problems": list(self.problems),
            "data_sets": self.data_sets,
            "reference": list(self.reference),
            "optimizers": [row.to_json() for row in self.rows],
            "tests": self.tests and self.tests.to_json(),
            "untested": self.untested and self.untested.to_json(),
        }


def across_problems(
    problems: Sequence[ProblemComparison],
    metric: Metric,
    *,
    alpha: float,
    margin: float | None,
    entrants: Collection[str] | None = None,
    reference: Collection[str] | None = None,
) -> Across | None:
    """Return what several problems say together; None for one problem, or without two optimizers that ran on all.

    None as well for a metric in the unit of the target: another data set has another unit.

    Parameters
    ----------
    entrants : the optimizers that are tested against each other; None for all
    reference : the optimizers whose best mean a regret is measured from; None for all

    Notes
    -----
    Nothing is tested on fewer than five data sets, nor where a data set stands behind several problems: those are no
    independent draws. The best of several means flatters itself a little, so regrets are slightly too large.
    """
    if metric.has_unit:
        return None
    margin = metric.margin if margin is None else margin
    shared = [label for label in _labels(problems[0]) if all(label in _labels(one) for one in problems)]
    if len(problems) < 2 or len(shared) < 2:  # noqa: PLR2004 - two of each make a table
        return None
    advantages = np.array([[_advantage(problem, label, metric) for label in shared] for problem in problems])
    best = [label for label in shared if reference is None or label in reference] or shared
    rows = _rows(shared, advantages, [shared.index(label) for label in best], margin)
    data_sets = len({problem.data for problem in problems})
    tested = [row.label for row in rows if entrants is None or row.label in entrants]
    reason = _obstacle(len(problems), data_sets, tested)
    columns = [shared.index(label) for label in tested]
    return Across(
        problems=tuple(problem.problem for problem in problems),
        data_sets=data_sets,
        reference=tuple(sorted(best)),
        rows=rows,
        tests=None if reason else _tests(tested, advantages[:, columns], metric, alpha),
        untested=reason,
        alpha=alpha,
        margin=margin,
    )


def _labels(problem: ProblemComparison) -> list[str]:
    return sorted(summary.label for summary in problem.optimizers)


def _advantage(problem: ProblemComparison, label: str, metric: Metric) -> float:
    """Return the mean score, more is better; -inf if a run has no score, which is worse than any."""
    mean = problem.optimizer(label).mean
    return -math.inf if mean is None else metric.sign * mean


def _rows(
    labels: Sequence[str], advantages: NDArray[np.float64], best: Sequence[int], margin: float
) -> tuple[AcrossRow, ...]:
    from scipy.stats import rankdata

    ranks = rankdata(-advantages, axis=1)
    top = advantages[:, best].max(axis=1)
    rows = []
    for column, label in enumerate(labels):
        regrets = tuple(_regret(lead, own) for lead, own in zip(top, advantages[:, column], strict=True))
        within = sum(regret is not None and regret <= margin for regret in regrets)
        rows.append(AcrossRow(label, tuple(float(rank) for rank in ranks[:, column]), regrets, within))
    return tuple(sorted(rows, key=lambda row: (row.mean_rank, row.label)))


def _regret(lead: float, own: float) -> float | None:
    return float(lead - own) if math.isfinite(lead) and math.isfinite(own) else None


def _obstacle(problems: int, data_sets: int, tested: Sequence[str]) -> Finding | None:
    """Return why nothing is tested across problems, or None."""
    if data_sets < FEWEST_PROBLEMS:
        return Finding("across-few-data-sets", Severity.REMARK, {"n_data_sets": data_sets, "fewest": FEWEST_PROBLEMS})
    if data_sets < problems:
        values = {"n_problems": problems, "n_data_sets": data_sets}
        return Finding("across-shared-data-sets", Severity.REMARK, values)
    return None if len(tested) > 1 else Finding("across-one-optimizer", Severity.REMARK)


def _tests(labels: Sequence[str], advantages: NDArray[np.float64], metric: Metric, alpha: float) -> Tests:
    finite = advantages[np.isfinite(advantages)]
    ranked = np.where(np.isfinite(advantages), advantages, finite.min(initial=0.0) - 1.0)  # no score: worse than any
    found = difference = None
    groups: list[tuple[int, ...]] = []
    if len(labels) >= _FEWEST_RANKED:
        found = friedman(ranked)
        difference = critical_difference(len(labels), len(ranked), alpha)
        groups = indistinct_groups(found.average_ranks, difference)
    costs = metric.highest - advantages if metric.higher_is_better else -advantages
    return Tests(
        labels=tuple(labels),
        friedman=found,
        critical_difference=difference,
        groups=tuple(tuple(labels[place] for place in group) for group in groups),
        pairs=_pairs(labels, ranked, alpha),
        profile=performance_profile(np.maximum(costs, _LEAST_COST)),
    )


def _pairs(labels: Sequence[str], advantages: NDArray[np.float64], alpha: float) -> tuple[AcrossPair, ...]:
    pairs = list(itertools.combinations(range(len(labels)), 2))
    if smallest_p(len(advantages)) * len(pairs) > alpha:
        return ()
    gaps = [advantages[:, a] - advantages[:, b] for a, b in pairs]
    p = [signed_rank_p(gap) for gap in gaps]
    return tuple(
        AcrossPair(labels[a], labels[b], float((gap > 0).sum() + 0.5 * (gap == 0).sum()), raw, float(adjusted))
        for (a, b), gap, raw, adjusted in zip(pairs, gaps, p, holm(p), strict=True)
    )
