"""Metrics of regression against other implementations of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from optbench.evaluation import evaluate_regression
from optbench.regression_records import TargetPredictions


def predicted(rows, *, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(100.0, 5.0, rows)
    return TargetPredictions(y, y + rng.normal(size=rows), np.arange(rows))


def value_of(metric, part):
    return evaluate_regression({"train": part, "test": part}).metrics["test"][metric]


@pytest.mark.parametrize("rows", [1, 2, 99, 100])
def test_the_median_absolute_error_is_scikit_learns(rows):
    """Of an even number of rows the mean of the two in the middle; that of the training mean beside it."""
    part = predicted(rows)
    constant = np.full(rows, part.y_true.mean())
    of_mean = oracle.median_absolute_error(part.y_true, constant)
    assert value_of("median_absolute_error", part) == oracle.median_absolute_error(part.y_true, part.y_pred)
    assert value_of("mean_predictor_median_absolute_error", part) == of_mean


def test_a_few_bad_rows_do_not_move_the_median_absolute_error():
    """That is what it is for: the others follow the worst row."""
    part = predicted(101)
    y_pred = part.y_pred.copy()
    worst = np.abs(y_pred - part.y_true).argmax()
    y_pred[worst] += 1e6
    lost = TargetPredictions(part.y_true, y_pred, part.rows)
    assert value_of("median_absolute_error", lost) == value_of("median_absolute_error", part)
    assert value_of("mae", lost) > 1000 * value_of("mae", part)
