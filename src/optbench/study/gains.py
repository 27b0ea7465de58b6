"""What tuning flattered, and what it gained over the defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import PairOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import Comparison, PairResult
    from optbench.config import StudyConfig
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """How much the choice of the best setting flattered its validation score.

    Attributes
    ----------
    tuning, confirmation : mean validation score of the chosen setting in both stages; None if a run diverged
    """

    label: str
    metric: str
    tuning: float | None
    confirmation: float | None

    @property
    def value(self) -> float | None:
        """By how much tuning looked better than fresh seeds are; negative if it looked worse."""
        if self.tuning is None or self.confirmation is None:
            return None
        sign = -1.0 if lower_is_better(self.metric) else 1.0
        return sign * (self.tuning - self.confirmation)

    def to_json(self) -> dict[str, Any]:
        """Return the shrinkage as JSON values."""
        means = {"tuning": self.tuning, "confirmation": self.confirmation, "shrinkage": self.value}
        return {"optimizer": self.label, "metric": self.metric, **means}


class Outcome(StrEnum):
    """How an optimizer did against another one."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    NOT_TESTED = "not_tested"


@dataclass(frozen=True, slots=True)
class TuningGain:
    """A tuned optimizer against itself at its defaults.

    Attributes
    ----------
    gain : in the metric of the verdict, positive if tuning helped; None without scores
    outcome : of the tuned one
    on_validation : in the metric that tuning chose by, on validation rows with the same fresh seeds; positive if tuning
        helped, None without scores
    """

    label: str
    default: str
    gain: float | None
    outcome: Outcome
    on_validation: float | None = None

    @property
    def is_contradicted(self) -> bool:
        """True if the metric of the verdict and that of the tuning disagree about what tuning brought."""
        return self.gain is not None and self.on_validation is not None and self.gain * self.on_validation < 0.0


def shrinkages(tunings: Sequence[Tuning], runs: StudyRuns) -> tuple[Shrinkage, ...]:
    """Return one shrinkage per tuned optimizer of a problem.

    Parameters
    ----------
    runs : of the problem
    """
    return tuple(_shrinkage(tuning, runs.part(stage="confirmation", label=tuning.label)) for tuning in tunings)


def tuning_gains(config: StudyConfig, comparison: Comparison, runs: StudyRuns) -> tuple[TuningGain, ...]:
    """Return one gain per tuned optimizer that is compared with its defaults, in the order of the plan.

    Parameters
    ----------
    runs : of the problem
    """
    gains = [
        replace(
            _gain(label, default, pair, comparison.metric.sign),
            on_validation=_on_validation(label, default, config.tuning.metric, runs),
        )
        for default, tuned in config.aside.items()
        for pair in comparison.problems[0].pairs
        if default in (pair.a, pair.b)
        for label in {pair.a, pair.b} - {default}
        if label in tuned - config.untuned
    ]
    order = [one.label for one in config.optimizers]
    return tuple(sorted(gains, key=lambda gain: order.index(gain.label)))


def _shrinkage(tuning: Tuning, runs: StudyRuns) -> Shrinkage:
    return Shrinkage(tuning.label, tuning.metric, tuning.winner.mean, _fresh_mean(runs, tuning.metric))


def _fresh_mean(runs: StudyRuns, metric: str) -> float | None:
    """Return the mean validation score of runs; None if one of them has none."""
    scores = [runs.validation_score(run.run, metric) for run in runs.planned]
    finite = [score for score in scores if score is not None]
    return math.fsum(finite) / len(finite) if finite and len(finite) == len(scores) else None


def _gain(label: str, default: str, pair: PairResult, sign: float) -> TuningGain:
    towards = 1.0 if pair.a == label else -1.0
    gain = None if pair.difference is None else towards * sign * pair.difference
    return TuningGain(label, default, gain, _outcome(label, pair))


def _on_validation(label: str, default: str, metric: str, runs: StudyRuns) -> float | None:
    tuned, untuned = (_fresh_mean(runs.part(stage="confirmation", label=row), metric) for row in (label, default))
    if tuned is None or untuned is None:
        return None
    return (untuned - tuned) if lower_is_better(metric) else (tuned - untuned)


def _outcome(label: str, pair: PairResult) -> Outcome:
    if pair.better is not None:
        return Outcome.BETTER if pair.better == label else Outcome.WORSE
    # what is shown to be negligible is equivalent
    return Outcome.EQUIVALENT if pair.outcome is PairOutcome.NEGLIGIBLE else Outcome(pair.outcome.value)
