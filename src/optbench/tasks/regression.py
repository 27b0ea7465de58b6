"""Regression: a number per row, in the unit of the target; residuals and predicted against true."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import REGRESSION, TASKS
from optbench.tasks.task import StoredAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.catalog.tasks import TaskFacts
    from optbench.config import EvaluationConfig
    from optbench.core.findings import Finding
    from optbench.records import Dataset, History, SplitName
    from optbench.regression_records import RegressionEvaluation, TargetPredictions
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.charts.run_charts import Learned
    from optbench.reporting.languages import Speech
    from optbench.reporting.run_report import RunReport
    from optbench.reporting.task_part import TaskPart
    from optbench.run_store import RunPaths


class Regression:
    """A number is predicted."""

    @property
    def facts(self) -> TaskFacts:
        """As in `Task`."""
        return TASKS[REGRESSION]

    def write_predictions(
        self, paths: RunPaths, predictions: Mapping[SplitName, TargetPredictions], *, class_names: Sequence[str]
    ) -> None:
        """As in `Task`."""
        from optbench.run_store import write_target_predictions

        del class_names
        write_target_predictions(paths.predictions, predictions)

    def read_predictions(self, paths: RunPaths) -> Mapping[SplitName, TargetPredictions]:
        """As in `Task`."""
        from optbench.run_store import read_target_predictions

        return read_target_predictions(paths.predictions)

    def stored_answers(self, paths: RunPaths) -> StoredAnswers:
        """As in `Task`; there are no classes."""
        return StoredAnswers(self.read_predictions(paths))

    def row_scores(self, predicted: TargetPredictions, metric: Metric) -> NDArray[Any] | None:
        """As in `Task`."""
        from optbench.evaluation import predicted_numbers

        sample = predicted_numbers(predicted)
        return None if sample is None or metric.per_row is None else metric.per_row(sample)

    def score(
        self, predicted: TargetPredictions, metric: Metric, *, rows: NDArray[np.bool_], positive_class: int | None
    ) -> float | None:
        """As in `Task`."""
        from optbench.evaluation import predicted_numbers

        del positive_class
        part = replace(
            predicted, y_true=predicted.y_true[rows], y_pred=predicted.y_pred[rows], rows=predicted.rows[rows]
        )
        sample = predicted_numbers(part)
        return None if sample is None or metric.compute is None else metric.compute(sample)

    def answers(self, predictions: Mapping[SplitName, TargetPredictions]) -> dict[str, NDArray[Any]]:
        """As in `Task`."""
        return {f"y_pred_{split}": prediction.y_pred for split, prediction in predictions.items()}

    def evaluate(
        self,
        predictions: Mapping[SplitName, TargetPredictions],
        *,
        class_names: Sequence[str],
        positive_class: int | None,
        test_rows_in_train: int = 0,
        history: History,
        asked: EvaluationConfig | None = None,
        all_rows: bool = False,
        one_unit: bool = False,
    ) -> RegressionEvaluation:
        """As in `Task`."""
        from optbench.evaluation import evaluate_regression

        del class_names, positive_class, asked, one_unit
        return evaluate_regression(
            predictions, test_rows_in_train=test_rows_in_train, history=history, all_rows=all_rows
        )

    def write_tables(self, paths: RunPaths, evaluation: RegressionEvaluation) -> None:
        """As in `Task`: residuals of the test split."""
        from optbench.evaluation import residuals_csv
        from optbench.run_store import write_text

        write_text(paths.residuals, residuals_csv(evaluation.predictions.get("test")), durable=False)

    def metrics_of(
        self,
        y_true: NDArray[Any],
        answers: NDArray[Any],
        scores: NDArray[np.float32] | None,
        positive_class: int | None,
    ) -> dict[str, float | None]:
        """As in `Task`."""
        import numpy as np

        from optbench.catalog.metrics import measured
        from optbench.regression_records import TargetPredictions

        del scores
        found = TargetPredictions(y_true, answers, np.arange(len(y_true)))
        every = np.ones(len(y_true), dtype=bool)
        return {
            metric.name: self.score(found, metric, rows=every, positive_class=positive_class)
            for metric in measured(REGRESSION)
        }

    def answer_record(self, evaluation: RegressionEvaluation) -> None:
        """As in `Task`: a number is an answer."""
        del evaluation

    def hardest_rows(self, evaluation: RegressionEvaluation) -> list[int]:
        """As in `Task`: with the largest errors."""
        from optbench.evaluation.hardest import largest_errors

        return [row for row, *_ in largest_errors(evaluation.predictions.get("test"))]

    def figures(
        self, evaluation: RegressionEvaluation, history: History, *, best_epoch: int | None, language: str | None = None
    ) -> dict[str, Any]:
        """As in `Task`."""
        from optbench.reporting.regression_figures import predicted_against_true_figure, residuals_figure
        from optbench.reporting.run_figures import learning_curves_figure

        return {
            "predicted_against_true": predicted_against_true_figure(evaluation.predictions, language),
            "residuals": residuals_figure(evaluation.predictions, language),
            "learning_curves": learning_curves_figure(history, best_epoch=best_epoch, language=language),
        }

    def page_part(self, report: RunReport, evaluation: RegressionEvaluation, language: str | None = None) -> TaskPart:
        """As in `Task`."""
        from optbench.reporting.regression_part import regression_part

        return regression_part(report, evaluation, language)

    def page_charts(self, learned: Learned, evaluation: RegressionEvaluation, speech: Speech) -> list[Figure]:
        """As in `Task`."""
        from optbench.reporting.regression_part import regression_charts

        return regression_charts(learned, evaluation, speech)

    def data_lines(self, dataset: Dataset, language: str | None = None) -> list[str]:
        """As in `Task`: range and spread of the training targets."""
        from optbench.words import text

        return [f"  {text('task-target', language, **dataset.facts['target_values']['train'])}"]

    @property
    def starter_head(self) -> tuple[str, str]:
        """As in `Task`."""
        return "task: regression", "init-task-regression"

    def advised_metric(self, class_counts: Mapping[str, int], positive_class: str | None) -> str:
        """As in `Task`."""
        del class_counts, positive_class
        return self.facts.headline

    def data_warnings(self, dataset: Dataset, metric: str | None = None) -> list[Finding]:
        """As in `Task`: an error stands beside that of the mean, so none misleads."""
        del dataset, metric
        return []
