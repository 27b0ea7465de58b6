"""What the page of a run says about a classifier: numbers beside the majority class, pictures, rows per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.tasks import CLASSIFICATION
from optbench.reporting.page import decimal, percent, seconds, text_or_dash, thousands
from optbench.reporting.task_part import SHOWN_SPLITS, TaskPart, metric_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.records import ConfusionMatrix, Evaluation, RocCurve
    from optbench.reporting.run_report import RunReport

_CELLS_IN_WORDS: Final = 9

_NO_REPORT: Final = "There is no classification report: the scores of the test split are not finite."


def classification_part(report: RunReport, evaluation: Evaluation) -> TaskPart:
    """Return what stands on the page for classes."""
    data = report.environment.get("data", {})
    return TaskPart(
        cards=_cards(report, evaluation),
        metric_rows=metric_rows(CLASSIFICATION, evaluation.metrics),
        pictures=_pictures(report, evaluation),
        report_rows=_report_rows(evaluation.report_json),
        report_note=_NO_REPORT,
        count_rows=_count_rows(data),
        tables="the curves in roc_curve.csv and history.csv",
    )


def _cards(report: RunReport, evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Return name, value and a remark for the numbers at the top; all are of the test split."""
    test = evaluation.metrics["test"]
    train, best = evaluation.metrics["train"], text_or_dash(report.best_epoch)
    accuracy, majority = test["accuracy"], test["majority_accuracy"]
    beside = f"majority class: {percent(majority)}"
    if accuracy is not None and majority is not None:
        beside += f", {100 * (accuracy - majority):+.1f} points"
    return [
        ("test accuracy", percent(accuracy), beside),
        ("balanced accuracy", percent(test["balanced_accuracy"]), f"train: {percent(train['balanced_accuracy'])}"),
        ("ROC AUC", decimal(test["roc_auc"]), f"train: {decimal(train['roc_auc'])}; chance: 0.500"),
        ("log loss", decimal(test["log_loss"]), f"train: {decimal(train['log_loss'])}; lower is better"),
        (
            "training time",
            seconds(report.timing.get("training_seconds")),
            f"best epoch: {best}",
        ),
    ]


def _pictures(report: RunReport, evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Return data URI, alternative text and caption of each picture there is."""
    test, best = evaluation.metrics["test"], text_or_dash(report.best_epoch)
    told = {
        "confusion_matrix": (
            _confusion_alt(evaluation.confusion),
            "Confusion matrix of the test split. Rows are true classes; colours are shares of the row.",
        ),
        "roc_curve": (
            _roc_alt(evaluation.roc_curves, test),
            "ROC curves. A train curve far above the test curve means over-fitting.",
        ),
        "learning_curves": (
            f"Loss and accuracy after each of {report.epochs_run} epochs, best epoch {best}.",
            "Learning curves. Epoch 0 is the model before training.",
        ),
    }
    return [(report.pictures[name], *texts) for name, texts in told.items() if name in report.pictures]


def _confusion_alt(matrix: ConfusionMatrix | None) -> str:
    if matrix is None:
        return "Confusion matrix."
    names, counts = matrix.class_names, matrix.counts
    if counts.size > _CELLS_IN_WORDS:
        right, total = int(counts.trace()), int(counts.sum())
        return f"Confusion matrix of {len(names)} classes: {right} of {total} test rows are on the diagonal."
    cells = [
        f"{int(counts[row, column])} of true {names[row]} as {names[column]}"
        for row in range(len(names))
        for column in range(len(names))
    ]
    return f"Confusion matrix, test rows answered: {'; '.join(cells)}."


def _roc_alt(curves: Sequence[RocCurve], test: Mapping[str, float | None]) -> str:
    if not curves:
        return "ROC curve: undefined for this run."
    return f"ROC curves of train and test; area under the test curve {decimal(test['roc_auc'])}."


def _report_rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    total = document.get("macro avg", {}).get("support")
    rows = []
    for name, values in document.items():
        if isinstance(values, dict):
            scores = (decimal(values[key]) for key in ("precision", "recall", "f1-score"))
            rows.append((name, *scores, thousands(values["support"])))
        else:
            rows.append((name, "", "", decimal(values), thousands(total)))
    return rows


def _count_rows(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    counts = data.get("class_counts", {})
    return [
        (str(label), *(thousands(counts[split].get(label)) for split in SHOWN_SPLITS if split in counts))
        for label in data.get("classes", [])
        if counts
    ]
