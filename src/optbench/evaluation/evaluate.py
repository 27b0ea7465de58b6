"""Everything that is computed from the predictions of one run."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.evaluation.answer_rule import choose_answer_rule
from optbench.evaluation.common_pitfalls import trained_on_all
from optbench.evaluation.hardest import hardest_examples
from optbench.evaluation.label_metrics import count_labels, label_metrics, report_document, report_text
from optbench.evaluation.pitfalls import classification_warnings
from optbench.evaluation.precision_recall import precision_recall_curves
from optbench.evaluation.reliability import reliability_curves
from optbench.evaluation.roc import roc_curves
from optbench.evaluation.split_metrics import is_scored, predicted_labels, split_metrics
from optbench.records import SPLITS, ConfusionMatrix, Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.config import EvaluationConfig
    from optbench.evaluation.answer_rule import AnswerRule
    from optbench.records import History, Predictions, ReliabilityCurve, SplitName

NO_REPORT: Final = "no classification report: the scores of the test split are not finite.\n"
NO_TEST_SPLIT: Final = "no classification report: the model was trained on all rows, so there are none to test it on.\n"
NO_TEST_ROWS: Final = "no classification report: the test split is withheld, so that no run can look at it.\n"
_REPORT_ROWS: Final = ("accuracy", "micro avg", "macro avg", "weighted avg")


def evaluate(
    predictions: Mapping[SplitName, Predictions],
    *,
    class_names: Sequence[str],
    positive_class: int | None = None,
    test_rows_in_train: int = 0,
    history: History | None = None,
    asked: EvaluationConfig | None = None,
    all_rows: bool = False,
    one_unit: bool = False,
) -> Evaluation:
    """Compute metrics, confusion matrix, curves, classification report and warnings.

    Parameters
    ----------
    predictions : per split that exists; `train` and `test` must
    class_names : label texts; position = class number
    positive_class : for two classes, the one that curves and recall speak of; the second if None
    test_rows_in_train : how many test rows have the inputs of a training row
    history : for the warnings about over-fitting and divergence
    asked : the `evaluation` section of the experiment; None asks for nothing
    all_rows : whether all rows were trained on, so that none are left to test
    one_unit : whether the scores are 1 - p and p of one sigmoid unit p, which calibration has to know

    Notes
    -----
    Every number is scikit-learn's for `y_true`, `y_score` and `y_pred = y_score.argmax(axis=1)`. Where it would warn,
    a sentence in `warnings` says what happened.
    """
    names = tuple(class_names)
    positive = len(names) - 1 if positive_class is None else positive_class
    majority = int(np.bincount(predictions["train"].y_true, minlength=len(names)).argmax())
    with _without_sklearn_warnings():
        metrics = {
            split: split_metrics(predictions[split], positive_class=positive, majority_class=majority)
            for split in SPLITS
            if split in predictions
        }
        text, document = (NO_TEST_SPLIT, {}) if all_rows else classification_reports(predictions["test"], names)
        options: dict[str, Any] = {"class_names": names, "positive_class": positive}
        answer_rule = (
            choose_answer_rule(predictions, asked, **options, one_unit=one_unit)
            if asked is not None and asked.is_asked_for
            else None
        )
        return Evaluation(
            metrics=metrics,
            confusion=confusion_matrix(predictions["test"], names),
            roc_curves=roc_curves(predictions, **options),
            precision_recall_curves=precision_recall_curves(predictions, **options),
            reliability=_reliability(predictions, answer_rule, options),
            report_text=text,
            report_json=document,
            hardest=hardest_examples(predictions["test"], names),
            warnings=(
                *trained_on_all(all_rows, predictions["train"].y_true),
                *classification_warnings(
                    predictions,
                    metrics,
                    class_names=names,
                    majority_class=majority,
                    test_rows_in_train=test_rows_in_train,
                    history=history,
                ),
                *(() if answer_rule is None else answer_rule.warnings),
            ),
            answer_rule=answer_rule,
        )


def _reliability(
    predictions: Mapping[SplitName, Predictions], answer_rule: AnswerRule | None, options: Mapping[str, Any]
) -> tuple[ReliabilityCurve, ...]:
    """Return that of the model's probabilities, then that of the calibrated ones if there are any."""
    curves = reliability_curves(predictions, **options)
    if answer_rule is None or answer_rule.temperature is None:
        return curves
    calibrated = {split: answer_rule.applied_to(found) for split, found in predictions.items() if is_scored(found)}
    return (*curves, *reliability_curves(calibrated, **options, is_calibrated=True))


@contextmanager
def _without_sklearn_warnings() -> Iterator[None]:
    """Keep scikit-learn's remarks on absent classes and sums from the terminal: `pitfalls` says them for the run."""
    import sklearn

    # the arguments are ours and the scores are finite: what scikit-learn would ask first takes longer than the answer
    with warnings.catch_warnings(), sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore", UserWarning)
        yield


def count_classes(found: Predictions, classes: int) -> NDArray[np.int64]:
    """Return how many rows of which class are predicted as which: rows true, columns predicted."""
    return count_labels(found.y_true, predicted_labels(found.y_score), classes=classes)


def confusion_matrix(found: Predictions, class_names: tuple[str, ...]) -> ConfusionMatrix | None:
    """Return the counts on the test split, or None if it has no rows or a score is not finite."""
    if not is_scored(found):
        return None
    counts = count_labels(found.y_true, predicted_labels(found.y_score), classes=len(class_names))
    return ConfusionMatrix("test", class_names, counts)


def classification_reports(found: Predictions, class_names: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return scikit-learn's classification report as text and as JSON values; a sentence and {} if undefined."""
    if len(found.y_true) == 0:
        return NO_TEST_ROWS, {}
    if not is_scored(found):
        return NO_REPORT, {}
    # a class that is called like one of the report's own rows would be overwritten by it
    names = [f"{name} (class)" if name in _REPORT_ROWS else name for name in class_names]
    counts = count_labels(found.y_true, predicted_labels(found.y_score), classes=len(names))
    metrics = label_metrics(counts)
    return report_text(metrics, names), report_document(metrics, names)
