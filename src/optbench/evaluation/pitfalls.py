"""Where people fool themselves with the numbers of one classification run, in a fixed order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.catalog.classification_metrics import are_probabilities
from optbench.evaluation.common_pitfalls import not_finite_loss, rising_loss, seen_rows, warning
from optbench.evaluation.split_metrics import is_scored, predicted_labels
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.records import History, Predictions, SplitName

_GAP_STANDARD_ERRORS: Final = 2.58
_SMALLEST_GAP: Final = 0.02
_WIDEST_HALF_INTERVAL: Final = 0.05
_ALPHA: Final = 0.05
_SUM_TOLERANCE: Final = 1e-3


def classification_warnings(
    predictions: Mapping[SplitName, Predictions],
    metrics: Mapping[SplitName, Mapping[str, float | None]],
    *,
    class_names: Sequence[str],
    majority_class: int,
    test_rows_in_train: int,
    history: History | None,
) -> tuple[Finding, ...]:
    """Return what a reader of the metrics has to know, the gravest first.

    Order: diverged, no probabilities, one class only or no better than the majority class, over-fitting (accuracy,
    then loss), test rows seen in training, small test split, absent classes.
    """
    test = predictions["test"]
    found = [*_diverged(predictions, history), *_no_probabilities(predictions)]
    if is_scored(test):
        found += _no_better_than_a_constant(test, class_names=class_names, majority_class=majority_class)
        found += _accuracy_gap(predictions, metrics)
    found += rising_loss(history)
    found += seen_rows(test_rows_in_train, len(test.y_true))
    if is_scored(test):
        found += _small_test_split(test)
    found += _absent_classes(predictions, class_names)
    return tuple(found)


def _diverged(predictions: Mapping[SplitName, Predictions], history: History | None) -> list[Finding]:
    unscored = [name for name, found in predictions.items() if len(found.y_true) and not is_scored(found)]
    unscored.sort(key=SPLITS.index)
    if unscored:
        return [warning("evaluation-scores-not-finite", splits=unscored)]
    return not_finite_loss(history)


def _no_probabilities(predictions: Mapping[SplitName, Predictions]) -> list[Finding]:
    warnings = []
    for split in SPLITS:
        found = predictions.get(split)
        if found is None or not is_scored(found):
            continue
        if not are_probabilities(found.y_score):
            low, high = float(found.y_score.min()), float(found.y_score.max())
            warnings.append(warning("evaluation-no-probabilities", split=split, low=low, high=high))
        elif np.abs(found.y_score.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            warnings.append(warning("evaluation-scores-do-not-sum", split=split))
    return warnings


def _no_better_than_a_constant(test: Predictions, *, class_names: Sequence[str], majority_class: int) -> list[Finding]:
    from scipy.stats import binomtest

    y_pred = predicted_labels(test.y_score)
    is_right, constant_is_right = y_pred == test.y_true, test.y_true == majority_class
    scores = {"accuracy": float(is_right.mean()), "majority_accuracy": float(constant_is_right.mean())}
    answers = np.unique(y_pred)
    if len(answers) == 1:
        answer = class_names[int(answers[0])]
        return [warning("evaluation-one-answer", answer=answer, n_rows=len(y_pred), **scores)]
    majority = class_names[majority_class]
    gained, lost = int((is_right & ~constant_is_right).sum()), int((~is_right & constant_is_right).sum())
    if gained <= lost:
        return [warning("evaluation-no-better-than-majority", majority=majority, **scores)]
    p = float(binomtest(gained, gained + lost, alternative="greater").pvalue)
    if p >= _ALPHA:
        return [warning("evaluation-hardly-better-than-majority", majority=majority, p=p, **scores)]
    return []


def _accuracy_gap(
    predictions: Mapping[SplitName, Predictions], metrics: Mapping[SplitName, Mapping[str, float | None]]
) -> list[Finding]:
    train, test = metrics["train"]["accuracy"], metrics["test"]["accuracy"]
    if train is None or test is None:
        return []
    n_train, n_test = len(predictions["train"].y_true), len(predictions["test"].y_true)
    standard_error = math.sqrt(train * (1 - train) / n_train + test * (1 - test) / n_test)
    gap = train - test
    if gap <= max(_SMALLEST_GAP, _GAP_STANDARD_ERRORS * standard_error):
        return []
    return [warning("evaluation-accuracy-gap", train=train, test=test, gap=gap)]


def _small_test_split(test: Predictions) -> list[Finding]:
    from scipy.stats import binomtest

    n = len(test.y_true)
    right = int((predicted_labels(test.y_score) == test.y_true).sum())
    interval = binomtest(right, n).proportion_ci(confidence_level=1 - _ALPHA, method="wilson")
    half = (interval.high - interval.low) / 2
    if half <= _WIDEST_HALF_INTERVAL:
        return []
    bounds = {"low": float(interval.low), "high": float(interval.high), "half_width": float(half)}
    return [warning("evaluation-few-test-rows", n_rows=n, accuracy=right / n, **bounds)]


def _absent_classes(predictions: Mapping[SplitName, Predictions], class_names: Sequence[str]) -> list[Finding]:
    warnings = []
    for split in SPLITS:
        if split not in predictions or len(predictions[split].y_true) == 0:
            continue
        counts = np.bincount(predictions[split].y_true, minlength=len(class_names))
        absent = [class_names[number] for number in np.flatnonzero(counts == 0).tolist()]
        if absent:
            warnings.append(warning("evaluation-classes-absent", split=split, classes=absent))
    return warnings
