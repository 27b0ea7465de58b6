"""From a study file to its runs: data, key, folder, and every run of both stages, before any of them exists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from optbench.config import LoadedExperiment
from optbench.errors import ConfigError
from optbench.runner.plan import PlannedRun, plan_run, user_code
from optbench.study.paths import StudyPaths
from optbench.study.sampling import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig, LoadedStudy, StudyConfig, StudyOptimizer, StudyProblem, Values
    from optbench.records import Dataset

Stage = Literal["tuning", "confirmation", "splits"]
Chosen = Mapping[tuple[str, str], "Values"]
"""Problem and label of a tuned optimizer -> its chosen setting."""

PLAN_VERSION = 2


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One run of a study.

    Attributes
    ----------
    problem : name of its problem
    label : of the optimizer, the name of its row
    values : of the hyperparameters that are searched, tried or chosen; () if nothing is
    """

    stage: Stage
    problem: str
    label: str
    values: Values
    planned: PlannedRun

    @property
    def run(self) -> str:
        """The run id."""
        return self.planned.run


@dataclass(frozen=True, slots=True)
class PlannedProblem:
    """A problem whose data is read.

    Attributes
    ----------
    open_data : with its test split, for confirmation
    tuning_data : the same without test rows
    splits : further splits of the data by their seed, as many as the study asks for
    """

    name: str
    experiment: ExperimentConfig
    base: Path
    open_data: Dataset
    tuning_data: Dataset
    splits: Mapping[int, Dataset]

    def data(self, stage: Stage, split_seed: int) -> Dataset:
        """Return what a run of a stage sees."""
        if stage == "tuning":
            return self.tuning_data
        return self.splits[split_seed] if stage == "splits" else self.open_data


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study whose data is read and whose folder is known; nothing has been created.

    Attributes
    ----------
    key : what cannot be extended: data, model, training, optimizers, ranges, rule of choice
    digest : of everything that the verdict depends on, numbers of points and seeds, metric and levels included
    """

    loaded: LoadedStudy
    problems: tuple[PlannedProblem, ...]
    versions: Mapping[str, str]
    key: str
    digest: str
    paths: StudyPaths
    _planned: dict[tuple[str, str, str, Values, int, int], StudyRun] = field(default_factory=dict)

    @property
    def config(self) -> StudyConfig:
        """The study as its file describes it."""
        return self.loaded.config

    @property
    def rows(self) -> tuple[StudyOptimizer, ...]:
        """Every optimizer that is confirmed: those listed, then those at their defaults."""
        return (*self.config.optimizers, *self.config.defaults)

    def settings(self, optimizer: StudyOptimizer) -> list[Values]:
        """Return the settings that are tried for an optimizer; [] if nothing is tuned."""
        tuning = self.config.tuning
        return settings_of(optimizer.search, sampler=tuning.sampler, points=tuning.points)

    def tuning_runs(self) -> list[StudyRun]:
        """Return the runs of the first stage."""
        return [
            self._run("tuning", problem, optimizer, values, seed)
            for problem in self.problems
            for optimizer in self.config.tuned
            for values in self.settings(optimizer)
            for seed in self.config.tuning_seeds
        ]

    def confirmation_runs(self, chosen: Chosen) -> list[StudyRun]:
        """Return the runs of the second stage; `chosen` has a setting per problem and tuned optimizer."""
        return [
            self._run("confirmation", problem, optimizer, chosen.get((problem.name, optimizer.label), ()), seed)
            for problem in self.problems
            for optimizer in self.rows
            for seed in self.config.confirmation_seeds
        ]

    def split_runs(self, chosen: Chosen) -> list[StudyRun]:
        """Return the runs on other splits: one seed, every listed optimizer at its chosen setting."""
        seed = self.config.confirmation_seeds[0]
        return [
            self._run("splits", problem, optimizer, chosen.get((problem.name, optimizer.label), ()), seed, split_seed)
            for problem in self.problems
            for optimizer in self.config.on_splits
            for split_seed in problem.splits
        ]

    def fixed_runs(self) -> list[StudyRun]:
        """Return the confirmation runs that are known before tuning: those of optimizers that are not tuned."""
        return [
            self._run("confirmation", problem, optimizer, (), seed)
            for problem in self.problems
            for optimizer in self.rows
            for seed in self.config.confirmation_seeds
            if not optimizer.search
        ]

    def _run(
        self,
        stage: Stage,
        problem: PlannedProblem,
        optimizer: StudyOptimizer,
        values: Values,
        seed: int,
        split_seed: int | None = None,
    ) -> StudyRun:
        on = problem.experiment.dataset.split.seed if split_seed is None else split_seed
        key = (stage, problem.name, optimizer.label, values, seed, on)
        if key not in self._planned:
            planned = plan_run(
                self._experiment(stage, problem, optimizer, values, on),
                seed=seed,
                dataset=problem.data(stage, on),
                versions=self.versions,
                runs_dir=self.paths.folder,
            )
            self._planned[key] = StudyRun(stage, problem.name, optimizer.label, values, planned)
        return self._planned[key]

    def _experiment(
        self, stage: Stage, problem: PlannedProblem, optimizer: StudyOptimizer, values: Values, split_seed: int
    ) -> LoadedExperiment:
        from optbench.config import dump_config

        base = optimizer.experiment(problem.experiment, values)
        split = base.dataset.split.model_copy(update={"withhold_test": stage == "tuning", "seed": split_seed})
        several = len(self.problems) > 1
        config = base.model_copy(
            update={
                "name": f"{problem.name}-{optimizer.label}" if several else optimizer.label,
                "seed": 0,
                "seeds": None,
                "dataset": base.dataset.model_copy(update={"split": split}),
                "report": base.report.model_copy(update={"figures": False}),
            }
        )
        return LoadedExperiment(config, self.loaded.path, dump_config(config), problem.base, {})


def plan_study(
    loaded: LoadedStudy, *, runs_dir: Path, data_dir: Path, quiet: bool = True, say: Callable[[str], None]
) -> StudyPlan:
    """Read the data and compute the key of a study; nothing is created.

    Raises
    ------
    InvalidError
        If the data is not valid, or has no validation split to tune on.
    """
    from optbench.provenance import key_versions
    from optbench.run_store import contained

    config = loaded.config
    problems = tuple(_read(loaded, problem, data_dir, quiet=quiet, say=say) for problem in config.problems)
    versions = key_versions()
    data = {"data": [_data_facts(config, problem) for problem in problems], "versions": dict(versions)}
    key = _digest({**study_identity(config), **data})
    paths = StudyPaths(contained(runs_dir, f"{config.name}-{key[:8]}"))
    return StudyPlan(loaded, problems, versions, key, _digest({**protocol(config), **data}), paths)


def _read(
    loaded: LoadedStudy, problem: StudyProblem, data_dir: Path, *, quiet: bool, say: Callable[[str], None]
) -> PlannedProblem:
    from optbench.datasets import load_dataset, without_test_rows

    experiment = problem.experiment
    dataset = load_dataset(experiment.dataset, base=problem.base, data_dir=data_dir, quiet=quiet, task=experiment.task)
    for sentence in dataset.notes:
        say(sentence)
    if loaded.config.tuned and (dataset.validation is None or len(dataset.validation.y) == 0):
        raise ConfigError(
            f"{loaded.path}: tuning needs validation rows, and {problem.name} has none. Set dataset.split.validation "
            "to a fraction such as 0.1, or give every optimizer a number for its learning rate."
        )
    return PlannedProblem(
        name=problem.name,
        experiment=experiment,
        base=problem.base,
        open_data=dataset,
        tuning_data=without_test_rows(dataset),
        splits=_other_splits(loaded, problem, dataset, data_dir),
    )


def _other_splits(loaded: LoadedStudy, problem: StudyProblem, known: Dataset, data_dir: Path) -> dict[int, Dataset]:
    """Return the data in further splits, by the seed of the split.

    Raises
    ------
    ConfigError
        If the test rows are fixed, so that there are no others.
    """
    from optbench.datasets import load_dataset

    found, experiment = {}, problem.experiment
    first = experiment.dataset.split.seed + 1
    for seed in range(first, first + loaded.config.splits):
        split = experiment.dataset.split.model_copy(update={"seed": seed})
        dataset = experiment.dataset.model_copy(update={"split": split})
        found[seed] = load_dataset(dataset, base=problem.base, data_dir=data_dir, task=experiment.task)
        if found[seed].test.rows.tolist() == known.test.rows.tolist():
            raise ConfigError(
                f"{loaded.path}: splits: the test rows of {problem.name} are fixed, so its splits do not vary. "
                f"Received: splits: {loaded.config.splits}. Remove the key, or let dataset.split choose the test rows."
            )
    return found


def _data_facts(config: StudyConfig, problem: PlannedProblem) -> dict[str, Any]:
    """Return the digests of a problem's data and of the user's Python that its runs execute."""
    from optbench.run_store import file_sha256

    rows = (*config.optimizers, *config.defaults)
    files = [user_code(row.experiment(problem.experiment, ()), problem.base) for row in rows]
    code = {name: file_sha256(path) for found in files for name, path in found.items()}
    return {"data": problem.open_data.data_digest, "split": problem.open_data.split_digest, "code": code}


def study_identity(config: StudyConfig) -> dict[str, Any]:
    """Return what makes a study another one: everything that more points, seeds or another level do not touch."""
    return {
        "plan_version": PLAN_VERSION,
        "problems": [_problem(problem) for problem in config.problems],
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
        "splits": config.splits,
        "metric": config.metric,
        "margin": config.margin,
        "alpha": config.alpha,
        "baseline": config.baseline,
        "comparisons": config.comparisons,
    }


def _problem(problem: StudyProblem) -> dict[str, Any]:
    experiment = problem.experiment.to_plain()
    return {"name": problem.name, **{name: experiment[name] for name in ("task", "dataset", "model", "training")}}


def _optimizer(one: StudyOptimizer) -> dict[str, Any]:
    return {
        "label": one.label,
        "optimizer": one.config.to_plain(),
        "search": {name: found.model_dump() for name, found in one.search.items()},
        "with": dict(one.fixed),
    }


def _span(seeds: Sequence[int]) -> str:
    return f"{seeds[0]}..{seeds[-1]}" if len(seeds) > 1 else str(seeds[0])


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
