"""What a trained run is measured by, for either task: read its predictions, evaluate them, write the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import REGRESSION
from optbench.regression_records import RegressionEvaluation, TargetPredictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import Evaluation, History, Predictions, SplitName
    from optbench.run_store import RunPaths

    AnyPredictions = Mapping[SplitName, Predictions] | Mapping[SplitName, TargetPredictions]
    AnyEvaluation = Evaluation | RegressionEvaluation


def write_run_predictions(
    paths: RunPaths,
    predictions: Mapping[SplitName, Predictions | TargetPredictions],
    *,
    class_names: Sequence[str],
) -> None:
    """Write `predictions.npz` in the form of the task."""
    from optbench.run_store import write_predictions, write_target_predictions

    numbers = {name: found for name, found in predictions.items() if isinstance(found, TargetPredictions)}
    scores = {name: found for name, found in predictions.items() if not isinstance(found, TargetPredictions)}
    if numbers:
        write_target_predictions(paths.predictions, numbers)
    else:
        write_predictions(paths.predictions, scores, class_names=class_names)


def read_run_predictions(paths: RunPaths, task: str) -> AnyPredictions:
    """Read `predictions.npz` of a run."""
    from optbench.run_store import read_predictions, read_target_predictions

    if task == REGRESSION:
        return read_target_predictions(paths.predictions)
    return read_predictions(paths.predictions)[0]


def evaluate_predictions(
    predictions: AnyPredictions,
    *,
    class_names: Sequence[str],
    positive_class: int | None,
    test_rows_in_train: int = 0,
    history: History,
) -> AnyEvaluation:
    """Compute every metric, curve and warning from the stored predictions."""
    from optbench.evaluation import evaluate, evaluate_regression

    numbers = {name: found for name, found in predictions.items() if isinstance(found, TargetPredictions)}
    if numbers:
        return evaluate_regression(numbers, test_rows_in_train=test_rows_in_train, history=history)
    scores = {name: found for name, found in predictions.items() if not isinstance(found, TargetPredictions)}
    return evaluate(
        scores,
        class_names=tuple(class_names),
        positive_class=positive_class,
        test_rows_in_train=test_rows_in_train,
        history=history,
    )


def predicted_arrays(predictions: AnyPredictions) -> dict[str, NDArray[Any]]:
    """Return what the `predictions` rung is the digest of."""
    return {
        f"y_pred_{split}" if isinstance(found, TargetPredictions) else f"y_score_{split}": (
            found.y_pred if isinstance(found, TargetPredictions) else found.y_score
        )
        for split, found in predictions.items()
    }


def write_evaluation(paths: RunPaths, evaluation: AnyEvaluation) -> None:
    """Write what there is beside metrics.json: residuals, or report, confusion matrix and ROC curves."""
    from optbench.evaluation import confusion_csv, residuals_csv, roc_csv
    from optbench.run_store import write_json, write_text

    if isinstance(evaluation, RegressionEvaluation):
        write_text(paths.residuals, residuals_csv(evaluation.predictions.get("test")), durable=False)
        return
    write_text(paths.report_text, evaluation.report_text, durable=False)
    write_json(paths.report_json, dict(evaluation.report_json), durable=False)
    if evaluation.confusion is not None:
        write_text(paths.confusion, confusion_csv(evaluation.confusion), durable=False)
    write_text(paths.roc_curve, roc_csv(evaluation.roc_curves), durable=False)
