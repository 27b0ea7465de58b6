"""What tuning with k settings can be expected to find, per optimizer: the budget at which another one leads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.metrics import VALIDATION, lower_is_better, tuning_metric
from optbench.core.numbers import short_number
from optbench.study.tuning import validation_score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.records import RunRecord
    from optbench.study.conclusion import Conclusion
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
class Budgets:
    """Score against tuning budget.

    Attributes
    ----------
    metric : of the validation split, what tuning chose by
    curves : one per tuned optimizer, in the order of the plan
    defaults : label of each row at Keras' defaults -> its mean score in the confirmation runs, without any tuning
    """

    metric: str
    curves: tuple[BudgetCurve, ...]
    defaults: Mapping[str, float]

    def leaders(self) -> list[tuple[int, int, str, float]]:
        """Return first and last budget, label and score of whoever leads there; budget 0 is a default.

        A default can be had at every budget. The score is that at the first budget of the stretch.
        """
        sign = 1.0 if lower_is_better(self.metric) else -1.0
        stretches: list[tuple[int, int, str, float]] = []
        for budget in range(max(len(curve.scores) for curve in self.curves) + 1):
            known = dict(self.defaults)
            known |= {curve.label: curve.scores[min(budget, len(curve.scores)) - 1] for curve in self.curves if budget}
            if not known:
                continue
            best = min(known, key=lambda label: (sign * known[label], label))
            if stretches and stretches[-1][2] == best:
                stretches[-1] = (stretches[-1][0], budget, best, stretches[-1][3])
            else:
                stretches.append((budget, budget, best, known[best]))
        return stretches

    def sentence(self) -> str:
        """Say whom to take at which budget."""
        told = [
            f"{_budget(first, last)} {self._who(label)} ({short_number(score)})"
            for first, last, label, score in self.leaders()
        ]
        optimistic = (
            " With one tuning seed the same runs choose and score, which flatters every budget above 1."
            if any(curve.is_optimistic for curve in self.curves)
            else ""
        )
        return f"By {tuning_metric(self.metric).title_on_validation}: {'; '.join(told)}.{optimistic}"

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
            "leaders": [
                {"from": first, "to": last, "optimizer": label, "score": score if math.isfinite(score) else None}
                for first, last, label, score in self.leaders()
            ],
            "sentence": self.sentence(),
        }

    def _who(self, label: str) -> str:
        return f"take {label}" if label in self.defaults else f"{label} leads"


def budgets(conclusion: Conclusion) -> Budgets | None:
    """Return the curves of all tuned optimizers; None if nothing was tuned."""
    curves = [curve for tuning in conclusion.tunings if (curve := _curve(tuning, conclusion.records)) is not None]
    if not curves:
        return None
    metric = conclusion.plan.config.tuning.metric
    return Budgets(metric, tuple(curves), _defaults(conclusion, metric))


def score_or_worst(record: RunRecord, metric: str) -> float:
    """Return a run's validation score; of a diverged run that of a model that has learnt nothing.

    That is the run's own score before training where its history has it, else that of a constant answer; infinity in
    the bad direction where none of them is known.
    """
    score = validation_score(record, metric)
    if score is not None and math.isfinite(score):
        return score
    worst = math.inf if lower_is_better(metric) else -math.inf
    known = (_before_training(record, metric), _of_constant(record, metric))
    return next((value for value in known if value is not None and math.isfinite(value)), worst)


def _curve(tuning: Tuning, records: Mapping[str, RunRecord]) -> BudgetCurve | None:
    from optbench.statistics import best_of_k, best_of_k_interval, cross_fitted_best_of_k

    better = not lower_is_better(tuning.metric)
    table = np.array([[score_or_worst(records[run], tuning.metric) for run in one.runs] for one in tuning.settings])
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
        found = best_of_k_interval(table[:, 0] if one_seed else table, alpha=_LEVEL, higher_is_better=better)
        low, high = (tuple(float(value) for value in end) for end in found)
    return BudgetCurve(tuning.label, tuple(float(score) for score in scores), tuple(low), tuple(high), one_seed)


def _defaults(conclusion: Conclusion, metric: str) -> dict[str, float]:
    labels = [one.label for one in conclusion.plan.rows if one.is_default]
    found = {}
    for label in labels:
        own = sorted(run.run for run in conclusion.confirmed if run.label == label)
        scores = [score_or_worst(conclusion.records[run], metric) for run in own]
        if scores and all(math.isfinite(score) for score in scores):
            found[label] = math.fsum(scores) / len(scores)
    return found


def _before_training(record: RunRecord, metric: str) -> float | None:
    from optbench.run_store import RunPaths, read_history

    column = VALIDATION + tuning_metric(metric).history
    history = read_history(RunPaths(Path(record.folder)).history)
    return history.column(column)[0] if column in history.columns and history.rows else None


def _of_constant(record: RunRecord, metric: str) -> float | None:
    chosen_by = tuning_metric(metric)
    if chosen_by.constant is None:
        return chosen_by.of_constant
    value: float | None = (record.metrics.get("validation") or {}).get(chosen_by.constant.name)
    return value


def _budget(first: int, last: int) -> str:
    if first == 0:
        more = "" if last == 0 else " and with one setting tried" if last == 1 else f" and with up to {last} tried"
        return f"without tuning{more}"
    return f"with {'one' if first == 1 else first} tried" if first == last else f"with {first} to {last} tried"
