"""What is drawn and written of a regression: the numbers behind the pictures, and a page that speaks of errors."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest
from read_page import Outline, data_of

from optbench.evaluation import evaluate_regression
from optbench.records import History
from optbench.regression_records import TargetPredictions
from optbench.reporting.regression_figures import predicted_against_true_figure, residuals_figure
from optbench.reporting.run_figures import learning_curves_figure
from optbench.reporting.run_report import RunReport, render_run_report
from optbench.reporting.style import save_figure
from optbench.tasks import TASKS
from optbench.words.tables import number


def predicted(n, *, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    y = rng.normal(150, 70, n)
    return TargetPredictions(y, y + offset + rng.normal(0, 50, n), np.arange(n))


@pytest.fixture
def splits():
    return {"train": predicted(300), "test": predicted(80, seed=1)}


def offsets(axes):
    """Return the points of each cloud in the order they were drawn."""
    return [np.asarray(cloud.get_offsets()) for cloud in axes.collections]


def test_every_row_is_a_point(splits):
    """True against predicted, train below test, on equal axes with the diagonal."""
    (axes,) = predicted_against_true_figure(splits).axes
    train, test = offsets(axes)
    np.testing.assert_array_equal(train, np.column_stack([splits["train"].y_true, splits["train"].y_pred]))
    np.testing.assert_array_equal(test, np.column_stack([splits["test"].y_true, splits["test"].y_pred]))
    assert axes.get_xlim() == axes.get_ylim()
    (diagonal,) = axes.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["prediction is right", "train (300 rows)", "test (80 rows)"]


def test_residuals_are_true_minus_predicted(splits):
    """The cloud has them over the predictions; the bars add up to all rows."""
    points, spread = residuals_figure(splits).axes
    _, test = offsets(points)
    np.testing.assert_array_equal(test[:, 1], splits["test"].y_true - splits["test"].y_pred)
    np.testing.assert_array_equal(test[:, 0], splits["test"].y_pred)
    assert [patch.get_data().values.sum() for patch in spread.patches] == [pytest.approx(100)] * 2


def test_of_many_rows_some_are_drawn():
    """A picture of a million rows stays a picture; the legend says how many there are."""
    (axes,) = predicted_against_true_figure({"test": predicted(50_000)}).axes
    assert [len(cloud) for cloud in offsets(axes)] == [3000]
    assert "test (50,000 rows)" in [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("draw", [predicted_against_true_figure, residuals_figure])
def test_a_run_without_finite_predictions_has_a_picture_that_says_so(draw):
    """Nothing to draw is said, and the bytes are the same every time."""
    assert "no finite predictions" in [text.get_text() for text in draw({}).axes[0].texts]
    assert save_figure(draw({})) == save_figure(draw({}))


@pytest.mark.parametrize("draw", [predicted_against_true_figure, residuals_figure])
def test_constant_numbers_can_be_drawn(draw):
    """No range, no error."""
    flat = TargetPredictions(np.full(3, 2.0), np.full(3, 2.0), np.arange(3))
    assert save_figure(draw({"train": flat, "test": flat})).startswith(b"\x89PNG")


COLUMNS = ("epoch", "loss", "mse", "rmse", "mae", "r2", "learning_rate")
HISTORY = History(COLUMNS, ((0, 1, 4, 2, 1, 0, 0.1), (1, 0.5, 1, 1, 1, 0.5, 0.1)))


def test_learning_curves_show_loss_and_rmse():
    """Of five columns the two that speak for themselves."""
    assert [axes.get_title(loc="left") for axes in learning_curves_figure(HISTORY).axes] == ["Loss", "RMSE"]


def test_the_page_speaks_of_errors(splits):
    """RMSE, MAE and R2 beside those of the mean; nothing of classes."""
    evaluation = evaluate_regression(splits)
    data = {"rows_read": 380, "target_values": {"train": {"mean": 150.0, "sd": 70.0, "min": -50.0, "max": 350.0}}}
    report = RunReport(
        run="r",
        status="completed",
        reason=None,
        config={"dataset": {"name": "d"}, "model": {"name": "mlp"}, "optimizer": {"name": "adam"}},
        config_text="",
        evaluation=evaluation,
        epochs_run=3,
        best_epoch=2,
        environment={"data": data},
        timing={"training_seconds": 1.0},
        digests={},
        history=HISTORY,
    )
    task = TASKS["regression"]
    part, charts = (partial(make, report, evaluation) for make in (task.page_part, task.page_charts))
    shown = render_run_report(report, part, charts, "en")
    page, figures = Outline(shown).text, data_of(shown)["figures"]
    test = evaluation.metrics["test"]
    for value in (test["rmse"], test["mae"], test["mean_predictor_rmse"]):
        assert number(value, "significant") in page
    assert "mean 150.0, standard deviation 70.00, from -50.00 to 350.0" in page
    assert "residuals.csv" in page
    assert list(figures) == ["learning", "predicted", "residuals"]
    (view,) = figures["predicted"]["views"]
    drawn = {line["row"]: line for line in view["lines"]}["split test"]
    assert set(zip(drawn["x"], drawn["y"], strict=True)) <= {
        (float(f"{true:.6g}"), float(f"{predicted:.6g}"))
        for true, predicted in zip(splits["test"].y_true, splits["test"].y_pred, strict=True)
    }
    points, spread = figures["residuals"]["views"]
    assert all(sum(line["y"]) == pytest.approx(1.0, rel=1e-4) for line in spread["lines"])
    assert len(points["lines"]) == 3
    assert not re.search("accuracy|confusion|ROC|classification|majority", page)
