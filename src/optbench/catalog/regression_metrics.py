"""Metrics of regression: an entry each, in the order of metrics.json, and how each is computed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.catalog.metric import Constant, Metric, Places, Unit
from optbench.catalog.tasks import REGRESSION

if TYPE_CHECKING:
    from optbench.catalog.samples import PredictedNumbers

_TASKS: Final = (REGRESSION,)


def mean_predictor(metric: str, places: Places) -> Constant:
    """Return the constant of a metric of regression: always the mean of the training targets."""
    return Constant(f"mean_predictor_{metric}", "training_mean", places)


def mae(sample: PredictedNumbers) -> float:
    """Return scikit-learn's mean absolute error."""
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(sample.y_true, sample.y_pred))


def r2(sample: PredictedNumbers) -> float | None:
    """Return scikit-learn's coefficient of determination; None if the true values do not differ."""
    import numpy as np
    from sklearn.metrics import r2_score

    return float(r2_score(sample.y_true, sample.y_pred)) if float(np.ptp(sample.y_true)) > 0.0 else None


def median_absolute_error(sample: PredictedNumbers) -> float:
    """Return the median absolute error: half of the rows are missed by at most that much.

    Notes
    -----
    Unlike MSE and MAE it does not move when a few rows are missed by any amount (breakdown point 50 %; P. J. Huber,
    Robust Statistics, Wiley, 1981). The number is scikit-learn's, without its checks, which take ten times as long.
    """
    import numpy as np

    return float(np.median(np.abs(sample.y_true - sample.y_pred)))


REGRESSION_METRICS: Final = (
    Metric(
        "mse",
        _TASKS,
        "numbers",
        lambda sample: float(sample.mean_squared_error),
        lambda sample: (sample.y_true - sample.y_pred) ** 2,
        unit=Unit.TARGET_SQUARED,
        higher_is_better=False,
        highest=math.inf,
        constant=mean_predictor("mse", Places(page=6)),
        history="mse",
        places=Places(page=5, show=5),
    ),
    Metric(
        "rmse",
        _TASKS,
        "numbers",
        lambda sample: math.sqrt(sample.mean_squared_error),
        unit=Unit.TARGET,
        higher_is_better=False,
        highest=math.inf,
        constant=mean_predictor("rmse", Places(page=2, show=2, summary=2)),
        history="rmse",
        places=Places(page=1, show=1, summary=1),
    ),
    Metric(
        "mae",
        _TASKS,
        "numbers",
        mae,
        lambda sample: abs(sample.y_true - sample.y_pred),
        unit=Unit.TARGET,
        higher_is_better=False,
        highest=math.inf,
        constant=mean_predictor("mae", Places(page=4, show=4)),
        history="mae",
        places=Places(page=3, show=3, summary=3),
    ),
    Metric(
        "r2",
        _TASKS,
        "numbers",
        r2,
        lowest=-math.inf,
        constant=mean_predictor("r2", Places()),
        history="r2",
        page_code="metric-symbol-r2",
        places=Places(page=7, show=6, summary=4),
    ),
    Metric(
        "median_absolute_error",
        _TASKS,
        "numbers",
        median_absolute_error,
        unit=Unit.TARGET,
        higher_is_better=False,
        highest=math.inf,
        constant=mean_predictor("median_absolute_error", Places(page=9)),
        places=Places(page=8, show=7),
    ),
)
