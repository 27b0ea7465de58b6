"""What the tuning runs told: the validation scores of every learning rate, and which one is chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import LOSS, VALIDATION, lower_is_better
from optbench.config import LEARNING_RATE
from optbench.records import RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config import Values
    from optbench.records import RunRecord
    from optbench.study.plan import StudyPlan, StudyRun


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of one optimizer.

    Attributes
    ----------
    values : of the hyperparameters that are searched
    runs, seeds, scores : one entry per tuning seed; a score is None if the run diverged or has none
    mean : of the scores, None if one is missing
    """

    values: Values
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: tuple[float | None, ...]

    @property
    def learning_rate(self) -> float | None:
        """The learning rate, if it is searched."""
        return dict(self.values).get(LEARNING_RATE)

    @property
    def text(self) -> str:
        """The values, as they stand in a sentence or a table: `0.01`, or `0.01, weight_decay 0.004`."""
        parts = [f"{'' if name == LEARNING_RATE else f'{name} '}{value:.4g}" for name, value in self.values]
        return ", ".join(parts)

    @property
    def n_diverged(self) -> int:
        """How many runs ended without a score."""
        return sum(score is None for score in self.scores)

    @property
    def known(self) -> list[float]:
        """The scores there are."""
        return [score for score in self.scores if score is not None]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds, or None."""
        return None if self.n_diverged else math.fsum(self.known) / len(self.known)

    def to_json(self) -> dict[str, Any]:
        """Return the setting as JSON values."""
        return {
            **dict(self.values),
            "mean": self.mean,
            "n_diverged": self.n_diverged,
            "seeds": list(self.seeds),
            "scores": list(self.scores),
            "runs": list(self.runs),
        }


@dataclass(frozen=True, slots=True)
class Tuning:
    """The tuning of one optimizer on one problem.

    Attributes
    ----------
    problem, label : of the optimizer
    metric : what decided, such as `val_loss`
    settings : by rising values
    chosen : position of the chosen one
    """

    problem: str
    label: str
    metric: str
    settings: tuple[Setting, ...]
    chosen: int

    @property
    def winner(self) -> Setting:
        """The chosen setting."""
        return self.settings[self.chosen]

    @property
    def names(self) -> tuple[str, ...]:
        """The hyperparameters that were searched."""
        return tuple(name for name, _ in self.winner.values)

    def tried(self, name: str) -> list[float]:
        """Return the values of one hyperparameter that were tried, each once, rising."""
        return sorted({dict(setting.values)[name] for setting in self.settings})

    @property
    def edges(self) -> dict[str, str]:
        """Hyperparameters whose best value is the smallest or the largest tried: a better one may lie outside."""
        found = {}
        for name, value in self.winner.values:
            tried = self.tried(name)
            if len(tried) > 1 and value in (tried[0], tried[-1]):
                found[name] = "smallest" if value == tried[0] else "largest"
        return found

    @property
    def runs(self) -> int:
        """Number of tuning runs."""
        return sum(len(setting.runs) for setting in self.settings)

    @property
    def n_diverged(self) -> int:
        """How many of them diverged."""
        return sum(setting.n_diverged for setting in self.settings)

    def to_json(self) -> dict[str, Any]:
        """Return the tuning as JSON values."""
        return {
            "optimizer": self.label,
            "metric": self.metric,
            "settings": len(self.settings),
            "runs": self.runs,
            "n_diverged": self.n_diverged,
            "chosen": dict(self.winner.values),
            "at_edge": list(self.edges),
            "curve": [setting.to_json() for setting in self.settings],
        }


def choose(plan: StudyPlan, runs: Sequence[StudyRun], records: Mapping[str, RunRecord]) -> tuple[Tuning, ...]:
    """Choose a setting for every tuned optimizer on every problem.

    Parameters
    ----------
    runs : the tuning runs, in any order
    records : run id -> finished run

    Notes
    -----
    The setting with the fewest diverged runs wins, among those the one with the best mean over the seeds, among equal
    ones the one with the smallest values: a diverged run is the worst outcome there is, never a missing one.
    """
    metric = plan.config.tuning.metric
    found = []
    for problem in plan.problems:
        for optimizer in plan.config.tuned:
            own = [run for run in runs if (run.problem, run.label) == (problem.name, optimizer.label)]
            settings = tuple(
                _setting(values, own, records, metric) for values in sorted({run.values for run in own}, key=_numbers)
            )
            best = min(range(len(settings)), key=lambda place: _worth(settings[place], metric))
            found.append(Tuning(problem.name, optimizer.label, metric, settings, best))
    return tuple(found)


def validation_score(record: RunRecord, metric: str) -> float | None:
    """Return a run's score on the validation split, with the weights it ended with; None if it diverged.

    It is that of metrics.json. Folders whose metrics.json has schema version 1 have the loss in their history alone.
    """
    if record.status is RunStatus.DIVERGED:
        return None
    name, values = metric.removeprefix(VALIDATION), record.metrics.get("validation") or {}
    score = values[name] if name in values else _from_history(record).get(name)
    return float(score) if score is not None and math.isfinite(score) else None


def _from_history(record: RunRecord) -> dict[str, float]:
    from optbench.evaluation import final_losses
    from optbench.run_store import RunPaths, read_history

    stopping = record.config.get("training", {}).get("early_stopping") or {}
    losses = final_losses(
        read_history(RunPaths(Path(record.folder)).history),
        best_epoch=record.metrics.get("best_epoch"),
        restores_best=bool(stopping.get("restore_best")),
        diverged=False,
    )
    return {LOSS.name: losses["validation"]} if "validation" in losses else {}


def _setting(values: Values, runs: Sequence[StudyRun], records: Mapping[str, RunRecord], metric: str) -> Setting:
    own = sorted((run for run in runs if run.values == values), key=lambda run: run.planned.config.seed)
    return Setting(
        values=values,
        runs=tuple(run.run for run in own),
        seeds=tuple(run.planned.config.seed for run in own),
        scores=tuple(validation_score(records[run.run], metric) for run in own),
    )


def _worth(setting: Setting, metric: str) -> tuple[int, float, tuple[float, ...]]:
    sign = 1.0 if lower_is_better(metric) else -1.0
    mean = math.fsum(setting.known) / len(setting.known) if setting.known else 0.0
    return setting.n_diverged, sign * mean, _numbers(setting.values)


def _numbers(values: Values) -> tuple[float, ...]:
    return tuple(value for _, value in values)
