"""What a regression run predicts and is measured by, as plain values; the counterparts for classes are in `records`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.records import SplitName


@dataclass(frozen=True, slots=True)
class TargetPredictions:
    """What a trained model says about one split, in the unit of the target.

    Attributes
    ----------
    y_true : (n,) float64
    y_pred : (n,) float64; may hold NaN or infinity if the run diverged
    rows : (n,) int64, row numbers in the data as read
    """

    y_true: NDArray[np.float64]
    y_pred: NDArray[np.float64]
    rows: NDArray[np.int64]

    @property
    def residuals(self) -> NDArray[np.float64]:
        """True value minus prediction, (n,)."""
        return self.y_true - self.y_pred


@dataclass(frozen=True, slots=True)
class RegressionEvaluation:
    """Everything computed from `y_true` and `y_pred` of one run.

    Attributes
    ----------
    metrics : per split that exists, every number by its key in metrics.json; None where it is undefined or the run
        diverged, which the score of the training mean is not
    predictions : those of train and test with finite predictions: what the pictures show
    warnings : where a reader may fool themselves, the gravest first
    """

    metrics: Mapping[SplitName, Mapping[str, float | None]]
    predictions: Mapping[SplitName, TargetPredictions]
    warnings: tuple[Finding, ...]
