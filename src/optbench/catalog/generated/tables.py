"""Generated problems with a row of numbers per example: two spirals, clusters, an ill-conditioned logistic model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from optbench.catalog.draws import integers, normal, uniform
from optbench.catalog.generated_problem import (
    GeneratedConfig,
    GeneratedFamily,
    GeneratedProblem,
    GeneratedRows,
    numbered,
)
from optbench.catalog.tasks import CLASSIFICATION
from optbench.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TwoSpiralsConfig(GeneratedConfig):
    """`dataset: {name: two_spirals}`."""

    name: Literal["two_spirals"]
    turns: float = Field(default=1.5, gt=0, le=100, description="Turns of each spiral; more is harder.")
    noise: float = Field(default=0.05, ge=0, le=10, description="Standard deviation added to each coordinate.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return 2


class MakeClassificationConfig(GeneratedConfig):
    """`dataset: {name: make_classification}`."""

    name: Literal["make_classification"]
    n_features: int = Field(default=20, ge=1, le=100_000, description="Columns.")
    n_informative: int = Field(default=10, ge=1, le=1000, description="Columns that tell the classes apart.")
    n_redundant: int = Field(default=5, ge=0, le=100_000, description="Columns that are sums of informative ones.")
    n_classes: int = Field(default=2, ge=2, le=1000, description="Classes.")
    n_clusters_per_class: int = Field(default=2, ge=1, le=1000, description="Clusters of each class.")
    class_sep: float = Field(default=1.0, gt=0, le=1000, description="Size of the cube; smaller is harder.")
    flip_y: float = Field(default=0.01, ge=0, lt=1, description="Share of rows with a label drawn by chance.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.n_features


class IllConditionedLogisticConfig(GeneratedConfig):
    """`dataset: {name: ill_conditioned_logistic}`."""

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

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.features


def two_spirals(config: TwoSpiralsConfig) -> GeneratedRows:
    """Return points of the plane, (rows, 2): r = angle / (2 pi turns), the second spiral half a turn behind the first.

    Points are spread evenly along the radius; the problem is Lang and Witbrock's (1988).
    """
    import numpy as np

    y = integers("two_spirals/classes", config.seed, config.rows, below=2)
    radius = np.sqrt(uniform("two_spirals/radius", config.seed, config.rows))
    angle = 2 * np.pi * config.turns * radius + np.pi * y
    points = radius[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += config.noise * normal("two_spirals/noise", config.seed, config.rows, 2)
    return GeneratedRows(points.astype(np.float32), y, ("first", "second"), feature_names=("x", "y"))


def make_classification(config: MakeClassificationConfig) -> GeneratedRows:
    """Return what scikit-learn's `make_classification` makes, its generator fed by a counter-based one."""
    import numpy as np
    from sklearn import datasets

    from optbench.random_streams import stream

    settings = config.model_dump(exclude={"name", "rows", "seed", "split"})
    generator = np.random.RandomState(stream("make_classification", config.seed))
    try:
        x, y = datasets.make_classification(n_samples=config.rows, random_state=generator, **settings)
    except ValueError as error:
        raise DataError(
            f"dataset.name: make_classification: {error}. Received: {settings}.", code="data-generated-settings-wrong"
        ) from error
    names = numbered(config.n_features, "x")
    return GeneratedRows(x.astype(np.float32), y.astype(np.int64), numbered(config.n_classes), feature_names=names)


def ill_conditioned_logistic(config: IllConditionedLogisticConfig) -> GeneratedRows:
    """Return white noise and labels drawn from a logistic model of it; the inputs are stretched after the split.

    Every direction counts alike for the labels, so a model has to find large weights where inputs are small.
    """
    import numpy as np

    shape = (config.rows, config.features)
    white = normal("ill_conditioned_logistic/rows", config.seed, *shape)
    direction = normal("ill_conditioned_logistic/direction", config.seed, config.features)
    log_odds = config.signal * white @ direction / np.linalg.norm(direction)
    chance = uniform("ill_conditioned_logistic/labels", config.seed, config.rows)
    y = (chance < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    names = numbered(config.features, "x")
    return GeneratedRows(white, y, ("0", "1"), feature_names=names, shaped=partial(_stretched, config))


def _stretched(
    config: IllConditionedLogisticConfig, white: NDArray[Any], train: NDArray[np.int64]
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return inputs whose training rows have mean 0 and covariance Q diag(1, ..., 1 / condition number) Q'.

    Notes
    -----
    The Hessian of the mean logistic loss at zero weights is a quarter of the second moments of inputs and constant:
    with these inputs its condition number is the one asked for, exactly but for rounding.
    """
    import numpy as np

    if len(train) <= config.features:
        raise DataError(
            f"dataset.rows must leave more training rows than features ({config.features}). Received: {len(train)} "
            "training rows. Make more rows or fewer features.",
            code="data-rows-too-few",
        )
    centred = white - white[train].mean(axis=0)
    covariance = centred[train].T @ centred[train] / len(train)
    root = np.linalg.inv(np.linalg.cholesky(covariance)).T
    scale = np.logspace(0, -np.log10(config.condition_number) / 2, config.features)
    x = centred @ root * scale
    if config.rotated:
        square = normal("ill_conditioned_logistic/rotation", config.seed, config.features, config.features)
        x = x @ np.linalg.qr(square)[0]
    inputs: NDArray[np.float32] = x.astype(np.float32)
    return inputs, {"condition_number": _condition_number(inputs[train])}


def _condition_number(x: NDArray[np.float32]) -> float:
    """Return largest over smallest eigenvalue of the second moments of the inputs and a constant 1."""
    import numpy as np

    with_constant = np.column_stack([x.astype(np.float64), np.ones(len(x))])
    values = np.linalg.svd(with_constant, compute_uv=False)
    return float(f"{(values[0] / values[-1]) ** 2:.6g}")


FAMILY = GeneratedFamily(
    order=20,
    problems=(
        GeneratedProblem(TwoSpiralsConfig, two_spirals, CLASSIFICATION),
        GeneratedProblem(MakeClassificationConfig, make_classification, CLASSIFICATION),
        GeneratedProblem(IllConditionedLogisticConfig, ill_conditioned_logistic, CLASSIFICATION),
    ),
)
