"""From a study file to its runs: data, key, folder, and every run of both stages, before any of them exists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from optbench.config import LoadedExperiment
from optbench.runner.plan import PlannedRun, plan_run, user_code
from optbench.study.begun import Begun, read_begun
from optbench.study.paths import StudyPaths
from optbench.study.problems import on_one_split, read_problem
from optbench.study.sampling import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.config import LoadedStudy, StudyConfig, StudyOptimizer, StudyProblem, Values
    from optbench.study.problems import PlannedProblem, Stage

Chosen = Mapping[tuple[str, str], "Values"]
"""Problem and label of a tuned optimizer -> its chosen setting."""

PLAN_VERSION = 2
_NUMBERS_OF_SEEDS = ("seeds", "seed_numbers", "at_most", "looks", "on_one_split")


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


class AskedPlan(Protocol):
    """What a verdict takes of a plan: what was asked, and the digests it goes by."""

    @property
    def config(self) -> StudyConfig:
        """The study as its file describes it."""

    @property
    def key(self) -> str:
        """Digest of what cannot be extended."""

    @property
    def digest(self) -> str:
        """Digest of everything that the verdict depends on."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study whose data is read and whose folder is known; nothing has been created.

    Attributes
    ----------
    key : what cannot be extended: data, model, training, optimizers, ranges, rule of choice, what a seed varies
    keeps_split : True if the file leaves open what a seed varies, and its folder holds a study on one split
    digest : of everything that the verdict depends on, numbers of points and seeds, metric and levels included
    begun : how it was begun, if it was
    """

    loaded: LoadedStudy
    problems: tuple[PlannedProblem, ...]
    versions: Mapping[str, str]
    key: str
    digest: str
    paths: StudyPaths
    keeps_split: bool = False
    begun: Begun = field(default_factory=Begun)
    _planned: dict[tuple[str, str, str, Values, int], dict[int, StudyRun]] = field(default_factory=dict)

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
        """Return the first round of tuning: every setting, then the defaults with all tuning seeds."""
        return [
            self._run("tuning", problem, optimizer, values, seed)
            for problem in self.problems
            for optimizer in self.config.tuned
            for values in self.settings(optimizer)
            for seed in self.config.first_tuning_seeds
        ] + self._beside_tuning()

    def tuning_run(self, problem: str, label: str, values: Values, seed: int) -> StudyRun:
        """Return a tuning run of a later round."""
        one = next(one for one in self.problems if one.name == problem)
        optimizer = next(one for one in self.config.tuned if one.label == label)
        return self._run("tuning", one, optimizer, values, seed)

    def _beside_tuning(self) -> list[StudyRun]:
        """Return the runs of the defaults with the tuning seeds, on which nothing is chosen."""
        return [
            self._run("tuning", problem, optimizer, (), seed)
            for problem in self.problems
            for optimizer in self.config.beside_tuning
            for seed in self.config.tuning_seeds
        ]

    def engines_used(self) -> dict[str, dict[str, str]]:
        """Return problem -> label -> the engine that its runs have."""
        found: dict[str, dict[str, str]] = {problem.name: {} for problem in self.problems}
        for run in [*self.tuning_runs(), *self.fixed_runs()]:
            found[run.problem].setdefault(run.label, run.planned.config.training.engine)
        return found

    def confirmation_runs(self, chosen: Chosen, *, look: int | None = None) -> list[StudyRun]:
        """Return the runs of the second stage, or those up to a look.

        Parameters
        ----------
        chosen : a setting per problem and tuned optimizer
        look : number of seeds; None takes all that are planned
        """
        return [
            self._run("confirmation", problem, optimizer, chosen.get((problem.name, optimizer.label), ()), seed)
            for problem in self.problems
            for optimizer in self.rows
            for seed in self.config.confirmation_seeds[:look]
        ]

    def one_split_runs(self, chosen: Chosen) -> list[StudyRun]:
        """Return the further runs that share one split, at the settings that are confirmed on splits of their own."""
        return [
            self._run("one_split", problem, optimizer, chosen.get((problem.name, optimizer.label), ()), seed)
            for problem in self.problems
            if problem.needs_seed_noise
            for optimizer in self.rows
            for seed in self.config.one_split_seeds
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
        on = problem.split_seed(stage, seed) if split_seed is None else split_seed
        of_seeds = self._planned.setdefault((stage, problem.name, optimizer.label, values, on), {})
        if seed not in of_seeds:
            like = next((run.planned for run in of_seeds.values()), None)  # what differs is the seed
            planned = plan_run(
                self._experiment(stage, problem, optimizer, values, on) if like is None else like.loaded,
                seed=seed,
                dataset=problem.data(stage, on),
                versions=self.versions,
                runs_dir=self.paths.folder,
                like=like,
            )
            if problem.is_elsewhere(stage):
                planned = replace(planned, load=partial(problem.load_split, on))
            of_seeds[seed] = StudyRun(stage, problem.name, optimizer.label, values, planned)
        return of_seeds[seed]

    def _experiment(
        self, stage: Stage, problem: PlannedProblem, optimizer: StudyOptimizer, values: Values, split_seed: int
    ) -> LoadedExperiment:
        from optbench.config import run_name

        experiment = problem.experiment_on(split_seed, withhold_test=stage == "tuning")
        base = optimizer.experiment(experiment, values)
        several = len(self.problems) > 1
        engine = self.begun.engines.get(problem.name, {}).get(optimizer.label, base.training.engine)
        config = base.model_copy(
            update={
                "name": run_name(problem.name, optimizer.label) if several else optimizer.label,
                "seed": 0,
                "seeds": None,
                "training": base.training.model_copy(update={"engine": engine}),
                "report": base.report.model_copy(update={"figures": False}),
            }
        )
        return LoadedExperiment(config, self.loaded.path, None, problem.base, {})


def plan_study(
    loaded: LoadedStudy,
    *,
    runs_dir: Path,
    data_dir: Path,
    quiet: bool = True,
    say: Callable[[str], None],
    language: str | None = None,
    versions: Mapping[str, str] | None = None,
) -> StudyPlan:
    """Read the data and compute the key of a study; nothing is created.

    A study goes on as it was begun: under the design of the version that began it, and with all seeds on one split if
    they were, unless its file says what a seed varies.

    Parameters
    ----------
    say : gets the notes on each data set
    language : of the notes; None is that of the machine setting
    versions : packages that enter the keys; None takes those that are installed

    Raises
    ------
    InvalidError
        If the data is not valid, or has no validation split to tune on.
    """
    from optbench.training.engines import engine_versions

    config = loaded.config
    problems = tuple(
        read_problem(loaded, problem, data_dir, quiet=quiet, say=say, language=language) for problem in config.problems
    )
    if versions is None:
        versions = engine_versions(problem.experiment.training.engine for problem in config.problems)
    plan = _plan(loaded, problems, versions, runs_dir)
    if config.wants_resplit is not None or not plan.config.resplit or plan.paths.record.exists():
        return plan
    before = _plan(loaded, tuple(map(on_one_split, problems)), versions, runs_dir)
    return replace(before, keeps_split=True) if before.paths.record.exists() else plan


def _plan(
    loaded: LoadedStudy, problems: tuple[PlannedProblem, ...], versions: Mapping[str, str], runs_dir: Path
) -> StudyPlan:
    from optbench.config import ADDED_TO_STUDIES_LATER, without_old_values
    from optbench.run_store import contained

    of_file = loaded.config
    designed = (replace(one, design=read.design) for one, read in zip(of_file.problems, problems, strict=True))
    config = replace(of_file, problems=tuple(designed))
    data = {"data": [_data_facts(config, problem) for problem in problems], "versions": dict(versions)}

    def digest_of(content: Mapping[str, Any]) -> str:
        return _digest({**without_old_values(content, ADDED_TO_STUDIES_LATER), **data})

    key = digest_of(study_identity(config))
    paths = StudyPaths(contained(runs_dir, f"{config.name}-{key[:8]}"))
    begun = read_begun(paths)
    config = replace(config, design=begun.design)
    digest = digest_of(protocol(config))
    return StudyPlan(replace(loaded, config=config), problems, versions, key, digest, paths, begun=begun)


def _data_facts(config: StudyConfig, problem: PlannedProblem) -> dict[str, Any]:
    """Return the digests of a problem's data and of the user's Python that its runs execute."""
    from optbench.user_code import source_sha256

    rows = (*config.optimizers, *config.defaults)
    files = [user_code(row.experiment(problem.experiment, ()), problem.base) for row in rows]
    code = {name: source_sha256(path) for found in files for name, path in found.items()}
    dataset = problem.open_data
    reading = {"reading": dict(dataset.reading)} if dataset.reading else {}
    return {"data": dataset.data_digest, "split": dataset.split_digest, "code": code, **reading}


def study_identity(config: StudyConfig) -> dict[str, Any]:
    """Return what makes a study another one: everything that more points, seeds or another level do not touch."""
    return {
        "plan_version": PLAN_VERSION,
        "problems": [_problem(problem) for problem in config.problems],
        "optimizers": [_optimizer(one) for one in config.optimizers],
        "tuning": {"metric": config.tuning.metric, "sampler": config.tuning.sampler},
        "confirmation": {"resplit": _resplit(config)},
    }


def _resplit(config: StudyConfig) -> bool | list[str]:
    """Return whether every confirmation seed has a split of its own; of several problems of which only some, which."""
    names = list(config.resplit)
    return bool(names) if len(names) in (0, len(config.problems)) else names


def question(config: StudyConfig) -> str:
    """Return the digest of everything that a plan asks, its number of confirmation seeds apart."""
    asked = protocol(config)
    confirmation = {name: value for name, value in asked["confirmation"].items() if name not in _NUMBERS_OF_SEEDS}
    return _digest({**asked, "confirmation": confirmation})


def protocol(config: StudyConfig) -> dict[str, Any]:
    """Return everything that was fixed before the first run, as JSON values."""
    questions = {"families": {str(family): pairs for family, pairs in config.families.items()}}
    is_outermost = config.tuning.widens_inside and config.design.widens_at_outermost
    widens = {"widens_at": "outermost"} if is_outermost else {}
    return {
        **study_identity(config),
        "defaults": [one.label for one in config.defaults],
        "tuning": {
            **config.tuning.model_dump(),
            "seed_numbers": _span(config.tuning_seeds) if config.tuned else None,
            **widens,
        },
        "confirmation": {
            "seeds": config.confirmation.seeds,
            "seed_numbers": _span(config.confirmation_seeds),
            "at_most": config.confirmation.at_most,
            "resplit": _resplit(config),
            "on_one_split": config.confirmation.on_one_split,
        },
        "splits": config.splits,
        "engine": config.engine,
        "metric": config.metric,
        "margin": config.margin,
        "alpha": config.alpha,
        "baseline": config.baseline,
        "comparisons": config.comparisons,
        **(questions if config.design.separate_questions else {}),
    }


def _problem(problem: StudyProblem) -> dict[str, Any]:
    from optbench.config import what_counts

    # the optimizer stands for none, and seeds are the plan's
    left_out = ("optimizer", "seed", "seeds")
    sections = what_counts(problem.experiment.to_plain())
    return {"name": problem.name, **{name: value for name, value in sections.items() if name not in left_out}}


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
