"""Generated problems with a number to predict: Friedman's curved function, and a weighted sum of columns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from optbench.catalog.draws import normal, uniform
from optbench.catalog.generated_problem import (
    GeneratedConfig,
    GeneratedFamily,
    GeneratedProblem,
    GeneratedRows,
    numbered,
)
from optbench.catalog.tasks import REGRESSION
from optbench.errors import DataError


class Friedman1Config(GeneratedConfig):
    """`dataset: {name: friedman1}`."""

    name: Literal["friedman1"]
    features: int = Field(default=10, ge=5, le=100_000, description="Columns, of which the first five matter.")
    noise: float = Field(default=1.0, ge=0, le=1e6, description="Standard deviation of the noise; more is harder.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.features


class MakeRegressionConfig(GeneratedConfig):
    """`dataset: {name: make_regression}`."""

    name: Literal["make_regression"]
    n_features: int = Field(default=20, ge=1, le=100_000, description="Columns.")
    n_informative: int = Field(default=10, ge=1, le=100_000, description="Columns that the number depends on.")
    effective_rank: int | None = Field(
        default=None, ge=1, le=100_000, description="How many directions explain most of the columns; fewer is harder."
    )
    noise: float = Field(default=10.0, ge=0, le=1e6, description="Standard deviation of the noise; more is harder.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.n_features


def friedman1(config: Friedman1Config) -> GeneratedRows:
    """Return rows between 0 and 1, and y = 10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise.

    References
    ----------
    Friedman 1991, Multivariate Adaptive Regression Splines, Annals of Statistics 19(1), equation 61.
    """
    import numpy as np

    x = uniform("friedman1/rows", config.seed, config.rows, config.features)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += config.noise * normal("friedman1/noise", config.seed, config.rows)
    return GeneratedRows(x.astype(np.float32), y, (), feature_names=numbered(config.features, "x"))


def make_regression(config: MakeRegressionConfig) -> GeneratedRows:
    """Return what scikit-learn's `make_regression` makes, its generator fed by a counter-based one."""
    import numpy as np
    from sklearn import datasets

    from optbench.random_streams import stream

    if config.n_informative > config.n_features:
        raise DataError(
            f"dataset.n_informative must be at most n_features ({config.n_features}). "
            f"Received: {config.n_informative}.",
            code="data-generated-settings-wrong",
        )
    settings = config.model_dump(exclude={"name", "rows", "seed", "split"})
    generator = np.random.RandomState(stream("make_regression", config.seed))
    x, y = datasets.make_regression(n_samples=config.rows, random_state=generator, **settings)
    return GeneratedRows(x.astype(np.float32), y, (), feature_names=numbered(config.n_features, "x"))


FAMILY = GeneratedFamily(
    order=30,
    problems=(
        GeneratedProblem(Friedman1Config, friedman1, REGRESSION),
        GeneratedProblem(MakeRegressionConfig, make_regression, REGRESSION),
    ),
)
