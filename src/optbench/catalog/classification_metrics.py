"""Metrics of classification: an entry each, in the order of metrics.json, and how each is computed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.catalog.metric import Constant, Metric, Places, Unit
from optbench.catalog.tasks import CLASSIFICATION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.catalog.samples import ScoredLabels

_ROUNDING: Final = 1e-6
_TASKS: Final = (CLASSIFICATION,)


def log_loss(sample: ScoredLabels) -> float | None:
    """Return scikit-learn's log loss, or None if the scores are not probabilities.

    Notes
    -----
    Scores are cut at the smallest step of float32, 1.2e-7: one row that is wrong with certainty costs 15.9.
    """
    import numpy as np
    from sklearn.metrics import log_loss as sklearn_log_loss

    if not are_probabilities(sample.y_score):
        return None
    scores = np.clip(sample.y_score, 0.0, 1.0)
    return float(sklearn_log_loss(sample.y_true, scores, labels=range(scores.shape[1])))


def log_loss_per_row(sample: ScoredLabels) -> NDArray[np.float64] | None:
    """Return minus the logarithm of the true class's score, (n,), whose mean is `log_loss`."""
    import numpy as np

    if not are_probabilities(sample.y_score):
        return None
    step = np.finfo(sample.y_score.dtype).eps
    scores = np.clip(sample.y_score, step, 1 - step)
    true = np.take_along_axis(scores, sample.y_true[:, None], axis=1)[:, 0]
    return -np.log(true.astype(np.float64))


def is_right(sample: ScoredLabels) -> NDArray[np.bool_]:
    """Return whether each row's class has the highest score, (n,); the mean is the accuracy."""
    right: NDArray[np.bool_] = sample.y_score.argmax(axis=1) == sample.y_true
    return right


def brier_per_row(sample: ScoredLabels) -> NDArray[np.float64] | None:
    """Return the squared errors of each row's probabilities, (n,), whose mean is `brier_score`."""
    import numpy as np

    if not are_probabilities(sample.y_score):
        return None
    missed = [(sample.y_score[:, c].astype(np.float64) - (sample.y_true == c)) ** 2 for c in sample.ranked_classes]
    found: NDArray[np.float64] = np.sum(missed, axis=0)
    return found


def are_probabilities(y_score: NDArray[np.float32]) -> bool:
    """Return True if every score is between 0 and 1, up to rounding."""
    return bool(y_score.min() >= -_ROUNDING and y_score.max() <= 1 + _ROUNDING)


def roc_auc(sample: ScoredLabels) -> float | None:
    """Return the area under the ROC curve; None if a class it needs has no row, or no other row beside it.

    Two classes: that of the positive class. More: the unweighted mean over one-vs-rest, which is scikit-learn's
    `multi_class="ovr", average="macro"` without its demand that float32 rows sum to exactly 1.
    """
    import numpy as np
    from sklearn.metrics import auc, roc_curve

    areas = []
    for number in sample.ranked_classes:
        is_class = sample.y_true == number
        if is_class.all() or not is_class.any():
            return None
        # what roc_auc_score does, without its way to the question what kind of labels these are
        fpr, tpr, _ = roc_curve(is_class, sample.y_score[:, number])
        areas.append(float(auc(fpr, tpr)))
    return float(np.mean(areas))


def average_precision(sample: ScoredLabels) -> float | None:
    """Return the average precision, the area under the steps of the precision-recall curve; None if a class has no row.

    Two classes: that of the positive class. More: the unweighted mean over one-vs-rest.

    Notes
    -----
    AP = sum over the thresholds n of (R_n - R_{n-1}) P_n, with precision P and recall R and without interpolation, as
    in scikit-learn (M. Zhu, Recall, Precision and Average Precision, University of Waterloo, 2004). Scores that rank at
    random have the class's share of the rows, so unlike the ROC curve it shows how a rare class fares.
    """
    import numpy as np
    from sklearn.metrics import precision_recall_curve

    values = []
    for number in sample.ranked_classes:
        is_class = sample.y_true == number
        if not is_class.any():
            return None
        # recall falls along the curve, hence the sign
        precision, recall, _ = precision_recall_curve(is_class, sample.y_score[:, number])
        values.append(max(0.0, -float(np.sum(np.diff(recall) * precision[:-1]))))
    return float(np.mean(values))


def brier_score(sample: ScoredLabels) -> float | None:
    """Return the Brier score, the mean squared error of the probabilities; None if the scores are not probabilities.

    Two classes: (p - y)^2 of the positive class, from 0 to 1. More: the sum of it over all classes, from 0 to 2, which
    for two classes would be twice as much.

    Notes
    -----
    Mean over the rows of sum over the classes k of (p_k - y_k)^2 (G. W. Brier, Verification of forecasts expressed in
    terms of probability, Monthly Weather Review 78, 1950); scikit-learn's `brier_score_loss` has both forms. Unlike
    log loss it stays finite where a row is wrong with certainty.
    """
    import numpy as np

    if not are_probabilities(sample.y_score):
        return None
    total = 0.0
    for number in sample.ranked_classes:
        missed = sample.y_score[:, number].astype(np.float64) - (sample.y_true == number)
        total += float(np.mean(missed**2))
    return total


def _of_positive_class(sample: ScoredLabels, place: int) -> float | None:
    values = sample.of_positive_class
    return None if values is None else values[place]


CLASSIFICATION_METRICS: Final = (
    Metric(
        "accuracy",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.accuracy),
        is_right,
        unit=Unit.SHARE,
        constant=Constant(
            "majority_accuracy",
            "majority",
            places=Places(page=2, show=9, summary=2),
        ),
        history="accuracy",
        places=Places(page=1, show=1, summary=1),
    ),
    Metric(
        "balanced_accuracy",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.balanced_accuracy),
        unit=Unit.SHARE,
        places=Places(page=3, show=2),
    ),
    Metric(
        "precision_macro",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.macro[0]),
        unit=Unit.SHARE,
        is_tunable=False,
        places=Places(page=4),
    ),
    Metric(
        "recall_macro",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.macro[1]),
        unit=Unit.SHARE,
        is_tunable=False,
        places=Places(page=5),
    ),
    Metric(
        "f1_macro",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.macro[2]),
        unit=Unit.SHARE,
        places=Places(page=6, show=3),
    ),
    Metric(
        "log_loss",
        _TASKS,
        "scores",
        log_loss,
        log_loss_per_row,
        higher_is_better=False,
        highest=math.inf,
        history="loss",
        places=Places(page=8, show=4, summary=4),
    ),
    Metric(
        "roc_auc",
        _TASKS,
        "scores",
        roc_auc,
        of_constant=0.5,
        places=Places(page=7, show=5, summary=3),
    ),
    Metric(
        "average_precision",
        _TASKS,
        "scores",
        average_precision,
        places=Places(page=9, show=6),
    ),
    Metric(
        "brier_score",
        _TASKS,
        "scores",
        brier_score,
        brier_per_row,
        higher_is_better=False,
        highest=2.0,
        places=Places(page=10, show=7),
    ),
    Metric(
        "precision",
        _TASKS,
        "labels",
        lambda sample: _of_positive_class(sample, 0),
        unit=Unit.SHARE,
        for_two_classes=True,
        is_tunable=False,
        places=Places(page=11, show=10),
    ),
    Metric(
        "recall",
        _TASKS,
        "labels",
        lambda sample: _of_positive_class(sample, 1),
        unit=Unit.SHARE,
        for_two_classes=True,
        is_tunable=False,
        places=Places(page=12, show=11),
    ),
    Metric(
        "f1",
        _TASKS,
        "labels",
        lambda sample: _of_positive_class(sample, 2),
        unit=Unit.SHARE,
        for_two_classes=True,
        places=Places(page=13, show=12),
    ),
    Metric(
        "matthews_correlation",
        _TASKS,
        "labels",
        lambda sample: float(sample.labels.matthews_correlation),
        lowest=-1.0,
        of_constant=0.0,
        places=Places(page=14, show=13),
    ),
)
