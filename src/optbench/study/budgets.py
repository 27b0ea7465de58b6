"""What tuning with k settings can be expected to find, per optimizer: the budget at which another one leads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.metrics import VALIDATION, lower_is_better, tuning_metric
from optbench.comparison import is_equal
from optbench.study.sampling import settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.config import StudyConfig, Values
    from optbench.records import RunRecord
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning

_SHOWN: Final = (1, 2, 4, 8, 16, 32, 64)
_LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True)
class BudgetCurve:
    """The expected validation score of the best of k settings, for k = 1 ... N.

    Attributes
    ----------
    scores : (N,), on seeds that had no part in the choice, unless `is_optimistic`
    low, high : (N,) 95 % bootstrap interval over the settings; () if a run has no finite score
    is_optimistic : one tuning seed both chose and scored
    """

    label: str
    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    is_optimistic: bool

    def to_json(self) -> dict[str, Any]:
        """Return the curve as JSON values; what is not finite is null."""
        return {
            "optimizer": self.label,
            "scores": [score if math.isfinite(score) else None for score in self.scores],
            "low": list(self.low),
            "high": list(self.high),
            "optimistic": self.is_optimistic,
        }


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads at the tuning budgets from `first` to `last`; budget 0 is an optimizer at its defaults.

    Attributes
    ----------
    score : at the first of these budgets
    tied : labels of others with the same score at each of them
    """

    first: int
    last: int
    label: str
    score: float
    tied: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the stretch as JSON values; a score that is not finite is null."""
        score = self.score if math.isfinite(self.score) else None
        return {
            "from": self.first,
            "to": self.last,
            "optimizer": self.label,
            "score": score,
            "tied_with": list(self.tied),
        }


@dataclass(frozen=True, slots=True)
class Budgets:
    """Score against tuning budget.

    Attributes
    ----------
    metric : of the validation split, what tuning chose by
    curves : one per tuned optimizer, in the order of the plan
    defaults : label of each row at Keras' defaults -> its mean score with the tuning seeds, without any tuning
    seed_sd : how far one seed alone moves such a score: pooled over chosen settings and defaults; None with one seed
    """

    metric: str
    curves: tuple[BudgetCurve, ...]
    defaults: Mapping[str, float]
    seed_sd: float | None = None

    def leaders(self) -> list[Leader]:
        """Return who leads at which budgets, from none on; a default can be had at every budget."""
        sign = 1.0 if lower_is_better(self.metric) else -1.0
        stretches: list[Leader] = []
        for budget in range(max(len(curve.scores) for curve in self.curves) + 1):
            scores = dict(self.defaults)
            scores |= {curve.label: curve.scores[min(budget, len(curve.scores)) - 1] for curve in self.curves if budget}
            if not scores:
                continue
            best = min(scores, key=lambda label: (sign * scores[label], label))
            tied = tuple(one for one in sorted(scores) if one != best and is_equal(scores[one], scores[best]))
            if stretches and (stretches[-1].label, stretches[-1].tied) == (best, tied):
                stretches[-1] = replace(stretches[-1], last=budget)
            else:
                stretches.append(Leader(budget, budget, best, scores[best], tied))
        return stretches

    @property
    def is_optimistic(self) -> bool:
        """True if the runs that chose also scored, which flatters every budget above 1."""
        return any(curve.is_optimistic for curve in self.curves)

    def shown(self) -> list[int]:
        """Return the budgets that a table shows: powers of 2, and the largest."""
        most = max(len(curve.scores) for curve in self.curves)
        return [*(budget for budget in _SHOWN if budget < most), most]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "metric": self.metric,
            "curves": [curve.to_json() for curve in self.curves],
            "defaults": dict(self.defaults),
            "seed_sd": self.seed_sd,
            "leaders": [leader.to_json() for leader in self.leaders()],
        }


def budgets(config: StudyConfig, tunings: Sequence[Tuning], runs: StudyRuns) -> Budgets | None:
    """Return the curves of all tuned optimizers of a problem; None if nothing was tuned.

    Parameters
    ----------
    runs : of the problem, in any order
    """
    drawn = {
        one.label: set(settings_of(one.search, sampler=config.tuning.sampler, points=config.tuning.points))
        for one in config.tuned
    }
    curves = [curve for tuning in tunings if (curve := _curve(tuning, drawn[tuning.label], runs)) is not None]
    if not curves:
        return None
    metric = config.tuning.metric
    beside = {one.label: _beside(one.label, runs, metric) for one in config.beside_tuning}
    defaults = {label: math.fsum(own) / len(own) for label, own in beside.items() if own}
    chosen = [[score_or_worst(runs, run, metric) for run in tuning.winner.runs] for tuning in tunings]
    return Budgets(metric, tuple(curves), defaults, _pooled_sd([*chosen, *beside.values()]))


def score_or_worst(runs: StudyRuns, run: str, metric: str) -> float:
    """Return a run's validation score; of a diverged run that of a model that has learnt nothing.

    That is the run's own score before training where its history has it, else that of a constant answer; infinity in
    the bad direction where none of them is known.
    """
    score = runs.validation_score(run, metric)
    if score is not None and math.isfinite(score):
        return score
    worst = math.inf if lower_is_better(metric) else -math.inf
    instead = (_before_training(runs, run, metric), _of_constant(runs.records[run], metric))
    return next((value for value in instead if value is not None and math.isfinite(value)), worst)


def _curve(tuning: Tuning, drawn: AbstractSet[Values], runs: StudyRuns) -> BudgetCurve | None:
    """Return the curve over the settings of the first round: further ones were placed by what those came to."""
    from optbench.statistics import best_of_k, best_of_k_interval, cross_fitted_best_of_k

    better = not lower_is_better(tuning.metric)
    settings = [one for one in tuning.settings if one.values in drawn]
    shared = min((len(one.runs) for one in settings), default=0)  # a race leaves some with one seed
    table = np.array([[score_or_worst(runs, run, tuning.metric) for run in one.runs[:shared]] for one in settings])
    if not table.size:
        return None
    one_seed = table.shape[1] == 1
    if one_seed:
        scores = best_of_k(table[:, 0], higher_is_better=better)
    else:
        scores = cross_fitted_best_of_k(table, higher_is_better=better)
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    if np.isfinite(table).all():
        ends = best_of_k_interval(table[:, 0] if one_seed else table, alpha=_LEVEL, higher_is_better=better)
        low, high = (tuple(float(value) for value in end) for end in ends)
    return BudgetCurve(tuning.label, tuple(float(score) for score in scores), tuple(low), tuple(high), one_seed)


def _beside(label: str, runs: StudyRuns, metric: str) -> list[float]:
    """Return the scores of a row at its defaults with the tuning seeds; [] if one of them is not finite."""
    own = sorted(run.run for run in runs.part(stage="tuning", label=label).planned)
    scores = [score_or_worst(runs, run, metric) for run in own]
    return scores if all(map(math.isfinite, scores)) else []


def _pooled_sd(groups: Sequence[Sequence[float]]) -> float | None:
    """Return the root of the mean variance within groups of at least two finite scores; None without any."""
    variances = [np.var(own, ddof=1) for own in groups if len(own) > 1 and np.isfinite(own).all()]
    return float(np.sqrt(np.mean(variances))) if variances else None


def _before_training(runs: StudyRuns, run: str, metric: str) -> float | None:
    column = VALIDATION + tuning_metric(metric).history
    history = runs.histories[run]
    return history.column(column)[0] if column in history.columns and history.rows else None


def _of_constant(record: RunRecord, metric: str) -> float | None:
    chosen_by = tuning_metric(metric)
    if chosen_by.constant is None:
        return chosen_by.of_constant
    value: float | None = (record.metrics.get("validation") or {}).get(chosen_by.constant.name)
    return value
