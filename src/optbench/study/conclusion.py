"""What a study ends with: the comparison of its confirmation runs, and what tuning has to say about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.study.analyses import extra_analyses
from optbench.study.doubts import study_warnings
from optbench.study.plan import protocol
from optbench.study.tuning import lower_is_better, validation_score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import Comparison, PairResult
    from optbench.records import RunRecord
    from optbench.study.plan import StudyPlan, StudyRun
    from optbench.study.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """How much the choice of the best learning rate flattered its validation score.

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
        told = {"tuning": self.tuning, "confirmation": self.confirmation, "shrinkage": self.value}
        return {"optimizer": self.label, "metric": self.metric, **told}


@dataclass(frozen=True, slots=True)
class WorthOfTuning:
    """A tuned optimizer against itself at its defaults.

    Attributes
    ----------
    gain : in the metric of the verdict, positive if tuning helped; None without scores
    """

    label: str
    default: str
    gain: float | None
    pair: PairResult

    @property
    def outcome(self) -> str:
        """In one word or two: better, worse, equivalent, undecided, not tested."""
        if self.pair.obstacle is not None:
            return "not tested"
        words = {"equivalent": "equivalent", "undecided": "undecided"}
        decision = self.pair.decision.value
        tuned_won = decision == ("a_better" if self.pair.a == self.label else "b_better")
        return words.get(decision, "better" if tuned_won else "worse")


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Everything that the outputs of a study are written from.

    Attributes
    ----------
    runs : of the plan, tuning first
    records : run id -> finished run
    openings : of the test split, by plan, in their order
    """

    plan: StudyPlan
    runs: Sequence[StudyRun]
    records: Mapping[str, RunRecord]
    tunings: Sequence[Tuning]
    comparison: Comparison
    openings: Sequence[Mapping[str, Any]]

    @property
    def confirmed(self) -> list[StudyRun]:
        """The runs the verdict rests on."""
        return [run for run in self.runs if run.stage == "confirmation"]

    @property
    def shrinkages(self) -> list[Shrinkage]:
        """One per tuned optimizer."""
        return [self._shrinkage(tuning) for tuning in self.tunings]

    @property
    def worth_of_tuning(self) -> list[WorthOfTuning]:
        """One per tuned optimizer that is compared with its defaults."""
        found = []
        for default, labels in self.plan.config.aside.items():
            for pair in self.comparison.problems[0].pairs:
                others = {pair.a, pair.b} - {default}
                if default in (pair.a, pair.b) and others <= labels:
                    found.append(self._worth(min(others), default, pair))
        order = [one.label for one in self.plan.config.optimizers]
        return sorted(found, key=lambda worth: order.index(worth.label))

    @property
    def warnings(self) -> list[str]:
        """What casts doubt on the verdict, on top of what the comparison says."""
        return study_warnings(self)

    @property
    def verdict(self) -> str:
        """The verdict of the comparison, then what it cost and what tuning was worth."""
        from optbench.study.wording import budget_sentence, worth_sentence

        parts = [self.comparison.verdict, budget_sentence(self), worth_sentence(self)]
        return " ".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """Return the shape of `compare --format json`, then what only a study knows; no clock time is added to it."""
        document = self.comparison.to_json()
        return {
            **document,
            "warnings": [*document["warnings"], *self.warnings],
            "verdict": self.verdict,
            "study": {
                "name": self.plan.config.name,
                "key": self.plan.key,
                "plan": self.plan.digest,
                "openings": [{key: opening[key] for key in ("plan", "data", "split")} for opening in self.openings],
            },
            "protocol": protocol(self.plan.config),
            "tuning": [tuning.to_json() for tuning in self.tunings],
            "shrinkage": [shrinkage.to_json() for shrinkage in self.shrinkages],
            "chosen": {tuning.label: tuning.winner.learning_rate for tuning in self.tunings},
            **extra_analyses(self),
        }

    def _shrinkage(self, tuning: Tuning) -> Shrinkage:
        own = [run for run in self.confirmed if run.label == tuning.label]
        scores = [validation_score(self.records[run.run], tuning.metric) for run in own]
        known = [score for score in scores if score is not None]
        fresh = math.fsum(known) / len(known) if known and len(known) == len(scores) else None
        return Shrinkage(tuning.label, tuning.metric, tuning.winner.mean, fresh)

    def _worth(self, label: str, default: str, pair: PairResult) -> WorthOfTuning:
        if pair.difference is None:
            return WorthOfTuning(label, default, None, pair)
        towards = 1.0 if pair.a == label else -1.0
        return WorthOfTuning(label, default, towards * self.comparison.metric.sign * pair.difference, pair)


def conclude(
    plan: StudyPlan,
    runs: Sequence[StudyRun],
    records: Mapping[str, RunRecord],
    tunings: Sequence[Tuning],
    openings: Sequence[Mapping[str, Any]],
) -> Conclusion:
    """Compare the confirmation runs of a study; the order of the runs does not matter."""
    from optbench.comparison import compare

    config = plan.config
    confirmed = [run for run in runs if run.stage == "confirmation"]
    comparison = compare(
        [records[run.run] for run in confirmed],
        metric=config.metric,
        baseline=config.baseline,
        alpha=config.alpha,
        margin=config.margin,
        labels={run.run: run.label for run in confirmed},
        aside=config.aside,
    )
    return Conclusion(plan, runs, records, tunings, comparison, openings)
