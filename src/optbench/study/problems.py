"""The problems of a study with their data: as given, without test rows, and in other splits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from optbench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optbench.config import ExperimentConfig, LoadedStudy, StudyProblem
    from optbench.records import Dataset

Stage = Literal["tuning", "confirmation", "splits"]


@dataclass(frozen=True, slots=True)
class PlannedProblem:
    """A problem whose data is read.

    Attributes
    ----------
    open_data : with its test split, for confirmation
    tuning_data : the same without test rows
    splits : outlines of further splits of the data by their seed, as many as the study asks for
    load_split : reads one of them
    """

    name: str
    experiment: ExperimentConfig
    base: Path
    open_data: Dataset
    tuning_data: Dataset
    splits: Mapping[int, Dataset]
    load_split: Callable[[int], Dataset]

    def data(self, stage: Stage, split_seed: int) -> Dataset:
        """Return what a run of a stage sees; of another split its outline."""
        if stage == "tuning":
            return self.tuning_data
        return self.splits[split_seed] if stage == "splits" else self.open_data


def read_problem(
    loaded: LoadedStudy,
    problem: StudyProblem,
    data_dir: Path,
    *,
    quiet: bool,
    say: Callable[[str], None],
    language: str | None = None,
) -> PlannedProblem:
    """Read a problem's data.

    Raises
    ------
    InvalidError
        If the data is not valid, has no validation rows to tune on, more classes than a metric is for, or no other
        splits where they are asked for.
    """
    from optbench.datasets import load_dataset, without_test_rows
    from optbench.words import sentence

    experiment = problem.experiment
    dataset = load_dataset(experiment.dataset, base=problem.base, data_dir=data_dir, quiet=quiet, task=experiment.task)
    for note in dataset.notes:
        say(sentence(note, language))
    if loaded.config.tuned and (dataset.validation is None or len(dataset.validation.y) == 0):
        raise ConfigError(
            f"{loaded.path}: tuning needs validation rows, and {problem.name} has none. Set dataset.split.validation "
            "to a fraction such as 0.1, or give every optimizer a number for its learning rate.",
            code="config-validation-needed",
        )
    _require_classes_of_metrics(loaded, problem, dataset)
    load_split = partial(_load_split, problem, data_dir)
    return PlannedProblem(
        name=problem.name,
        experiment=experiment,
        base=problem.base,
        open_data=dataset,
        tuning_data=without_test_rows(dataset),
        splits=_other_splits(loaded, problem, dataset, load_split),
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


def _load_split(problem: StudyProblem, data_dir: Path, seed: int) -> Dataset:
    from optbench.datasets import load_dataset

    section = problem.experiment.dataset
    split = section.split.model_copy(update={"seed": seed})
    dataset = section.model_copy(update={"split": split})
    return load_dataset(dataset, base=problem.base, data_dir=data_dir, task=problem.experiment.task)


def _other_splits(
    loaded: LoadedStudy, problem: StudyProblem, known: Dataset, load_split: Callable[[int], Dataset]
) -> dict[int, Dataset]:
    """Return the outlines of further splits, by the seed of the split; each is read once, to know that it is valid.

    Raises
    ------
    ConfigError
        If the test rows are fixed, so that there are no others.
    """
    import numpy as np

    from optbench.datasets import outline

    found, first = {}, problem.experiment.dataset.split.seed + 1
    for seed in range(first, first + loaded.config.splits):
        dataset = load_split(seed)
        if np.array_equal(dataset.test.rows, known.test.rows):
            raise ConfigError(
                f"{loaded.path}: splits: the test rows of {problem.name} are fixed, so its splits do not vary. "
                f"Received: splits: {loaded.config.splits}. Remove the key, or let dataset.split choose the test rows.",
                code="config-test-rows-fixed",
            )
        found[seed] = outline(dataset)
        del dataset  # before the next one is read
    return found
