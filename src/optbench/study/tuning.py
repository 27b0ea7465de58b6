"""What the tuning runs scored on validation rows, setting by setting, and which setting is chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.metrics import lower_is_better
from optbench.config import LEARNING_RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.config import StudyConfig, StudyOptimizer, Values
    from optbench.study.plan import StudyRun
    from optbench.study.runs import StudyRuns

_ROUNDED: Final = 1.0 + 1e-5  # values have six digits


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
    def n_diverged(self) -> int:
        """How many runs ended without a score."""
        return sum(score is None for score in self.scores)

    @property
    def finite(self) -> list[float]:
        """The scores there are."""
        return [score for score in self.scores if score is not None]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds, or None."""
        return None if self.n_diverged else math.fsum(self.finite) / len(self.finite)

    def to_json(self) -> dict[str, Any]:
        """Return the setting as JSON values."""
        return {
            **dict(self.values),
            "mean": self.mean,
            "n_seeds": len(self.seeds),
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
    ranges : hyperparameter -> ends of the range that was searched at first
    """

    problem: str
    label: str
    metric: str
    settings: tuple[Setting, ...]
    chosen: int
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

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
    def outermost(self) -> dict[str, str]:
        """Hyperparameters whose best value is the smallest or the largest tried, wherever their range ends."""
        found = {}
        for name, value in self.winner.values:
            tried = self.tried(name)
            if len(tried) > 1 and value in (tried[0], tried[-1]):
                found[name] = "smallest" if value == tried[0] else "largest"
        return found

    @property
    def edges(self) -> dict[str, str]:
        """Those of them at the end of their range: a better one may lie outside.

        Points that end before their range does, as Halton's, are none: there the range goes on.
        """
        values = dict(self.winner.values)
        return {name: which for name, which in self.outermost.items() if self._ends(name, values[name], which)}

    def _ends(self, name: str, value: float, which: str) -> bool:
        """Return True if the range of a hyperparameter goes no farther than a value."""
        if name not in self.ranges:
            return True
        low, high = self.ranges[name]
        return value <= low * _ROUNDED if which == "smallest" else value * _ROUNDED >= high

    @property
    def is_race(self) -> bool:
        """True if some settings were stopped: they have fewer seeds than the chosen one."""
        return len({setting.seeds for setting in self.settings}) > 1

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
            "race": self.is_race,
            "stopped": [dict(one.values) for one in self.settings if len(one.seeds) < len(self.winner.seeds)],
            "at_edge": list(self.edges),
            "curve": [setting.to_json() for setting in self.settings],
        }


def choose(
    config: StudyConfig, runs: StudyRuns, *, only: AbstractSet[tuple[str, str]] | None = None
) -> tuple[Tuning, ...]:
    """Choose a setting for every tuned optimizer on every problem.

    Parameters
    ----------
    runs : the tuning runs, in any order
    only : problems and labels whose runs are there; None for all

    Notes
    -----
    Among the settings with the most seeds (all of them, unless some were stopped) the one with the fewest diverged runs
    wins, among those the one with the best mean over the seeds, among equal ones the one with the smallest values: a
    diverged run is the worst outcome there is, never a missing one.
    """
    return tuple(
        _tuning(problem.name, optimizer, config.tuning.metric, runs)
        for problem in config.problems
        for optimizer in config.tuned
        if only is None or (problem.name, optimizer.label) in only
    )


def _tuning(problem: str, optimizer: StudyOptimizer, metric: str, runs: StudyRuns) -> Tuning:
    label = optimizer.label
    own = runs.part(problem=problem, stage="tuning", label=label).planned
    values = sorted({run.values for run in own}, key=_numbers)
    settings = tuple(_setting(one, [run for run in own if run.values == one], runs, metric) for one in values)
    ranges = {name: (found.low, found.high) for name, found in optimizer.search.items()}
    return Tuning(problem, label, metric, settings, best_setting(settings, metric), ranges)


def best_setting(settings: Sequence[Setting], metric: str) -> int:
    """Return the place of the best of several settings; see `choose` for the rule."""
    most = max(len(setting.seeds) for setting in settings)
    still_in = [place for place, setting in enumerate(settings) if len(setting.seeds) == most]
    return min(still_in, key=lambda place: _rank(settings[place], metric))


def ranked(tuning: Tuning) -> list[Setting]:
    """Return the settings that are still in a race, those with the most seeds, best first."""
    most = max(len(setting.seeds) for setting in tuning.settings)
    return sorted(
        (setting for setting in tuning.settings if len(setting.seeds) == most),
        key=lambda setting: _rank(setting, tuning.metric),
    )


def _setting(values: Values, own: Sequence[StudyRun], runs: StudyRuns, metric: str) -> Setting:
    ordered = sorted(own, key=lambda run: run.planned.config.seed)
    return Setting(
        values=values,
        runs=tuple(run.run for run in ordered),
        seeds=tuple(run.planned.config.seed for run in ordered),
        scores=tuple(runs.validation_score(run.run, metric) for run in ordered),
    )


def _rank(setting: Setting, metric: str) -> tuple[int, float, tuple[float, ...]]:
    sign = 1.0 if lower_is_better(metric) else -1.0
    mean = math.fsum(setting.finite) / len(setting.finite) if setting.finite else 0.0
    return setting.n_diverged, sign * mean, _numbers(setting.values)


def _numbers(values: Values) -> tuple[float, ...]:
    return tuple(value for _, value in values)


def only_learning_rates(names: Iterable[str]) -> bool:
    """Return True if a point of a search is a learning rate and nothing else."""
    return set(names) <= {LEARNING_RATE}


def tries_learning_rates(config: StudyConfig) -> bool:
    """Return True if every tuned optimizer of a study searches its learning rate and nothing else."""
    return only_learning_rates(name for one in config.tuned for name in one.search)
