"""What a study file holds, as frozen values; its checks are in `study_file`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from optbench.catalog.metrics import METRICS, tuning_metrics
from optbench.config.looks import declared_looks
from optbench.config.names import NAME_PATTERN
from optbench.config.optimizer import OptimizerConfig
from optbench.config.split_design import SplitDesign
from optbench.config.study_design import StudyDesign
from optbench.config.study_families import Family, family_of, is_compared
from optbench.config.study_search import StudyOptimizer
from optbench.core.section import Section

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config.experiment import ExperimentConfig

FIRST_CONFIRMATION_SEED = 1000
"""Tuning takes the seeds 0, 1, ...; confirmation 1000, 1001, ...: disjoint, however many are added to either."""

FEWEST_ON_ONE_SPLIT = 5
"""With fewer seeds on one split their variance is not estimated, and the noise of seeds counts as that of splits."""

REPEATED = 3
"""Settings of a race that are tried with more than the first seed."""

FINALISTS = 2
"""Settings of a full race that get what the others saved."""

if TYPE_CHECKING:
    TuningMetric = str
    TestMetric = str
else:  # the names, as pydantic checks them and as they stand in the JSON schema
    TuningMetric = Literal[tuning_metrics()]
    TestMetric = Literal[tuple(METRICS)]


class TuningConfig(Section):
    """How settings are chosen: on the validation split, with seeds of its own."""

    points: int = Field(
        default=7, ge=1, le=1000, description="Settings tried per optimizer, however many hyperparameters it searches."
    )
    seeds: int = Field(
        default=2, ge=1, le=FIRST_CONFIRMATION_SEED, description="How many seeds each of them is trained with."
    )
    metric: TuningMetric = Field(default="val_loss", description="What decides, averaged over the seeds.")
    sampler: Literal["grid", "halton"] = Field(
        default="grid",
        description="grid: even steps, both ends included (over two hyperparameters points must be a square, such as "
        "9); halton: a sequence that fills any number of dimensions and can be extended by any number.",
    )
    race: Literal["off", "cheap", "full"] = Field(
        default="off",
        description="off: every setting with every seed. cheap: every setting with one seed, the best three with the "
        "others. full: what that saves goes into further seeds of the best two. The same for every optimizer.",
    )
    widen: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Further settings that are reserved: if any optimizer's best lies at an edge of those tried, every "
        "tuned one tries so many more, beyond its own edge or around its inner best.",
    )

    @property
    def widens_inside(self) -> bool:
        """True if points are reserved, and those of the first round end before their range does."""
        return self.widen > 0 and self.sampler == "halton"

    @property
    def freed(self) -> int:
        """How many further seeds each of the best two gets of a full race, for the runs that it saved."""
        saved = max(0, self.points - REPEATED) * (self.seeds - 1)
        return saved // FINALISTS if self.race == "full" else 0


class ConfirmationConfig(Section):
    """The runs that the verdict rests on: every optimizer at its chosen setting, on fresh seeds."""

    seeds: int = Field(default=10, ge=1, le=100_000, description="How many seeds, the same for all optimizers.")
    at_most: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Makes the plan a sequential one: it looks at `seeds`, then every half of that more, at the latest "
        "here, and ends when every pair is decided. The tests pay for the looks. null: one look, at `seeds`.",
    )
    resplit: bool | None = Field(
        default=None,
        description="true: seed i trains and is tested on split i, the same for all optimizers, so that the verdict is "
        "not about one split; a generated problem makes data i. false: all seeds on one split. If not given, true "
        "where the test rows are drawn at random or by group, unless splits are asked for.",
    )
    on_one_split: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="With resplit: further runs of each optimizer with so many seeds on one split, five or more, which "
        "tell the noise of seeds from that of splits; 0 for none.",
    )

    @property
    def beside_seeds(self) -> str:
        """What a line with other numbers of seeds has to repeat so that the design stays, as the end of that line."""
        resplit = "" if self.resplit is None else f", resplit: {str(self.resplit).lower()}"
        return resplit + (f", on_one_split: {self.on_one_split}" if self.on_one_split else "")


class StudyHead(Section):
    """Everything in a study file but the experiment and the optimizers, which are checked on their own."""

    name: str | None = Field(
        default=None, pattern=NAME_PATTERN, description="Name of the study; without it, that of its file."
    )
    experiment: Any = Field(default=None, description="Experiment file, or {dataset, model, training}.")
    experiments: Any = Field(default=None, description="Several of them: one verdict each, and one across them all.")
    optimizers: Any = Field(default=None, description="Names, or {name, label, learning_rate, with, ...}.")
    tuning: TuningConfig = Field(default=TuningConfig(), description="How settings are searched on validation rows.")
    confirmation: ConfirmationConfig = Field(
        default=ConfirmationConfig(), description="How the chosen settings are repeated on fresh seeds."
    )
    splits: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Further splits of the data, two or more, on which each chosen setting is repeated with one seed: "
        "how far another split alone moves the scores.",
    )
    metric: TestMetric | None = Field(
        default=None,
        description="Metric of the test split that the verdict is about; if not given accuracy, or rmse.",
    )
    margin: float | None = Field(
        default=None,
        gt=0,
        description="Largest difference that does not matter in practice, in units of the metric. If not given 0.005, "
        "half a point of accuracy; for an error in the unit of the target 0.5 % of that of the training mean.",
    )
    engine: Literal["auto", "fused", "xla"] = Field(
        default="auto",
        description="What trains every run, instead of the experiments' own engine: xla is faster on many small runs. "
        "auto leaves the choice to them; what it stands for is written down with the first plan.",
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Level of the tests over all comparisons.")
    baseline: str | None = Field(
        default=None, min_length=1, description="Label that all others are compared with; null compares every pair."
    )


@dataclass(frozen=True, slots=True)
class StudyProblem:
    """One data set with one model and its training.

    Attributes
    ----------
    name : unique in the study
    experiment : data, model and training; its optimizer stands for none
    base : folder that paths in it start from: that of the experiment file if one is named, else that of the study file
    design : what a confirmation seed varies; known for certain when the data has been read
    """

    name: str
    experiment: ExperimentConfig
    base: Path
    design: SplitDesign = SplitDesign.ONE_SPLIT


@dataclass(frozen=True, slots=True)
class StudyConfig:
    """A study as its file describes it, every default filled in.

    Attributes
    ----------
    problems : one for `experiment`, several for `experiments`
    margin : in units of the metric; None for an error in the unit of the target that nobody gave a margin for
    design : what is planned beyond that; known for certain when its folder has been looked at
    """

    name: str
    problems: tuple[StudyProblem, ...]
    optimizers: tuple[StudyOptimizer, ...]
    tuning: TuningConfig
    confirmation: ConfirmationConfig
    splits: int
    metric: str
    margin: float | None
    alpha: float
    baseline: str | None
    engine: str = "auto"
    design: StudyDesign = field(default_factory=StudyDesign)

    @property
    def tuning_seeds(self) -> tuple[int, ...]:
        """Seeds of the tuning runs."""
        return tuple(range(self.tuning.seeds))

    @property
    def first_tuning_seeds(self) -> tuple[int, ...]:
        """Seeds that every setting is tried with: the first one if the others are raced for."""
        return self.tuning_seeds if self.tuning.race == "off" else self.tuning_seeds[:1]

    @property
    def confirmation_seeds(self) -> tuple[int, ...]:
        """Seeds of the confirmation runs, as many as the plan may use, none of them a tuning seed."""
        number = self.confirmation.at_most or self.confirmation.seeds
        return tuple(range(FIRST_CONFIRMATION_SEED, FIRST_CONFIRMATION_SEED + number))

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many confirmation seeds a sequential plan looks; () for a plan that looks once."""
        most = self.confirmation.at_most
        return () if most is None else declared_looks(self.confirmation.seeds, most)

    @property
    def one_split_seeds(self) -> tuple[int, ...]:
        """Seeds of the further runs on one split, beside those on splits of their own; () if there are none."""
        return tuple(range(FIRST_CONFIRMATION_SEED, FIRST_CONFIRMATION_SEED + self.confirmation.on_one_split))

    @property
    def wants_resplit(self) -> bool | None:
        """Whether each confirmation seed gets a split of its own; None leaves it to the data."""
        return False if self.splits else self.confirmation.resplit

    @property
    def resplit(self) -> tuple[str, ...]:
        """Names of the problems on which each confirmation seed has a split of its own."""
        return tuple(problem.name for problem in self.problems if problem.design is SplitDesign.RESPLIT)

    @property
    def tuned(self) -> tuple[StudyOptimizer, ...]:
        """The optimizers that search something."""
        return tuple(optimizer for optimizer in self.optimizers if optimizer.search)

    @property
    def beside_tuning(self) -> tuple[StudyOptimizer, ...]:
        """The rows at Keras' defaults, which run with the tuning seeds too: so tuning is compared with not tuning."""
        if not self.tuned or not self.design.defaults_on_tuning_seeds:
            return ()
        return tuple(one for one in (*self.optimizers, *self.defaults) if one.is_default)

    @property
    def on_splits(self) -> tuple[StudyOptimizer, ...]:
        """The optimizers that are repeated on other splits: those listed, at the setting that is confirmed."""
        return self.optimizers if self.splits else ()

    @property
    def model_keys(self) -> frozenset[str]:
        """Keys of the model section, with `model.`, that some optimizer sets for itself."""
        return frozenset(name for optimizer in self.optimizers for name in optimizer.model_keys)

    @property
    def defaults(self) -> tuple[StudyOptimizer, ...]:
        """A row per optimizer at its defaults, without tuning, as far as the file does not list it."""
        names = dict.fromkeys(optimizer.config.name for optimizer in self.optimizers)
        listed = {optimizer.config.name for optimizer in self.optimizers if optimizer.is_default}
        return tuple(
            StudyOptimizer(default_label(name), OptimizerConfig(name=name))
            for name in names
            if name not in listed and name != "python"
        )

    @property
    def aside(self) -> dict[str, frozenset[str]]:
        """Label of each default -> labels of the optimizers it is the default of: the only ones it is compared with.

        Who stops at the defaults learns what tuning is worth; the other pairs would cost the tests power.
        """
        rows = [*self.defaults, *(one for one in self.optimizers if one.label == default_label(one.config.name))]
        listed = [one for one in self.optimizers if one not in rows]
        if len(listed) < 2:  # noqa: PLR2004 - nothing else to compare: then the defaults are the others
            return {}
        beside = {
            row.label: frozenset(one.label for one in listed if one.config.name == row.config.name) for row in rows
        }
        return {label: others for label, others in beside.items() if others}

    @property
    def untuned(self) -> frozenset[str]:
        """Labels of the rows that search nothing."""
        return frozenset(one.label for one in (*self.optimizers, *self.defaults) if not one.search)

    @property
    def untuned_apart(self) -> frozenset[str] | None:
        """Labels of the rows that are compared for themselves; None if the design has one question for all rows."""
        return self.untuned if self.design.separate_questions else None

    def compares(self, a: str, b: str) -> bool:
        """Return True if the plan compares two labels."""
        untuned = self.untuned_apart or frozenset()
        return is_compared(a, b, baseline=self.baseline, aside=self.aside, untuned=untuned)

    @property
    def families(self) -> dict[Family, int]:
        """How many pairs the plan tests on each problem, for each question that has any."""
        rows = (*self.optimizers, *self.defaults)
        pairs = [(a, b) for a, b in itertools.combinations(rows, 2) if self.compares(a.label, b.label)]
        if self.untuned_apart is None:
            return {Family.ALL: len(pairs)} if pairs else {}
        tested = [family_of(a.label, b.label, self.untuned) for a, b in pairs if not a.computes_the_same(b)]
        return {family: tested.count(family) for family in Family if family in tested}

    @property
    def same_algorithm(self) -> tuple[tuple[str, str], ...]:
        """Pairs of rows that are one algorithm under two names, and so are not tested."""
        rows = (*self.optimizers, *self.defaults)
        return tuple((a.label, b.label) for a, b in itertools.combinations(rows, 2) if a.computes_the_same(b))

    @property
    def comparisons(self) -> int:
        """How many pairs the plan tests on each problem, over all questions."""
        return sum(self.families.values())


def default_label(name: str) -> str:
    """Return how the row of an optimizer at its defaults is called."""
    return f"{name}-default"


def run_name(problem: str, label: str) -> str:
    """Return how the runs of a row are called where a study has several problems."""
    return f"{problem}-{label}"


@dataclass(frozen=True, slots=True)
class LoadedStudy:
    """A study file as read.

    Attributes
    ----------
    path : the file as given
    text : its content
    """

    config: StudyConfig
    path: Path
    text: str
