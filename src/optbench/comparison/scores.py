"""The score of each run, diverged ones included, and what is said about a group of runs."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Any

from optbench.comparison.collapse import count_collapsed
from optbench.comparison.result import OptimizerSummary
from optbench.comparison.wording import value_text
from optbench.config import SplitDesign
from optbench.records import RunStatus
from optbench.statistics import interquartile_mean, noise_floor, sample_sd, student_t_interval
from optbench.statistics.noise_floor import FEWEST_SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison.groups import Group
    from optbench.records import RunRecord

    StandIn = Callable[[RunRecord], float | None]


def run_score(record: RunRecord, metric: Metric, *, stand_in: float | None) -> float | None:
    """Return the run's score on the test split; a diverged run gets `stand_in`, whatever its last numbers were."""
    if record.status is RunStatus.DIVERGED:
        return stand_in
    return _number(record.metrics.get("test", {}).get(metric.name))


def score_of_diverged(records: Iterable[RunRecord], metric: Metric, *, split: str = "test") -> float | None:
    """Return what a diverged run counts with, or None if there is no such number.

    Parameters
    ----------
    records : of runs on one split
    split : the rows that the score is of

    Notes
    -----
    A diverged run is an outcome, never a missing value: for accuracy it counts as the majority class, for an error
    as the mean of the training targets (the same for all runs on one test split), for ROC AUC as 0.5. For the other
    metrics the score of a constant model depends on the number of classes or is infinite, so a comparison on them has
    to do without it.
    """
    if metric.constant is None:
        return metric.of_constant
    key = metric.constant.name
    scores = (_number((record.metrics.get(split) or {}).get(key)) for record in records)
    return max((score for score in scores if score is not None), key=lambda score: metric.sign * score, default=None)


def stand_ins(groups: Iterable[Group], metric: Metric) -> StandIn:
    """Return what a diverged run counts with: one number for all runs on one split, of each split its own."""
    on_split: dict[int | None, list[RunRecord]] = {}
    of_run: dict[str, int | None] = {}
    for group in groups:
        for record in group.records:
            of_run[record.run] = None if group.design is SplitDesign.ONE_SPLIT else record.seed
            on_split.setdefault(of_run[record.run], []).append(record)
    scores = {split: score_of_diverged(records, metric) for split, records in on_split.items()}
    return lambda record: scores[of_run[record.run]]


def typical_stand_in(groups: Iterable[Group], stand_in: StandIn) -> float | None:
    """Return what a diverged run counts with, on several splits on average; None if that is not known."""
    scores = [stand_in(record) for group in groups for record in group.records]
    known = [score for score in scores if score is not None]
    if not known or len(known) < len(scores):
        return None
    return known[0] if len(set(known)) == 1 else math.fsum(known) / len(known)


def default_margin(metric: Metric, constant: float | None) -> float:
    """Return the largest difference that does not matter, where nobody has said what does.

    Parameters
    ----------
    constant : what always giving one answer scores

    Notes
    -----
    Half a point of a share, and 0.005 of any other metric without a unit. In the unit of a target no number is small as
    such: there it is 0.5 % of the error of the mean. For MSE that is a difference of 0.005 in R2.
    """
    return metric.margin * constant if metric.has_unit and constant else metric.margin


def summarise(group: Group, metric: Metric, *, alpha: float, stand_in: StandIn, margin: float) -> OptimizerSummary:
    """Return a group's numbers; where any run lacks a score, mean and spread are None."""
    scores = tuple(run_score(record, metric, stand_in=stand_in(record)) for record in group.records)
    known = [score for score in scores if score is not None]
    complete = len(known) == len(scores)
    several = complete and len(known) > 1
    is_folded = group.design is SplitDesign.FOLDS  # folds share training rows, so that nothing here has a known error
    has_interval = several and not is_folded
    low, high = map(metric.within_range, student_t_interval(known, alpha)) if has_interval else (None, None)
    finished = [record for record in group.records if record.status is RunStatus.COMPLETED]
    has_diverged = [record.status is RunStatus.DIVERGED for record in group.records]
    usual = typical_stand_in([group], stand_in)
    return OptimizerSummary(
        label=group.label,
        optimizer=group.optimizer,
        learning_rate=_learning_rate(None if group.built is None else group.built.value("learning_rate")),
        runs=tuple(record.run for record in group.records),
        seeds=group.seeds,
        scores=scores,
        n_diverged=len(group.records) - len(finished),
        mean=math.fsum(known) / len(known) if complete else None,
        sd=sample_sd(known) if several else None,
        ci_low=low,
        ci_high=high,
        best_epoch=_median(record.metrics.get("best_epoch") for record in finished),
        training_seconds=_median(record.timing.get("training_seconds") for record in finished),
        peak_memory_mb=_median(record.timing.get("peak_memory_mb") for record in finished),
        noise_floor=noise_floor(known) if has_interval and len(known) >= FEWEST_SEEDS else None,
        interquartile_mean=float(interquartile_mean(known)) if complete else None,
        n_collapsed=count_collapsed(scores, has_diverged, metric, constant=usual, margin=margin),
    )


def ranked(summaries: Sequence[OptimizerSummary], metric: Metric) -> tuple[OptimizerSummary, ...]:
    """Sort by mean, best first; without a mean last; equal ones by label."""

    def place(summary: OptimizerSummary) -> tuple[bool, float, str]:
        return summary.mean is None, -metric.sign * (summary.mean or 0.0), summary.label

    return tuple(sorted(summaries, key=place))


def scores_by_seed(summary: OptimizerSummary) -> Mapping[int, float | None]:
    """Return seed -> score."""
    return dict(zip(summary.seeds, summary.scores, strict=True))


def _learning_rate(value: Any) -> float | str | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return value_text(value)


def _median(values: Iterable[Any]) -> float | None:
    known = [number for value in values if (number := _number(value)) is not None]
    return float(median(known)) if known else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
