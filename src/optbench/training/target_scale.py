"""The number to predict as a model is trained on it: on a scale of its own, or standardised on the training rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset


@dataclass(frozen=True, slots=True)
class TargetScale:
    """Where the scale of training has its zero, and the length of its unit, both in the unit of the target.

    Notes
    -----
    A learning rate has a meaning only relative to the size of the targets: standardised, the same rate means the same
    for prices in cents and for shares. The standard deviation is that of the rows themselves (n, not n - 1).
    """

    zero: float
    unit: float

    def scaled(self, y: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return targets as the loss takes them, (n, 1) float32."""
        return ((y - self.zero) / self.unit).astype(np.float32).reshape(-1, 1)

    def in_unit(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return a model's outputs, (n, 1), in the unit of the target, (n,) float64."""
        return outputs.reshape(-1).astype(np.float64) * self.unit + self.zero

    def history_values(self, logs: Mapping[str, float], variance: float) -> dict[str, float]:
        """Return what Keras measured on the scale of training in the unit of the target.

        Parameters
        ----------
        logs : `loss`, `mse` and `mae`, all on the scale of training; the loss stays as it is
        variance : of the split's targets, in their squared unit; 0 makes `r2` undefined (NaN)

        Notes
        -----
        rmse = sqrt(mse); r2 = 1 - mse / variance. Over a training epoch they are those of the running mean of mse.
        """
        mse = logs["mse"] * self.unit**2
        r2 = 1.0 - mse / variance if variance > 0.0 else math.nan
        return {**logs, "mse": mse, "rmse": math.sqrt(mse), "mae": logs["mae"] * self.unit, "r2": r2}


UNSCALED = TargetScale(0.0, 1.0)


def target_scale(y: NDArray[Any], *, standardize: bool) -> TargetScale:
    """Return the scale of training targets in the unit of the target, (n,) float64."""
    return TargetScale(float(y.mean()), float(y.std())) if standardize else UNSCALED


def scale_of(config: ExperimentConfig, dataset: Dataset) -> TargetScale | None:
    """Return the scale that an experiment trains on, in the unit of the target; None for classes."""
    if TASKS[config.task].has_classes:
        return None
    return target_scale(dataset.train.y, standardize=config.training.standardize_target is not False)
