"""Everything that is computed from the predictions of one regression run, through scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.catalog.metrics import split_values
from optbench.catalog.samples import PredictedNumbers
from optbench.catalog.tasks import REGRESSION
from optbench.evaluation.common_pitfalls import trained_on_all
from optbench.evaluation.regression_pitfalls import regression_warnings
from optbench.records import SPLITS
from optbench.regression_records import RegressionEvaluation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.records import History, SplitName
    from optbench.regression_records import TargetPredictions


def evaluate_regression(
    predictions: Mapping[SplitName, TargetPredictions],
    *,
    test_rows_in_train: int = 0,
    history: History | None = None,
    all_rows: bool = False,
) -> RegressionEvaluation:
    """Compute metrics and warnings.

    Parameters
    ----------
    predictions : per split that exists; `train` and `test` must
    test_rows_in_train : how many test rows have the inputs of a training row
    history : for the warnings about over-fitting and divergence
    all_rows : whether all rows were trained on, so that none are left to test

    Notes
    -----
    The constant that everything is held against is the mean of the training targets, on every split.
    """
    mean = float(predictions["train"].y_true.mean())
    metrics = {split: regression_metrics(predictions[split], mean) for split in SPLITS if split in predictions}
    warnings = regression_warnings(
        predictions, metrics, mean=mean, test_rows_in_train=test_rows_in_train, history=history
    )
    drawn: tuple[SplitName, ...] = ("train", "test")
    return RegressionEvaluation(
        metrics=metrics,
        predictions={split: predictions[split] for split in drawn if is_predicted(predictions[split])},
        warnings=(*trained_on_all(all_rows, predictions["train"].y_true), *warnings),
    )


def is_predicted(found: TargetPredictions) -> bool:
    """Return True if there are rows and every prediction is finite: only then do metrics exist."""
    return len(found.y_true) > 0 and bool(np.isfinite(found.y_pred).all())


def regression_metrics(found: TargetPredictions, mean: float) -> dict[str, float | None]:
    """Return the metrics of one split; those of the model are None if a prediction is not finite.

    Parameters
    ----------
    mean : of the training targets
    """
    constant = np.full(len(found.y_true), mean)
    of_mean = _sample(found.y_true, constant) if len(found.y_true) else None
    return split_values(REGRESSION, predicted_numbers(found), of_mean)


def predicted_numbers(found: TargetPredictions) -> PredictedNumbers | None:
    """Return what the metrics are computed from; None if there are no rows or a prediction is not finite."""
    return _sample(found.y_true, found.y_pred) if is_predicted(found) else None


def _sample(y_true: NDArray[np.float64], y_pred: NDArray[np.float64]) -> PredictedNumbers:
    from sklearn.metrics import mean_squared_error

    return PredictedNumbers(y_true, y_pred, float(mean_squared_error(y_true, y_pred)))
