"""Generated problems with a number to predict: Friedman's curved function, and a weighted sum of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.draws import normal, uniform
from optbench.datasets.generated_problem import GeneratedRows, numbered
from optbench.errors import DataError
from optbench.random_streams import stream

if TYPE_CHECKING:
    from optbench.config import Friedman1Config, MakeRegressionConfig


def friedman1(config: Friedman1Config) -> GeneratedRows:
    """Return rows between 0 and 1, and y = 10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise.

    References
    ----------
    Friedman 1991, Multivariate Adaptive Regression Splines, Annals of Statistics 19(1), equation 61.
    """
    x = uniform("friedman1/rows", config.seed, config.rows, config.features)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += config.noise * normal("friedman1/noise", config.seed, config.rows)
    return GeneratedRows(x.astype(np.float32), y, (), feature_names=numbered(config.features, "x"))


def make_regression(config: MakeRegressionConfig) -> GeneratedRows:
    """Return what scikit-learn's `make_regression` makes, its generator fed by a counter-based one."""
    from sklearn import datasets

    if config.n_informative > config.n_features:
        raise DataError(
            f"dataset.n_informative must be at most n_features ({config.n_features}). Received: {config.n_informative}."
        )
    settings = config.model_dump(exclude={"name", "rows", "seed", "split"})
    generator = np.random.RandomState(stream("make_regression", config.seed))
    x, y = datasets.make_regression(n_samples=config.rows, random_state=generator, **settings)
    return GeneratedRows(x.astype(np.float32), y, (), feature_names=numbered(config.n_features, "x"))
