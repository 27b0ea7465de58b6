"""Metrics of a regression run against scikit-learn, and the sentences where its numbers fool people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyRegressor

from optbench.evaluation import evaluate_regression, metrics_json, residuals_csv
from optbench.records import History
from optbench.regression_records import TargetPredictions
from optbench.words import sentences


def predicted(n, *, seed, noise=1.0, mean=100.0, spread=5.0):
    """Targets around 100 and predictions that miss them by `noise`."""
    rng = np.random.default_rng(seed)
    y = rng.normal(mean, spread, n)
    return TargetPredictions(y, y + rng.normal(scale=noise, size=n), np.arange(n))


def splits(**changed):
    return {
        "train": predicted(400, seed=1),
        "validation": predicted(80, seed=2),
        "test": predicted(200, seed=3),
    } | changed


def test_every_number_is_scikit_learns():
    """Those of the model on y_pred, those of the mean on a DummyRegressor fitted to the training targets."""
    found = splits()
    document = metrics_json(evaluate_regression(found), losses={}, epochs_run=1, best_epoch=1, diverged=False)
    dummy = DummyRegressor(strategy="mean").fit(np.zeros((400, 1)), found["train"].y_true)
    for split, one in found.items():
        of_mean = dummy.predict(np.zeros((len(one.y_true), 1)))
        for prefix, answer in (("", one.y_pred), ("mean_predictor_", of_mean)):
            mse = metrics.mean_squared_error(one.y_true, answer)
            expected = {
                "mse": mse,
                "rmse": math.sqrt(mse),
                "mae": metrics.mean_absolute_error(one.y_true, answer),
                "r2": metrics.r2_score(one.y_true, answer),
            }
            for name, value in expected.items():
                assert document[split][f"{prefix}{name}"] == pytest.approx(value, rel=1e-12, abs=1e-12)


def test_a_diverged_run_has_the_mean_and_nothing_else():
    """NaN predictions give nulls; the constant they are held against is known all the same."""
    lost = predicted(50, seed=3)
    lost = TargetPredictions(lost.y_true, np.full(50, np.nan), lost.rows)
    found = evaluate_regression(splits(test=lost))
    assert (found.metrics["test"]["mse"], found.metrics["test"]["r2"]) == (None, None)
    assert found.metrics["test"]["mean_predictor_rmse"] > 0
    assert set(found.predictions) == {"train"}
    assert sentences(found.warnings)[0].startswith("the run diverged: predictions of test are not finite")
    assert residuals_csv(found.predictions.get("test")) == "row,y_true,y_pred,residual\n"


def test_a_withheld_test_split_has_no_numbers():
    """No row, no metric, no warning about it."""
    empty = TargetPredictions(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))
    found = evaluate_regression(splits(test=empty))
    assert found.metrics["test"]["mean_predictor_mse"] is None
    assert not any("test" in sentence for sentence in sentences(found.warnings))


def test_r2_of_one_value_is_undefined():
    """Not 0 and not 1: there is no variance to explain."""
    flat = TargetPredictions(np.full(5, 2.0), np.linspace(1, 3, 5), np.arange(5))
    assert evaluate_regression(splits(validation=flat)).metrics["validation"]["r2"] is None


def told(part, **changed):
    return [sentence for sentence in sentences(evaluate_regression(splits(**changed)).warnings) if part in sentence]


def test_a_constant_prediction_is_called_one():
    """Whatever the constant is."""
    y = predicted(200, seed=3).y_true
    (sentence,) = told("learned nothing", test=TargetPredictions(y, np.full(200, 98.5), np.arange(200)))
    assert "predicts 98.5 for all 200 test rows" in sentence


def test_no_better_than_the_mean():
    """Noise as large as the spread is worse than answering the mean; slightly smaller is not clearly better."""
    assert told("no better than always answering the training mean", test=predicted(200, seed=3, noise=8.0))
    y = predicted(60, seed=3).y_true
    weak = TargetPredictions(y, 100 + 0.2 * (y - 100) + np.random.default_rng(5).normal(size=60), np.arange(60))
    strong = TargetPredictions(y, 100 + 0.9 * (y - 100), np.arange(60))
    assert not told("training mean", test=strong)
    gains = (y - splits()["train"].y_true.mean()) ** 2 - weak.residuals**2
    from scipy.stats import ttest_1samp

    p = ttest_1samp(gains, 0.0, alternative="greater").pvalue
    assert bool(told("not clearly better", test=weak)) == (p >= 0.05)


def test_over_fitting_is_more_than_chance_explains():
    """A test RMSE three times that of training is said; one that the sizes explain is not."""
    (sentence,) = told("the model over-fits: RMSE", test=predicted(200, seed=3, noise=3.0))
    assert "further apart than the size of the splits explains" in sentence
    assert not told("over-fits: RMSE", test=predicted(200, seed=4, noise=1.02))


def test_a_small_test_split_has_a_wide_interval():
    """Twenty rows: the interval of the RMSE is told."""
    assert told("the test split has only 20 rows: the RMSE of", test=predicted(20, seed=3))
    assert not told("has only", test=predicted(2000, seed=3))


def test_one_row_can_make_the_error():
    """The row is named, with what was true and what was predicted."""
    one = predicted(200, seed=3)
    y_pred = one.y_pred.copy()
    y_pred[7] += 60.0
    (sentence,) = told("look at MAE", test=TargetPredictions(one.y_true, y_pred, one.rows + 1000))
    assert "one test row (row 1007:" in sentence


def test_what_is_common_to_both_tasks_is_said_here_too():
    """A rising validation loss and test rows seen in training."""
    columns = ("epoch", "loss", "val_loss", "learning_rate")
    rows = [(0, 2, 2, 0.1), (1, 1.0, 1.0, 0.1), (2, 0.5, 1.6, 0.1)]
    found = evaluate_regression(splits(), test_rows_in_train=12, history=History(columns, tuple(rows)))
    assert any("the validation loss was lowest after epoch 1" in sentence for sentence in sentences(found.warnings))
    assert any("12 of 200 test rows have the same inputs" in sentence for sentence in sentences(found.warnings))


def test_residuals_of_many_rows_are_thinned():
    """A spreadsheet can still open the file; first and last row are there."""
    lines = residuals_csv(predicted(250_000, seed=3)).splitlines()
    assert len(lines) == 100_001
    assert (lines[1].split(",")[0], lines[-1].split(",")[0]) == ("0", "249999")


def test_residuals_read_back():
    """Row number, true value, prediction and their difference, exact."""
    one = predicted(30, seed=3)
    lines = [line.split(",") for line in residuals_csv(one).splitlines()[1:]]
    assert [int(line[0]) for line in lines] == one.rows.tolist()
    assert [float(line[3]) for line in lines] == (one.y_true - one.y_pred).tolist()
