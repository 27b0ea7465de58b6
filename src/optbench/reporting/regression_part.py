"""What the page of a run says about a regression: errors beside those of the mean, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.tasks import REGRESSION
from optbench.reporting.page import decimal, seconds, significant, text_or_dash
from optbench.reporting.task_part import TaskPart, metric_rows

if TYPE_CHECKING:
    from optbench.regression_records import RegressionEvaluation
    from optbench.reporting.run_report import RunReport


def regression_part(report: RunReport, evaluation: RegressionEvaluation) -> TaskPart:
    """Return what stands on the page for a number that is predicted."""
    return TaskPart(
        cards=_cards(report, evaluation),
        metric_rows=metric_rows(REGRESSION, evaluation.metrics),
        pictures=_pictures(report, evaluation),
        tables="the residuals in residuals.csv, the curves in history.csv",
    )


def _cards(report: RunReport, evaluation: RegressionEvaluation) -> list[tuple[str, str, str]]:
    """Return name, value and a remark for the numbers at the top; all are of the test split."""
    test, train = evaluation.metrics["test"], evaluation.metrics["train"]

    def beside(name: str) -> str:
        of_mean = significant(test[f"mean_predictor_{name}"])
        return f"training mean: {of_mean}; train: {significant(train[name])}"

    return [
        ("test RMSE", significant(test["rmse"]), beside("rmse")),
        ("MAE", significant(test["mae"]), beside("mae")),
        ("R\N{SUPERSCRIPT TWO}", decimal(test["r2"]), f"train: {decimal(train['r2'])}; the mean of the split: 0"),
        ("training time", seconds(report.timing.get("training_seconds")), f"best epoch: {_best(report)}"),
    ]


def _pictures(report: RunReport, evaluation: RegressionEvaluation) -> list[tuple[str, str, str]]:
    """Return data URI, alternative text and caption of each picture there is."""
    test = evaluation.metrics["test"]
    told = {
        "predicted_against_true": (
            f"Predicted against true values of the train and test split; R squared on test is {decimal(test['r2'])}.",
            "Predicted against true values, in the unit of the target. On the dotted line a prediction is right.",
        ),
        "residuals": (
            f"Residuals against predictions; their root mean square on the test split is {significant(test['rmse'])}.",
            "Residuals, true minus predicted. A pattern in them is something the model has not learned.",
        ),
        "learning_curves": (
            f"Loss and RMSE after each of {report.epochs_run} epochs, best epoch {_best(report)}.",
            "Learning curves. Epoch 0 is the model before training. Only the RMSE is in the unit of the target.",
        ),
    }
    return [(report.pictures[name], *texts) for name, texts in told.items() if name in report.pictures]


def _best(report: RunReport) -> str:
    return text_or_dash(report.best_epoch)
