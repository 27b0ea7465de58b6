"""What the page of a run says about a regression: errors beside those of the mean, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.tasks import REGRESSION
from optbench.evaluation.hardest import largest_errors
from optbench.reporting.hardest_section import largest_errors_section
from optbench.reporting.page import text_or_dash
from optbench.reporting.task_part import TaskPart, metric_rows, time_card
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from optbench.regression_records import RegressionEvaluation
    from optbench.reporting.run_report import RunReport


def regression_part(report: RunReport, evaluation: RegressionEvaluation, language: str | None = None) -> TaskPart:
    """Return what stands on the page for a number that is predicted."""
    return TaskPart(
        cards=_cards(report, evaluation, language),
        metric_rows=metric_rows(REGRESSION, evaluation.metrics, language),
        pictures=_pictures(report, evaluation, language),
        written_by=text("page-written-by-regression", language),
        sections=largest_errors_section(largest_errors(evaluation.predictions.get("test")), report.examples, language),
    )


def _cards(report: RunReport, evaluation: RegressionEvaluation, language: str | None) -> list[tuple[str, str, str]]:
    """Return name, value and a remark for the numbers at the top; all are of the test split."""
    test, train = evaluation.metrics["test"], evaluation.metrics["train"]

    def beside(name: str) -> str:
        return text("card-training-mean", language, of_mean=test[f"mean_predictor_{name}"], train=train[name])

    rmse, mae = (number(test[name], "significant", language) for name in ("rmse", "mae"))
    r2, r2_train = number(test["r2"], "decimal3", language), text("card-r2-train", language, train=train["r2"])
    return [
        (text("card-test-rmse", language), rmse, beside("rmse")),
        (text("card-mae", language), mae, beside("mae")),
        (text("metric-symbol-r2", language), r2, r2_train),
        time_card(report, language),
    ]


def _pictures(report: RunReport, evaluation: RegressionEvaluation, language: str | None) -> list[tuple[str, str, str]]:
    """Return data URI, alternative text and caption of each picture there is."""
    test, best = evaluation.metrics["test"], text_or_dash(report.best_epoch)
    words = {
        "predicted_against_true": (
            text("picture-predicted-alt", language, r2=test["r2"]),
            text("picture-predicted", language),
        ),
        "residuals": (
            text("picture-residuals-alt", language, rmse=test["rmse"]),
            text("picture-residuals", language),
        ),
        "learning_curves": (
            text("picture-curves-rmse-alt", language, n_epochs=report.epochs_run, best=best),
            text("picture-curves-rmse", language),
        ),
    }
    return [(report.pictures[name], *texts) for name, texts in words.items() if name in report.pictures]
