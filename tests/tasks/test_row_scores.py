"""Metrics that are means over rows, row by row; and any metric of a part of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, mean_absolute_error, mean_squared_error, roc_auc_score

from optbench.catalog.metrics import METRICS
from optbench.records import Predictions
from optbench.regression_records import TargetPredictions
from optbench.tasks import task_named

RNG = np.random.default_rng(0)
ROWS = np.arange(40)


def labels(classes):
    scores = RNG.dirichlet(np.ones(classes), len(ROWS)).astype(np.float32)
    return Predictions(RNG.integers(classes, size=len(ROWS)), scores, ROWS)


NUMBERS = TargetPredictions(RNG.normal(size=len(ROWS)), RNG.normal(size=len(ROWS)), ROWS)
BY_ROW = [name for name, metric in METRICS.items() if metric.per_row is not None]


@pytest.mark.parametrize("name", BY_ROW)
@pytest.mark.parametrize("classes", [2, 3])
def test_the_mean_of_the_rows_is_the_metric(name, classes):
    """Of all rows and of some: so the interval over rows is about the number that the verdict is about."""
    metric = METRICS[name]
    task = task_named(metric.tasks[0])
    predicted = labels(classes) if metric.tasks[0] == "classification" else NUMBERS
    values = task.row_scores(predicted, metric)
    for some in (np.ones(len(ROWS), dtype=bool), ROWS % 3 == 0):
        score = task.score(predicted, metric, rows=some, positive_class=classes - 1)
        assert np.mean(values[some]) == pytest.approx(score, rel=1e-5)


def test_a_part_of_the_rows_is_scored_as_scikit_learn_scores_it():
    """Labels, ranks and numbers."""
    some, found = ROWS % 2 == 0, labels(2)
    truth, scores = found.y_true[some], found.y_score[some]
    task = task_named("classification")
    asked = {name: task.score(found, METRICS[name], rows=some, positive_class=1) for name in ("accuracy", "roc_auc")}
    assert asked["accuracy"] == accuracy_score(truth, scores.argmax(axis=1))
    assert asked["roc_auc"] == pytest.approx(roc_auc_score(truth, scores[:, 1]))
    brier = task.score(found, METRICS["brier_score"], rows=some, positive_class=1)
    assert brier == pytest.approx(brier_score_loss(truth, scores[:, 1]), rel=1e-5)
    numbers = task_named("regression")
    pairs = {"mse": mean_squared_error, "mae": mean_absolute_error}
    for name, oracle in pairs.items():
        score = numbers.score(NUMBERS, METRICS[name], rows=some, positive_class=None)
        assert score == pytest.approx(oracle(NUMBERS.y_true[some], NUMBERS.y_pred[some]))


def test_what_is_no_mean_or_not_finite_has_no_rows():
    """A rank is of all rows together; a diverged run predicts nothing."""
    task, found = task_named("classification"), labels(2)
    assert task.row_scores(found, METRICS["roc_auc"]) is None
    lost = Predictions(found.y_true, np.full_like(found.y_score, np.nan), ROWS)
    assert task.row_scores(lost, METRICS["accuracy"]) is None
    assert task.score(lost, METRICS["accuracy"], rows=ROWS >= 0, positive_class=1) is None
