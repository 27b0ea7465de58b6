"""What to take: the decision that a study ends with on each problem, whether or not anything is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.optimizers import variables_per_weight
from optbench.comparison import PairOutcome, difference_interval, sharing_best

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import Comparison, OptimizerSummary, PairResult
    from optbench.config import StudyConfig, StudyOptimizer
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning


class Rule(StrEnum):
    """Why a row is taken."""

    BEST = "best"
    """Shown to be better than every other."""
    EQUIVALENT = "equivalent"
    """The best mean; every other is worse or equivalent, and none of those costs less."""
    CHEAPER = "cheaper"
    """Shown to be equivalent to the best mean, and cheaper."""
    UNTUNED = "untuned"
    """At Keras' defaults, which were shown to be better than the best that tuning found."""
    UNDECIDED = "undecided"
    """The best mean, alone or with others, and nothing more."""
    ONLY = "only"
    """There is no other."""


_AMONG_EQUALS: Final = (Rule.EQUIVALENT, Rule.CHEAPER, Rule.UNDECIDED)


class Saving(StrEnum):
    """By what a row is cheaper than another: the first of these in which they differ."""

    EPOCHS = "epochs"
    VARIABLES = "variables"
    ORDER = "order"
    PLACE = "place"
    """The order of the file, where it is not known what the others cost; between rows of equal means alone."""
    SEVERAL = "several"
    """Of several others with the same mean, by another one than of the next."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the record says a row costs; never seconds, which are those of one machine on one day.

    Attributes
    ----------
    epochs : mean over its confirmation runs
    variables : numbers that the optimizer keeps for each weight; None if not known
    place : in the order of the file
    """

    epochs: float
    variables: int | None
    place: int

    def saving(self, other: Cost) -> Saving | None:
        """Return by what this row is cheaper than another; None if it is not, or that is not known."""
        if self.epochs != other.epochs:
            return Saving.EPOCHS if self.epochs < other.epochs else None
        if self.variables != other.variables:
            known = self.variables is not None and other.variables is not None
            return Saving.VARIABLES if known and (self.variables or 0) < (other.variables or 0) else None
        return Saving.ORDER if self.place < other.place else None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The row to take.

    Attributes
    ----------
    learning_rate : a number, or a schedule in short; None for a user's own optimizer
    values : of what was searched; {} if nothing was
    risk : largest loss against any other row that is compatible with the runs, by their intervals, in units of the
        metric; 0 if none is, None if the runs exclude none
    against : the row of that loss
    instead_of : the row with the best mean, if it is another one; `saving` says what the choice saves
    tied : rows that share the best mean with it, or with `instead_of`. If it is one of them, `saving` says why it is
        taken and not those
    """

    label: str
    learning_rate: float | str | None
    rule: Rule
    risk: float | None
    cost: Cost
    values: Mapping[str, float] = field(default_factory=dict)
    against: str | None = None
    instead_of: str | None = None
    saving: Saving | None = None
    tied: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return DESIGN's keys, then the additional ones."""
        return {
            "optimizer": self.label,
            "learning_rate": self.learning_rate,
            "rule": self.rule.value,
            "risk": self.risk,
            "risk_against": self.against,
            "setting": dict(self.values),
            "instead_of": self.instead_of,
            "saves": self.saving and self.saving.value,
            "tied_with": list(self.tied),
            "epochs": self.cost.epochs,
            "variables_per_weight": self.cost.variables,
        }


def recommendation(
    config: StudyConfig, comparison: Comparison, tunings: Sequence[Tuning], runs: StudyRuns
) -> Recommendation | None:
    """Return the row to take on a problem; None if no row has a score.

    Parameters
    ----------
    tunings, runs : of the problem

    Notes
    -----
    Candidates are the tuned rows; without any, those that the file lists. Of the best mean and the rows that were
    shown equivalent to it the cheapest is taken. If its own default was shown to be better, that is. Where several
    rows share the best mean, the cheapest of them, or the first in the file, stands for it.
    """
    only = comparison.problems[0]
    labels = _candidates(config)
    rows = [one for one in only.optimizers if one.label in labels and one.mean is not None]
    if not rows:
        return None
    costs = {one.label: _cost(place, one, runs) for place, one in enumerate((*config.optimizers, *config.defaults))}
    shared = sharing_best(rows)
    best = _cheapest(shared, costs)
    others = [one for one in rows if one is not best]
    tied = tuple(one.label for one in shared if one is not best)
    taken, rule = best, _rule(best, others, only.pairs)
    saving = _saving_over(best.label, tied, costs)
    equal = [
        one for one in others if _outcome(best, one, only.pairs) in (PairOutcome.EQUIVALENT, PairOutcome.NEGLIGIBLE)
    ]
    for one in equal:
        if costs[one.label].saving(costs[taken.label]) is not None:
            taken, rule = one, Rule.CHEAPER
    if taken is not best:
        saving = costs[taken.label].saving(costs[best.label])
    for default in only.optimizers:
        is_own = taken.label in config.aside.get(default.label, ())
        if is_own and _is_better(default, taken, only.pairs):
            taken, rule, saving = default, Rule.UNTUNED, None
    risk, against = _risk(taken, only.optimizers, only.pairs, comparison)
    return Recommendation(
        label=taken.label,
        learning_rate=taken.learning_rate,
        rule=rule,
        risk=risk,
        cost=costs[taken.label],
        values=next((dict(one.winner.values) for one in tunings if one.label == taken.label), {}),
        against=against,
        instead_of=None if taken is best else best.label,
        saving=saving,
        tied=tied if rule in _AMONG_EQUALS else (),
    )


def _candidates(config: StudyConfig) -> frozenset[str]:
    tuned = frozenset(one.label for one in config.tuned)
    listed = frozenset(one.label for one in config.optimizers)
    return tuned or listed - config.aside.keys() or listed


def _cost(place: int, optimizer: StudyOptimizer, runs: StudyRuns) -> Cost:
    records = runs.part(stage="confirmation", label=optimizer.label).finished
    epochs = [float(record.metrics.get("epochs_run") or 0) for record in records]
    arguments = {**optimizer.config.arguments, **dict.fromkeys(optimizer.search, True)}
    variables = None if optimizer.config.name == "python" else variables_per_weight(optimizer.config.name, arguments)
    return Cost(math.fsum(epochs) / max(1, len(epochs)), variables, place)


def _cheapest(rows: Sequence[OptimizerSummary], costs: Mapping[str, Cost]) -> OptimizerSummary:
    """Return the row to take of those with one mean; where it is not known which costs least, the first of the file."""
    in_order = sorted(rows, key=lambda one: costs[one.label].place)
    cheaper = (
        one
        for one in in_order
        if all(costs[one.label].saving(costs[other.label]) is not None for other in rows if other is not one)
    )
    return next(cheaper, in_order[0])


def _saving_over(label: str, others: Sequence[str], costs: Mapping[str, Cost]) -> Saving | None:
    """Return why a row is taken and not others with its mean; None if there are none."""
    reasons = {costs[label].saving(costs[other]) for other in others}
    if not reasons:
        return None
    if None in reasons:
        return Saving.PLACE
    return reasons.pop() if len(reasons) == 1 else Saving.SEVERAL


def _rule(best: OptimizerSummary, others: Sequence[OptimizerSummary], pairs: Sequence[PairResult]) -> Rule:
    """Return what the runs show of the best mean against all others."""
    if not others:
        return Rule.ONLY
    if all(_is_better(best, one, pairs) for one in others):
        return Rule.BEST
    outcomes = {_outcome(best, one, pairs) for one in others}
    return (
        Rule.EQUIVALENT
        if outcomes.isdisjoint((None, PairOutcome.UNDECIDED, PairOutcome.NOT_TESTED))
        else Rule.UNDECIDED
    )


def _pair(a: OptimizerSummary, b: OptimizerSummary, pairs: Sequence[PairResult]) -> PairResult | None:
    return next((pair for pair in pairs if {pair.a, pair.b} == {a.label, b.label}), None)


def _outcome(a: OptimizerSummary, b: OptimizerSummary, pairs: Sequence[PairResult]) -> PairOutcome | None:
    pair = _pair(a, b, pairs)
    return None if pair is None else pair.outcome


def _is_better(a: OptimizerSummary, b: OptimizerSummary, pairs: Sequence[PairResult]) -> bool:
    pair = _pair(a, b, pairs)
    return pair is not None and pair.outcome is PairOutcome.DIFFERENT and pair.better == a.label


def _risk(
    taken: OptimizerSummary, rows: Sequence[OptimizerSummary], pairs: Sequence[PairResult], comparison: Comparison
) -> tuple[float | None, str | None]:
    """Return the largest loss that an interval leaves possible, and against which row."""
    losses = {
        one.label: _largest_loss(taken, one, pairs, comparison)
        for one in rows
        if one is not taken and one.mean is not None
    }
    if not losses:
        return None, None
    unknown = next((label for label, loss in losses.items() if loss is None), None)
    if unknown is not None:
        return None, unknown
    label = max(losses, key=lambda one: losses[one] or -math.inf)
    largest = losses[label] or 0.0
    return (largest, label) if largest > 0.0 else (0.0, None)


def _largest_loss(
    taken: OptimizerSummary, other: OptimizerSummary, pairs: Sequence[PairResult], comparison: Comparison
) -> float | None:
    """Return by how much `other` may be better, in units of the metric; None if the interval has no end there."""
    pair = _pair(taken, other, pairs)
    low, high = _planned(pair, taken) if pair is not None and pair.n else _interval(taken, other, comparison)
    end = low if comparison.metric.higher_is_better else high  # of what is taken minus the other
    return None if end is None else (-end if comparison.metric.higher_is_better else end)


def _planned(pair: PairResult, taken: OptimizerSummary) -> tuple[float | None, float | None]:
    """Return the interval of a pair, turned so that it is about the taken row minus the other."""
    if pair.a == taken.label or pair.ci_low is None or pair.ci_high is None:
        return pair.ci_low, pair.ci_high
    return -pair.ci_high, -pair.ci_low


def _interval(a: OptimizerSummary, b: OptimizerSummary, comparison: Comparison) -> tuple[float | None, float | None]:
    """Return the interval of two rows that the plan does not compare, on the seeds that both have, as the plan looks.

    A plan that ends early ends where its runs are extreme, for these two as for those it compares.
    """
    of_b = dict(zip(b.seeds, b.scores, strict=True))
    both = ((score, of_b.get(seed)) for seed, score in sorted(zip(a.seeds, a.scores, strict=True)))
    differences = [one - other for one, other in both if one is not None and other is not None]
    return difference_interval(differences, comparison.alpha, comparison.looks) if differences else (None, None)
