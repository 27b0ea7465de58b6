"""Where people fool themselves with the numbers of one regression run, in a fixed order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.evaluation.common_pitfalls import not_finite_loss, rising_loss, seen_rows, warning
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.records import History, SplitName
    from optbench.regression_records import TargetPredictions

_ALPHA: Final = 0.05
_GAP_STANDARD_ERRORS: Final = 2.58
_SMALLEST_GAP: Final = 1.1
_WIDEST_HALF_INTERVAL: Final = 0.1
_NORMAL_975: Final = 1.96
_CONSTANT: Final = 1e-6
_DOMINATED: Final = 0.5
_FEWEST_ROWS: Final = 10


def regression_warnings(
    predictions: Mapping[SplitName, TargetPredictions],
    metrics: Mapping[SplitName, Mapping[str, float | None]],
    *,
    mean: float,
    test_rows_in_train: int,
    history: History | None,
) -> tuple[Finding, ...]:
    """Return what a reader of the metrics has to know, the gravest first.

    Order: diverged, a constant or no better than the mean, over-fitting (RMSE, then loss), test rows seen in training,
    small test split, an error that a single row makes.

    Parameters
    ----------
    mean : of the training targets
    """
    test = predictions["test"]
    is_scored = metrics["test"]["rmse"] is not None
    found = _diverged(predictions, history)
    if is_scored:
        found += _no_better_than_the_mean(test, metrics["test"], mean)
        found += _gap(predictions, metrics)
    found += rising_loss(history)
    found += seen_rows(test_rows_in_train, len(test.y_true))
    if is_scored:
        found += _small_test_split(test)
        found += _dominated(test)
    return tuple(found)


def _diverged(predictions: Mapping[SplitName, TargetPredictions], history: History | None) -> list[Finding]:
    lost = [name for name in SPLITS if name in predictions and not np.isfinite(predictions[name].y_pred).all()]
    if lost:
        return [warning("evaluation-predictions-not-finite", splits=lost)]
    return not_finite_loss(history)


def _no_better_than_the_mean(
    test: TargetPredictions, metrics: Mapping[str, float | None], mean: float
) -> list[Finding]:
    from scipy.stats import ttest_1samp

    rmse, of_mean = metrics["rmse"], metrics["mean_predictor_rmse"]
    assert rmse is not None  # noqa: S101 - asked for scored runs only
    assert of_mean is not None  # noqa: S101 - as above
    scores = {"rmse": rmse, "mean_rmse": of_mean}
    if float(np.ptp(test.y_pred)) <= _CONSTANT * max(float(test.y_true.std()), abs(mean) * _CONSTANT):
        answer = float(test.y_pred[0])
        return [warning("evaluation-one-number", answer=answer, n_rows=len(test.y_pred), **scores)]
    gains = (test.y_true - mean) ** 2 - _squares(test)
    if gains.mean() <= 0.0:
        return [warning("evaluation-no-better-than-mean", mean=mean, **scores)]
    if len(gains) < 2 or float(np.ptp(gains)) == 0.0:  # noqa: PLR2004 - no spread, no test
        return []
    p = float(ttest_1samp(gains, 0.0, alternative="greater").pvalue)
    if p >= _ALPHA:
        return [warning("evaluation-hardly-better-than-mean", mean=mean, p=p, **scores)]
    return []


def _gap(
    predictions: Mapping[SplitName, TargetPredictions], metrics: Mapping[SplitName, Mapping[str, float | None]]
) -> list[Finding]:
    train, test = metrics["train"]["rmse"], metrics["test"]["rmse"]
    if train is None or test is None:
        return []
    variances = [_variance_of_mean(_squares(predictions[name])) for name in ("train", "test")]
    if test <= _SMALLEST_GAP * train or test**2 - train**2 <= _GAP_STANDARD_ERRORS * math.sqrt(sum(variances)):
        return []
    return [warning("evaluation-rmse-gap", train=train, test=test)]


def _small_test_split(test: TargetPredictions) -> list[Finding]:
    squares = _squares(test)
    mse, half = float(squares.mean()), _NORMAL_975 * math.sqrt(_variance_of_mean(squares))
    low, high = math.sqrt(max(0.0, mse - half)), math.sqrt(mse + half)
    rmse = math.sqrt(mse)
    if len(squares) < 2 or high - low <= 2 * _WIDEST_HALF_INTERVAL * rmse:  # noqa: PLR2004 - one row has no spread
        return []
    return [warning("evaluation-few-test-rows-for-rmse", n_rows=len(squares), rmse=rmse, low=low, high=high)]


def _dominated(test: TargetPredictions) -> list[Finding]:
    squares = _squares(test)
    worst, total = int(squares.argmax()), float(squares.sum())
    if len(squares) < _FEWEST_ROWS or total == 0.0 or squares[worst] <= _DOMINATED * total:
        return []
    return [
        warning(
            "evaluation-one-row-dominates",
            row=int(test.rows[worst]),
            true=float(test.y_true[worst]),
            predicted=float(test.y_pred[worst]),
            share=float(squares[worst]) / total,
        )
    ]


def _squares(found: TargetPredictions) -> NDArray[np.float64]:
    return found.residuals**2


def _variance_of_mean(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
