"""From a study file to its runs: data, key, folder, and every run of both stages, before any of them exists."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from optbench.config import LoadedExperiment
from optbench.errors import ConfigError
from optbench.runner.plan import PlannedRun, plan_run, user_code
from optbench.study.paths import StudyPaths
from optbench.study.sampling import rate_at, unit_points

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.config import LoadedStudy, StudyConfig, StudyOptimizer
    from optbench.records import Dataset

Stage = Literal["tuning", "confirmation"]
PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One run of a study.

    Attributes
    ----------
    label : of the optimizer, the name of its row
    learning_rate : tried or chosen; None if the optimizer's own argument stands (fixed, a schedule, its default)
    """

    stage: Stage
    label: str
    learning_rate: float | None
    planned: PlannedRun

    @property
    def run(self) -> str:
        """The run id."""
        return self.planned.run


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study whose data is read and whose folder is known; nothing has been created.

    Attributes
    ----------
    open_data : with its test split, for confirmation
    tuning_data : the same without test rows
    key : what cannot be extended: data, model, training, optimizers, ranges, rule of choice
    digest : of everything that the verdict depends on, numbers of points and seeds, metric and levels included
    """

    loaded: LoadedStudy
    open_data: Dataset
    tuning_data: Dataset
    versions: Mapping[str, str]
    key: str
    digest: str
    paths: StudyPaths
    _planned: dict[tuple[str, str, float | None, int], StudyRun] = field(default_factory=dict)

    @property
    def config(self) -> StudyConfig:
        """The study as its file describes it."""
        return self.loaded.config

    @property
    def rows(self) -> tuple[StudyOptimizer, ...]:
        """Every optimizer that is confirmed: those listed, then those at their defaults."""
        return (*self.config.optimizers, *self.config.defaults)

    def rates(self, optimizer: StudyOptimizer) -> list[float]:
        """Return the learning rates that are tried for an optimizer, ascending; [] if nothing is tuned."""
        if optimizer.search is None:
            return []
        tuning = self.config.tuning
        points = unit_points(tuning.sampler, tuning.points)
        return list(dict.fromkeys(rate_at(position, optimizer.search) for position in points))

    def tuning_runs(self) -> list[StudyRun]:
        """Return the runs of the first stage."""
        return [
            self._run("tuning", optimizer, rate, seed)
            for optimizer in self.config.tuned
            for rate in self.rates(optimizer)
            for seed in self.config.tuning_seeds
        ]

    def confirmation_runs(self, chosen: Mapping[str, float]) -> list[StudyRun]:
        """Return the runs of the second stage; `chosen` maps the label of each tuned optimizer to its rate."""
        return [
            self._run("confirmation", optimizer, chosen.get(optimizer.label), seed)
            for optimizer in self.rows
            for seed in self.config.confirmation_seeds
        ]

    def fixed_runs(self) -> list[StudyRun]:
        """Return the confirmation runs that are known before tuning: those of optimizers that are not tuned."""
        return [
            self._run("confirmation", optimizer, None, seed)
            for optimizer in self.rows
            for seed in self.config.confirmation_seeds
            if optimizer.search is None
        ]

    def _run(self, stage: Stage, optimizer: StudyOptimizer, rate: float | None, seed: int) -> StudyRun:
        key = (stage, optimizer.label, rate, seed)
        if key not in self._planned:
            planned = plan_run(
                self._experiment(stage, optimizer, rate),
                seed=seed,
                dataset=self.tuning_data if stage == "tuning" else self.open_data,
                versions=self.versions,
                runs_dir=self.paths.folder,
            )
            self._planned[key] = StudyRun(stage, optimizer.label, rate, planned)
        return self._planned[key]

    def _experiment(self, stage: Stage, optimizer: StudyOptimizer, rate: float | None) -> LoadedExperiment:
        from optbench.config import dump_config

        base = self.config.experiment
        split = base.dataset.split.model_copy(update={"withhold_test": stage == "tuning"})
        config = base.model_copy(
            update={
                "name": optimizer.label,
                "seed": 0,
                "seeds": None,
                "dataset": base.dataset.model_copy(update={"split": split}),
                "optimizer": optimizer.with_rate(rate),
                "report": base.report.model_copy(update={"figures": False}),
            }
        )
        return LoadedExperiment(config, self.loaded.path, dump_config(config), self.loaded.base, {})


def plan_study(
    loaded: LoadedStudy, *, runs_dir: Path, data_dir: Path, quiet: bool = True, say: Callable[[str], None]
) -> StudyPlan:
    """Read the data and compute the key of a study; nothing is created.

    Raises
    ------
    InvalidError
        If the data is not valid, or has no validation split to tune on.
    """
    from optbench.datasets import load_dataset, without_test_rows
    from optbench.provenance import key_versions
    from optbench.run_store import contained, file_sha256

    config = loaded.config
    experiment = config.experiment
    dataset = load_dataset(experiment.dataset, base=loaded.base, data_dir=data_dir, quiet=quiet, task=experiment.task)
    for sentence in dataset.notes:
        say(sentence)
    if config.tuned and (dataset.validation is None or len(dataset.validation.y) == 0):
        raise ConfigError(
            f"{loaded.path}: tuning needs validation rows, and the data has none. Set dataset.split.validation to a "
            "fraction such as 0.1, or give every optimizer a number for its learning rate."
        )
    versions = key_versions()
    files = [user_code(_with(config, row), loaded.base) for row in (*config.optimizers, *config.defaults)]
    code = {name: file_sha256(path) for found in files for name, path in found.items()}
    data = {"data": dataset.data_digest, "split": dataset.split_digest, "code": code, "versions": dict(versions)}
    key = _digest({**study_identity(config), **data})
    paths = StudyPaths(contained(runs_dir, f"{config.name}-{key[:8]}"))
    digest = _digest({**protocol(config), **data})
    return StudyPlan(loaded, dataset, without_test_rows(dataset), versions, key, digest, paths)


def study_identity(config: StudyConfig) -> dict[str, Any]:
    """Return what makes a study another one: everything that more points, seeds or another level do not touch."""
    experiment = config.experiment.to_plain()
    return {
        "plan_version": PLAN_VERSION,
        "experiment": {name: experiment[name] for name in ("task", "dataset", "model", "training")},
        "optimizers": [_optimizer(one) for one in config.optimizers],
        "tuning": {"metric": config.tuning.metric, "sampler": config.tuning.sampler},
    }


def protocol(config: StudyConfig) -> dict[str, Any]:
    """Return everything that was fixed before the first run, as JSON values."""
    return {
        **study_identity(config),
        "defaults": [one.label for one in config.defaults],
        "tuning": {**config.tuning.model_dump(), "seed_numbers": _span(config.tuning_seeds) if config.tuned else None},
        "confirmation": {"seeds": config.confirmation.seeds, "seed_numbers": _span(config.confirmation_seeds)},
        "metric": config.metric,
        "margin": config.margin,
        "alpha": config.alpha,
        "baseline": config.baseline,
        "comparisons": config.comparisons,
    }


def _optimizer(one: StudyOptimizer) -> dict[str, Any]:
    search = None if one.search is None else {"low": one.search.low, "high": one.search.high, "scale": "log"}
    return {"label": one.label, "optimizer": one.config.to_plain(), "learning_rate": search}


def _with(config: StudyConfig, row: StudyOptimizer) -> Any:
    return config.experiment.model_copy(update={"optimizer": row.config})


def _span(seeds: Sequence[int]) -> str:
    return f"{seeds[0]}..{seeds[-1]}" if len(seeds) > 1 else str(seeds[0])


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
