"""Sentences where people fool themselves with the numbers of one run, in a fixed order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.evaluation.common_pitfalls import listed, not_finite_loss, rising_loss, seen_rows
from optbench.evaluation.split_metrics import are_probabilities, is_scored, predicted_labels
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.records import History, Predictions, SplitMetrics, SplitName

_GAP_STANDARD_ERRORS: Final = 2.58
_SMALLEST_GAP: Final = 0.02
_WIDEST_HALF_INTERVAL: Final = 0.05
_ALPHA: Final = 0.05
_SUM_TOLERANCE: Final = 1e-3


def warning_sentences(
    predictions: Mapping[SplitName, Predictions],
    metrics: Mapping[SplitName, SplitMetrics],
    *,
    class_names: Sequence[str],
    majority_class: int,
    test_rows_in_train: int,
    history: History | None,
) -> tuple[str, ...]:
    """Return what a reader of the metrics has to know, the gravest first.

    Order: diverged, no probabilities, one class only or no better than the majority class, over-fitting (accuracy,
    then loss), test rows seen in training, small test split, absent classes.
    """
    test = predictions["test"]
    sentences = [*_diverged(predictions, history), *_no_probabilities(predictions)]
    if is_scored(test):
        sentences += _no_better_than_a_constant(test, class_names=class_names, majority_class=majority_class)
        sentences += _accuracy_gap(predictions, metrics)
    sentences += rising_loss(history)
    sentences += seen_rows(test_rows_in_train, len(test.y_true))
    if is_scored(test):
        sentences += _small_test_split(test)
    sentences += _absent_classes(predictions, class_names)
    return tuple(sentences)


def _diverged(predictions: Mapping[SplitName, Predictions], history: History | None) -> list[str]:
    unscored = [name for name, found in predictions.items() if len(found.y_true) and not is_scored(found)]
    unscored.sort(key=SPLITS.index)
    if unscored:
        return [f"the run diverged: scores of {listed(unscored)} are not finite, so there are no metrics for them."]
    return not_finite_loss(history)


def _no_probabilities(predictions: Mapping[SplitName, Predictions]) -> list[str]:
    sentences = []
    for split in SPLITS:
        found = predictions.get(split)
        if found is None or not is_scored(found):
            continue
        if not are_probabilities(found):
            low, high = float(found.y_score.min()), float(found.y_score.max())
            sentences.append(
                f"scores of the {split} split are no probabilities (from {low:.4g} to {high:.4g}), so its log loss is "
                "undefined; end the model with softmax or sigmoid."
            )
        elif np.abs(found.y_score.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            sentences.append(
                f"scores of the {split} split do not sum to 1 in every row, so its log loss is not that of "
                "probabilities; end the model with softmax."
            )
    return sentences


def _no_better_than_a_constant(test: Predictions, *, class_names: Sequence[str], majority_class: int) -> list[str]:
    from scipy.stats import binomtest

    y_pred = predicted_labels(test.y_score)
    is_right, constant_is_right = y_pred == test.y_true, test.y_true == majority_class
    scores = f"accuracy {_percent(is_right.mean())}, majority class {_percent(constant_is_right.mean())}"
    answers = np.unique(y_pred)
    if len(answers) == 1:
        answer = class_names[int(answers[0])]
        return [f"the model predicts {answer!r} for all {len(y_pred)} test rows ({scores}): it has learned nothing."]
    always = f"always answering {class_names[majority_class]!r}"
    gained, lost = int((is_right & ~constant_is_right).sum()), int((~is_right & constant_is_right).sum())
    if gained <= lost:
        told = f"on the test split the model is no better than {always} ({scores})"
        return [f"{told}; judge it by balanced accuracy and ROC AUC."]
    p = float(binomtest(gained, gained + lost, alternative="greater").pvalue)
    if p >= _ALPHA:
        return [f"on the test split the model is not clearly better than {always} ({scores}, one-sided p = {p:.2g})."]
    return []


def _accuracy_gap(predictions: Mapping[SplitName, Predictions], metrics: Mapping[SplitName, SplitMetrics]) -> list[str]:
    train, test = metrics["train"].accuracy, metrics["test"].accuracy
    if train is None or test is None:
        return []
    n_train, n_test = len(predictions["train"].y_true), len(predictions["test"].y_true)
    standard_error = math.sqrt(train * (1 - train) / n_train + test * (1 - test) / n_test)
    gap = train - test
    if gap <= max(_SMALLEST_GAP, _GAP_STANDARD_ERRORS * standard_error):
        return []
    told = f"accuracy is {_percent(train)} on train and {_percent(test)} on test"
    return [f"the model over-fits: {told}, {100 * gap:.1f} points apart, more than the size of the splits explains."]


def _small_test_split(test: Predictions) -> list[str]:
    from scipy.stats import binomtest

    n = len(test.y_true)
    right = int((predicted_labels(test.y_score) == test.y_true).sum())
    interval = binomtest(right, n).proportion_ci(confidence_level=1 - _ALPHA, method="wilson")
    half = (interval.high - interval.low) / 2
    if half <= _WIDEST_HALF_INTERVAL:
        return []
    told = f"{_percent(interval.low)} to {_percent(interval.high)} (half width {100 * half:.1f} points)"
    return [f"the test split has only {n} rows: the accuracy of {_percent(right / n)} has a 95 % interval from {told}."]


def _absent_classes(predictions: Mapping[SplitName, Predictions], class_names: Sequence[str]) -> list[str]:
    sentences = []
    for split in SPLITS:
        if split not in predictions or len(predictions[split].y_true) == 0:
            continue
        counts = np.bincount(predictions[split].y_true, minlength=len(class_names))
        absent = [repr(class_names[number]) for number in np.flatnonzero(counts == 0).tolist()]
        if absent:
            sentences.append(
                f"the {split} split has no row of {listed(absent)}: its ROC AUC is undefined and its macro averages "
                "count what is absent as 0."
            )
    return sentences


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
