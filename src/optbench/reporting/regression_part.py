"""What the page of a run says about a regression: errors beside those of the mean, and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.tasks import REGRESSION
from optbench.evaluation.hardest import largest_errors
from optbench.reporting.charts.number_charts import number_charts
from optbench.reporting.charts.run_charts import learning_charts
from optbench.reporting.hardest_section import largest_errors_section
from optbench.reporting.task_part import TaskPart, metric_rows, time_card
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from optbench.regression_records import RegressionEvaluation
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.charts.run_charts import Learned
    from optbench.reporting.languages import Speech
    from optbench.reporting.run_report import RunReport


def regression_part(report: RunReport, evaluation: RegressionEvaluation, language: str | None = None) -> TaskPart:
    """Return what stands on the page for a number that is predicted."""
    return TaskPart(
        cards=_cards(report, evaluation, language),
        metric_rows=metric_rows(REGRESSION, evaluation.metrics, language),
        answer=_answer(evaluation, language),
        written_by=text("page-written-by-regression", language),
        sections=largest_errors_section(largest_errors(evaluation.predictions.get("test")), report.examples, language),
    )


def regression_charts(learned: Learned, evaluation: RegressionEvaluation, speech: Speech) -> list[Figure]:
    """Return the figures of the page as records, the learning curves first."""
    learning = learning_charts(learned, "picture-curves-rmse-alt", "picture-curves-rmse", speech)
    return [*learning, *number_charts(evaluation, speech)]


def _answer(evaluation: RegressionEvaluation, language: str | None) -> str:
    test = evaluation.metrics["test"]
    if test["rmse"] is None:
        return text("front-run-without-score", language)
    return text("front-run-number", language, rmse=test["rmse"], of_mean=test["mean_predictor_rmse"])


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
