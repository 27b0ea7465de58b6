"""The `dataset` sections of problems that are made, not downloaded, and whose difficulty is a number in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optbench.config.dataset_sections import SplitConfig
from optbench.config.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping


class GeneratedConfig(Section):
    """What all generated problems share."""

    name: str
    rows: int = Field(default=2000, ge=10, le=100_000_000, description="Rows to make, for all splits together.")
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the rows, separate from the run's seed and the split's."
    )
    split: SplitConfig = SplitConfig()


class SequenceParityConfig(GeneratedConfig):
    """Sequences of -1 and 1: is the number of ones even or odd? One wrong step is a wrong answer."""

    name: Literal["sequence_parity"]
    length: int = Field(default=12, ge=2, le=100_000, description="Steps of each sequence; longer is harder.")


class DelayedRecallConfig(GeneratedConfig):
    """Sequences of symbols, one of them marked near the beginning: which was it? What follows distracts."""

    name: Literal["delayed_recall"]
    delay: int = Field(
        default=16,
        ge=1,
        le=100_000,
        description="Steps at least that follow the marked symbol; more is harder.",
    )
    positions: int = Field(
        default=4, ge=1, le=100_000, description="The marked symbol stands in one of so many first steps."
    )
    symbols: int = Field(default=4, ge=2, le=1000, description="Different symbols: the classes.")


class SignalsConfig(GeneratedConfig):
    """Curves of several shapes, each shifted, scaled, tilted and with noise: of which one? Like MNIST-1D."""

    name: Literal["signals"]
    rows: int = Field(default=4000, ge=10, le=100_000_000, description="Rows to make, for all splits together.")
    length: int = Field(default=40, ge=16, le=100_000, description="Steps of each curve.")
    classes: int = Field(default=10, ge=2, le=1000, description="Different shapes: the classes.")
    shift: int = Field(default=16, ge=0, le=100_000, description="Steps at most that a shape is late; more is harder.")
    noise: float = Field(default=0.2, ge=0, le=100, description="Standard deviation of the noise; more is harder.")


class TwoSpiralsConfig(GeneratedConfig):
    """Points in the plane: on which of two spirals, wound into each other, do they lie."""

    name: Literal["two_spirals"]
    turns: float = Field(default=1.5, gt=0, le=100, description="Turns of each spiral; more is harder.")
    noise: float = Field(default=0.05, ge=0, le=10, description="Standard deviation added to each coordinate.")


class MakeClassificationConfig(GeneratedConfig):
    """Clusters at the corners of a cube, some columns without information: scikit-learn's make_classification."""

    name: Literal["make_classification"]
    n_features: int = Field(default=20, ge=1, le=100_000, description="Columns.")
    n_informative: int = Field(default=10, ge=1, le=1000, description="Columns that tell the classes apart.")
    n_redundant: int = Field(default=5, ge=0, le=100_000, description="Columns that are sums of informative ones.")
    n_classes: int = Field(default=2, ge=2, le=1000, description="Classes.")
    n_clusters_per_class: int = Field(default=2, ge=1, le=1000, description="Clusters of each class.")
    class_sep: float = Field(default=1.0, gt=0, le=1000, description="Size of the cube; smaller is harder.")
    flip_y: float = Field(default=0.01, ge=0, lt=1, description="Share of rows with a label drawn by chance.")


class IllConditionedLogisticConfig(GeneratedConfig):
    """Two classes drawn from a logistic model whose loss is a valley: steep in some directions, flat in others."""

    name: Literal["ill_conditioned_logistic"]
    features: int = Field(default=20, ge=2, le=10_000, description="Columns.")
    condition_number: float = Field(
        default=1000.0,
        ge=1,
        le=1e10,
        description="Largest over smallest curvature of the training loss of logistic at zero weights; more is harder.",
    )
    rotated: bool = Field(
        default=True,
        description="Turn the valley away from the axes, so that a step size per column cannot straighten it.",
    )
    signal: float = Field(
        default=4.0, gt=0, le=1000, description="Standard deviation of the log odds; less is noisier labels."
    )


class Friedman1Config(GeneratedConfig):
    """Numbers to predict from a curved function of five columns; the other columns mean nothing. For regression."""

    name: Literal["friedman1"]
    features: int = Field(default=10, ge=5, le=100_000, description="Columns, of which the first five matter.")
    noise: float = Field(default=1.0, ge=0, le=1e6, description="Standard deviation of the noise; more is harder.")


class MakeRegressionConfig(GeneratedConfig):
    """Numbers to predict from a weighted sum of some columns: scikit-learn's make_regression. For regression."""

    name: Literal["make_regression"]
    n_features: int = Field(default=20, ge=1, le=100_000, description="Columns.")
    n_informative: int = Field(default=10, ge=1, le=100_000, description="Columns that the number depends on.")
    effective_rank: int | None = Field(
        default=None, ge=1, le=100_000, description="How many directions explain most of the columns; fewer is harder."
    )
    noise: float = Field(default=10.0, ge=0, le=1e6, description="Standard deviation of the noise; more is harder.")


GENERATED: Mapping[str, type[GeneratedConfig]] = {
    "sequence_parity": SequenceParityConfig,
    "delayed_recall": DelayedRecallConfig,
    "signals": SignalsConfig,
    "two_spirals": TwoSpiralsConfig,
    "make_classification": MakeClassificationConfig,
    "ill_conditioned_logistic": IllConditionedLogisticConfig,
    "friedman1": Friedman1Config,
    "make_regression": MakeRegressionConfig,
}
GeneratedDataset = (
    SequenceParityConfig
    | DelayedRecallConfig
    | SignalsConfig
    | TwoSpiralsConfig
    | MakeClassificationConfig
    | IllConditionedLogisticConfig
    | Friedman1Config
    | MakeRegressionConfig
)
