"""Classification: scores per class; confusion matrix, classification report and curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.tasks import CLASSIFICATION, TASKS
from optbench.core.findings import Finding, Severity
from optbench.tasks.task import StoredAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.catalog.tasks import TaskFacts
    from optbench.config import EvaluationConfig
    from optbench.records import Dataset, Evaluation, History, Predictions, SplitName
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.charts.run_charts import Learned
    from optbench.reporting.languages import Speech
    from optbench.reporting.run_report import RunReport
    from optbench.reporting.task_part import TaskPart
    from optbench.run_store import RunPaths


_LARGE_MAJORITY: Final = 0.8


class Classification:
    """A label is predicted."""

    @property
    def facts(self) -> TaskFacts:
        """As in `Task`."""
        return TASKS[CLASSIFICATION]

    def write_predictions(
        self, paths: RunPaths, predictions: Mapping[SplitName, Predictions], *, class_names: Sequence[str]
    ) -> None:
        """As in `Task`."""
        from optbench.run_store import write_predictions

        write_predictions(paths.predictions, predictions, class_names=class_names)

    def read_predictions(self, paths: RunPaths) -> Mapping[SplitName, Predictions]:
        """As in `Task`."""
        from optbench.run_store import read_predictions

        return read_predictions(paths.predictions)[0]

    def stored_answers(self, paths: RunPaths) -> StoredAnswers:
        """As in `Task`."""
        from optbench.run_store import read_predictions

        return StoredAnswers(*read_predictions(paths.predictions))

    def row_scores(self, predicted: Predictions, metric: Metric) -> NDArray[Any] | None:
        """As in `Task`."""
        from optbench.evaluation import scored

        sample = scored(predicted, positive_class=0)  # no mean over rows depends on which class is meant
        return None if sample is None or metric.per_row is None else metric.per_row(sample)

    def score(
        self, predicted: Predictions, metric: Metric, *, rows: NDArray[np.bool_], positive_class: int | None
    ) -> float | None:
        """As in `Task`."""
        from optbench.evaluation import scored

        sample = scored(predicted.of_rows(rows), positive_class=positive_class or 0)
        return None if sample is None or metric.compute is None else metric.compute(sample)

    def answers(self, predictions: Mapping[SplitName, Predictions]) -> dict[str, NDArray[Any]]:
        """As in `Task`."""
        return {f"y_score_{split}": prediction.y_score for split, prediction in predictions.items()}

    def evaluate(
        self,
        predictions: Mapping[SplitName, Predictions],
        *,
        class_names: Sequence[str],
        positive_class: int | None,
        test_rows_in_train: int = 0,
        history: History,
        asked: EvaluationConfig | None = None,
        all_rows: bool = False,
        one_unit: bool = False,
    ) -> Evaluation:
        """As in `Task`."""
        from optbench.evaluation import evaluate

        return evaluate(
            predictions,
            class_names=tuple(class_names),
            positive_class=positive_class,
            test_rows_in_train=test_rows_in_train,
            history=history,
            asked=asked,
            all_rows=all_rows,
            one_unit=one_unit,
        )

    def write_tables(self, paths: RunPaths, evaluation: Evaluation) -> None:
        """As in `Task`: classification report, confusion matrix, curves, reliability."""
        from optbench.evaluation import confusion_csv, hardest_csv, precision_recall_csv, reliability_csv, roc_csv
        from optbench.run_store import write_json, write_text

        write_text(paths.report_text, evaluation.report_text, durable=False)
        write_json(paths.report_json, dict(evaluation.report_json), durable=False)
        if evaluation.confusion is not None:
            write_text(paths.confusion, confusion_csv(evaluation.confusion), durable=False)
        write_text(paths.roc_curve, roc_csv(evaluation.roc_curves), durable=False)
        curves = precision_recall_csv(evaluation.precision_recall_curves)
        write_text(paths.precision_recall_curve, curves, durable=False)
        write_text(paths.hardest, hardest_csv(evaluation.hardest), durable=False)
        if evaluation.answer_rule is not None:
            write_json(paths.evaluation, evaluation.answer_rule.to_json(), durable=False)
        write_text(paths.reliability, reliability_csv(evaluation.reliability), durable=False)

    def metrics_of(
        self,
        y_true: NDArray[Any],
        answers: NDArray[Any],
        scores: NDArray[np.float32] | None,
        positive_class: int | None,
    ) -> dict[str, float | None]:
        """As in `Task`: of the answers, whatever threshold made them."""
        import numpy as np

        from optbench.catalog.metrics import measured
        from optbench.evaluation.split_metrics import sample_of
        from optbench.records import Predictions

        if scores is None:
            raise ValueError("answers of classes are made of scores")
        found = Predictions(y_true, scores, np.arange(len(y_true)))
        sample = sample_of(found, scores, answers, positive_class or 0)
        undefined = () if positive_class is None else _undefined(y_true == positive_class, answers == positive_class)
        return {
            metric.name: None if metric.compute is None or metric.name in undefined else metric.compute(sample)
            for metric in measured(CLASSIFICATION)
        }

    def answer_record(self, evaluation: Evaluation) -> dict[str, Any]:
        """As in `Task`: threshold and calibration, null unless the experiment asked for them."""
        rule = {} if evaluation.answer_rule is None else evaluation.answer_rule.to_json()
        return {"threshold": rule.get("threshold"), "calibration": rule.get("calibration")}

    def hardest_rows(self, evaluation: Evaluation) -> list[int]:
        """As in `Task`: answered wrongly with the highest probability."""
        return [one.row for one in evaluation.hardest]

    def figures(
        self, evaluation: Evaluation, history: History, *, best_epoch: int | None, language: str | None = None
    ) -> dict[str, Any]:
        """As in `Task`; a diverged run has no confusion matrix."""
        from optbench.reporting.curve_figures import precision_recall_figure, reliability_figure, roc_figure
        from optbench.reporting.run_figures import confusion_figure, learning_curves_figure

        matrix = (
            {}
            if evaluation.confusion is None
            else {"confusion_matrix": confusion_figure(evaluation.confusion, language)}
        )
        is_calibrated = evaluation.answer_rule is not None and evaluation.answer_rule.temperature is not None
        reliability = {"reliability": reliability_figure(evaluation.reliability, language)} if is_calibrated else {}
        return {
            **matrix,
            "roc_curve": roc_figure(evaluation.roc_curves, language),
            "precision_recall_curve": precision_recall_figure(evaluation.precision_recall_curves, language),
            **reliability,
            "learning_curves": learning_curves_figure(history, best_epoch=best_epoch, language=language),
        }

    def page_part(self, report: RunReport, evaluation: Evaluation, language: str | None = None) -> TaskPart:
        """As in `Task`."""
        from optbench.reporting.classification_part import classification_part

        return classification_part(report, evaluation, language)

    def page_charts(self, learned: Learned, evaluation: Evaluation, speech: Speech) -> list[Figure]:
        """As in `Task`."""
        from optbench.reporting.classification_part import classification_charts

        return classification_charts(learned, evaluation, speech)

    def data_lines(self, dataset: Dataset, language: str | None = None) -> list[str]:
        """As in `Task`: rows per class, and how often the majority class is right."""
        from optbench.datasets import labels_to_tell_apart
        from optbench.words import text

        facts = dataset.facts
        counts, majority = facts["class_counts"], facts["majority"]
        shown = labels_to_tell_apart(dataset.class_names)
        rows = [sum(part[label] for part in counts.values()) for label in dataset.class_names]
        classes = [f"{label} {n}" for label, n in zip(shown, rows, strict=True)]
        positive = facts["positive_class"]
        line = (
            text("task-classes-positive", language, classes=classes, positive=positive)
            if positive
            else text("task-classes", language, classes=classes)
        )
        if "test" not in majority["share"]:
            return [f"  {line}"]
        always = text("task-majority", language, name=majority["class"], share=majority["share"]["test"])
        return [f"  {line}", f"  {always}"]

    @property
    def starter_head(self) -> tuple[str, str]:
        """As in `Task`: the default, so nothing has to be said."""
        return "", ""

    def advised_metric(self, class_counts: Mapping[str, int], positive_class: str | None) -> str:
        """As in `Task`: not accuracy where one class is nearly all there is."""
        majority = max(class_counts, key=class_counts.__getitem__)
        if class_counts[majority] <= _LARGE_MAJORITY * sum(class_counts.values()):
            return self.facts.headline
        is_rare_one_meant = positive_class is not None and positive_class != majority
        return "average_precision" if is_rare_one_meant else "balanced_accuracy"

    def data_warnings(self, dataset: Dataset, metric: str | None = None) -> list[Finding]:
        """As in `Task`: accuracy, where one class is nearly all there is."""
        counts = dataset.facts["class_counts"].values()
        of_all = {name: sum(part[name] for part in counts) for name in dataset.class_names}
        better = self.advised_metric(of_all, dataset.facts.get("positive_class"))
        if metric not in (None, self.facts.headline) or better == self.facts.headline:
            return []
        majority = dataset.facts["majority"]
        share = majority["share"]["train"]
        values = {"majority": majority["class"], "share": share, "metric": self.facts.headline, "better": better}
        return [Finding("data-majority-large", Severity.WARNING, values)]


def _undefined(is_positive: NDArray[np.bool_], is_answer: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return the metrics of the positive class that are 0 divided by 0; scikit-learn calls them 0."""
    without_rows = () if is_positive.any() else ("recall", "f1")
    without_answers = () if is_answer.any() else ("precision",)
    one_sided = () if _differ(is_positive) and _differ(is_answer) else ("matthews_correlation",)
    return (*without_rows, *without_answers, *one_sided)


def _differ(values: NDArray[np.bool_]) -> bool:
    return bool(values.any()) and not bool(values.all())
