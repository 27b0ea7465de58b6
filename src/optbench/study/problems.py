"""The problems of a study with their data: as given, without test rows, and in other splits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from optbench.config import GeneratedConfig, SplitDesign
from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig, LoadedStudy, StudyConfig, StudyProblem
    from optbench.records import Dataset

Stage = Literal["tuning", "confirmation", "one_split", "splits"]


@dataclass(frozen=True, slots=True)
class PlannedProblem:
    """A problem whose data is read.

    Attributes
    ----------
    design : what a confirmation seed varies
    open_data : with its test split
    tuning_data : the same without test rows
    splits : outlines of further splits of the data by their seed, as many as the study asks for
    load_split : reads one of them
    """

    name: str
    experiment: ExperimentConfig
    base: Path
    design: SplitDesign
    open_data: Dataset
    tuning_data: Dataset
    splits: Mapping[int, Dataset]
    load_split: Callable[[int], Dataset]

    @property
    def resplits(self) -> bool:
        """True if each confirmation seed has a split of its own."""
        return self.design is SplitDesign.RESPLIT

    @property
    def is_generated(self) -> bool:
        """True if the rows are made, so that each split of its own is data of its own."""
        return isinstance(self.experiment.dataset, GeneratedConfig)

    @property
    def needs_seed_noise(self) -> bool:
        """True if runs on splits of their own share rows: then seeds on one split tell the noise of seeds apart."""
        return self.resplits and not self.is_generated

    def is_elsewhere(self, stage: Stage) -> bool:
        """Return True if the runs of a stage are on other splits than the one that the experiment names."""
        return stage == "splits" or (stage == "confirmation" and self.resplits)

    def split_seed(self, stage: Stage, seed: int) -> int:
        """Return the seed of the split that the run of a seed is on; of the stage `splits` it is the plan that says."""
        return seed if self.is_elsewhere(stage) else self.experiment.dataset.split.seed

    def experiment_on(self, split_seed: int, *, withhold_test: bool = False) -> ExperimentConfig:
        """Return the experiment on one split, or without its test rows."""
        return on_split(self.experiment, split_seed, design=self.design, withhold_test=withhold_test)

    def data(self, stage: Stage, split_seed: int) -> Dataset:
        """Return what a run of a stage sees; of another split its outline."""
        if stage == "tuning":
            return self.tuning_data
        return self.splits[split_seed] if self.is_elsewhere(stage) else self.open_data

    @property
    def opened_splits(self) -> tuple[str, ...]:
        """Digests of the splits whose test rows the confirmation runs see."""
        if self.resplits:
            return tuple(self.splits[seed].split_digest for seed in sorted(self.splits))
        return (self.open_data.split_digest,)

    @property
    def opened(self) -> str:
        """One digest for them; of one split its own."""
        first, *others = self.opened_splits
        return hashlib.sha256("\n".join((first, *others)).encode()).hexdigest() if others else first


def on_split(
    experiment: ExperimentConfig, split_seed: int, *, design: SplitDesign, withhold_test: bool = False
) -> ExperimentConfig:
    """Return an experiment on the split of a seed; a generated problem that is split anew makes its data anew."""
    section = experiment.dataset
    split = section.split.model_copy(update={"seed": split_seed, "withhold_test": withhold_test})
    changes: dict[str, object] = {"split": split}
    if design is SplitDesign.RESPLIT and isinstance(section, GeneratedConfig) and split_seed != section.split.seed:
        changes["seed"] = split_seed
    return experiment.model_copy(update={"dataset": section.model_copy(update=changes)})


def read_problem(
    loaded: LoadedStudy,
    problem: StudyProblem,
    data_dir: Path,
    *,
    quiet: bool,
    say: Callable[[str], None],
    language: str | None = None,
) -> PlannedProblem:
    """Read a problem's data, and decide what its confirmation seeds vary.

    Raises
    ------
    InvalidError
        If the data is not valid, has no validation rows to tune on, more classes than a metric is for, or no other
        splits where they are asked for.
    """
    from optbench.config import text_form_for
    from optbench.datasets import load_dataset, without_test_rows
    from optbench.words import sentence

    experiment = problem.experiment
    dataset = load_dataset(
        experiment.dataset,
        base=problem.base,
        data_dir=data_dir,
        quiet=quiet,
        task=experiment.task,
        texts=text_form_for(experiment.model.name),
    )
    for note in dataset.notes:
        say(sentence(note, language))
    if loaded.config.tuned and (dataset.validation is None or len(dataset.validation.y) == 0):
        raise ConfigError(
            worded(
                "key-tuning-validation",
                "{path}: tuning needs validation rows, and {name} has none. Set dataset.split.validation to "
                "a fraction such as 0.1, or give every optimizer a number for its learning rate.",
                path=loaded.path,
                name=problem.name,
            ),
            code="config-validation-needed",
        )
    _require_classes_of_metrics(loaded, problem, dataset)
    design = _design(loaded, problem, dataset)
    load_split = partial(_load_split, problem, design, data_dir)
    splits = _outlines(loaded, problem, design, dataset, load_split)
    for finding in repeated_splits({seed: data.split_digest for seed, data in splits.items()}):
        say(sentence(finding, language))
    return PlannedProblem(
        name=problem.name,
        experiment=experiment,
        base=problem.base,
        design=design,
        open_data=dataset,
        tuning_data=without_test_rows(dataset),
        splits=splits,
        load_split=load_split,
    )


def _require_classes_of_metrics(loaded: LoadedStudy, problem: StudyProblem, dataset: Dataset) -> None:
    """Refuse a metric of the positive class where there are more classes than two."""
    from optbench.catalog.metrics import metric_of

    asked = {"metric": loaded.config.metric, "tuning.metric": loaded.config.tuning.metric}
    for key, name in asked.items():
        metric = metric_of(name)
        if metric is not None and metric.for_two_classes and dataset.num_classes > 2:  # noqa: PLR2004 - two classes
            raise ConfigError(
                f"{loaded.path}: {key}: {name} is of the positive class of two. Received: {problem.name} with "
                f"{dataset.num_classes} classes. Use balanced_accuracy, f1_macro or matthews_correlation; "
                "tuning.metric with val_ in front.",
                code="config-metric-unfit",
            )


def repeated_splits(digests: Mapping[int, str]) -> tuple[Finding, ...]:
    """Return the finding that some splits are the same, as where there are few groups to divide; () if none are.

    Parameters
    ----------
    digests : of the splits, by their seeds
    """
    n_different = len(set(digests.values()))
    if n_different == len(digests):
        return ()
    return (Finding("splits-repeated", Severity.WARNING, {"splits": len(digests), "n_different": n_different}),)


def on_one_split(problem: PlannedProblem) -> PlannedProblem:
    """Return a problem as it is where all confirmation seeds share its split."""
    return replace(problem, design=SplitDesign.ONE_SPLIT, splits={})


def _design(loaded: LoadedStudy, problem: StudyProblem, dataset: Dataset) -> SplitDesign:
    """Return what the file asks for, else what the data allows.

    Raises
    ------
    ConfigError
        If splits of their own are asked for and the test rows are fixed, or a seed's split is the one of tuning.
    """
    from optbench.datasets import draws_test_rows

    wanted, drawn = loaded.config.wants_resplit, draws_test_rows(dataset)
    if wanted and not drawn:
        raise ConfigError(
            f"{loaded.path}: confirmation.resplit: the test rows of {problem.name} are fixed, so no seed can have "
            "others. Received: resplit: true. Remove the key, or let dataset.split choose the test rows.",
            code="config-test-rows-fixed",
        )
    if wanted is False or not drawn:
        return SplitDesign.ONE_SPLIT
    section = problem.experiment.dataset
    taken = {"dataset.split.seed": section.split.seed}
    if isinstance(section, GeneratedConfig):
        taken["dataset.seed"] = section.seed
    for name, seed in taken.items():
        if seed in loaded.config.confirmation_seeds:
            raise ConfigError(
                f"{loaded.path}: {name} of {problem.name}: confirmation seed {seed} has the split of that number, "
                f"which tuning sees. Received: {seed}. Use one below {loaded.config.confirmation_seeds[0]}, or "
                "confirmation.resplit: false.",
                code="config-value-wrong",
            )
    return SplitDesign.RESPLIT


def _load_split(problem: StudyProblem, design: SplitDesign, data_dir: Path, seed: int) -> Dataset:
    from optbench.config import text_form_for
    from optbench.datasets import load_dataset

    experiment = on_split(problem.experiment, seed, design=design)
    texts = text_form_for(experiment.model.name)
    return load_dataset(experiment.dataset, base=problem.base, data_dir=data_dir, task=experiment.task, texts=texts)


def _outlines(
    loaded: LoadedStudy,
    problem: StudyProblem,
    design: SplitDesign,
    known: Dataset,
    load_split: Callable[[int], Dataset],
) -> dict[int, Dataset]:
    """Return the outlines of further splits, by the seed of the split; each is read once, to know that it is valid.

    Raises
    ------
    ConfigError
        If the test rows are fixed, so that there are no others.
    """
    import numpy as np

    from optbench.datasets import outline

    found = {}
    for seed in _split_seeds(loaded.config, problem, design):
        dataset = load_split(seed)
        if design is SplitDesign.ONE_SPLIT and np.array_equal(dataset.test.rows, known.test.rows):
            raise ConfigError(
                f"{loaded.path}: splits: the test rows of {problem.name} are fixed, so its splits do not vary. "
                f"Received: splits: {loaded.config.splits}. Remove the key, or let dataset.split choose the test rows.",
                code="config-test-rows-fixed",
            )
        found[seed] = outline(dataset)
        del dataset  # before the next one is read
    return found


def _split_seeds(config: StudyConfig, problem: StudyProblem, design: SplitDesign) -> Sequence[int]:
    """Return the seeds of the splits beside the one that the experiment names."""
    if design is SplitDesign.RESPLIT:
        return config.confirmation_seeds
    first = problem.experiment.dataset.split.seed + 1
    return range(first, first + config.splits)
