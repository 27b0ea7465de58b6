"""The numbers of one split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.evaluation.label_metrics import count_labels, label_metrics
from optbench.records import SplitMetrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import Predictions

_ROUNDING: Final = 1e-6


def predicted_labels(y_score: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the class with the highest score per row, the lowest position on ties; (n,) int64.

    For two classes whose scores are 1 - p and p, the second is answered if and only if p > 0.5.
    """
    labels: NDArray[np.int64] = y_score.argmax(axis=1).astype(np.int64)
    return labels


def is_scored(found: Predictions) -> bool:
    """Return True if there are rows and every score is finite: only then do metrics exist."""
    return len(found.y_true) > 0 and bool(np.isfinite(found.y_score).all())


def split_metrics(found: Predictions, *, positive_class: int, majority_class: int) -> SplitMetrics:
    """Return the metrics of one split; those of the model are None if a score is not finite.

    Parameters
    ----------
    positive_class : the class whose ROC AUC is meant if there are two classes
    majority_class : the most frequent class of the training split

    Notes
    -----
    Macro averages go over all classes of the data set; one that is absent from the split and never predicted
    counts as 0 (`zero_division=0`). Balanced accuracy is the mean recall of the classes present, as in scikit-learn.
    `majority_accuracy` needs no score, so that it is known for a diverged run too.
    """
    y_true, num_classes = found.y_true, found.y_score.shape[1]
    majority = float(np.mean(y_true == majority_class)) if len(y_true) else None
    if not is_scored(found):
        return SplitMetrics(None, None, None, None, None, None, None, majority)
    of_labels = label_metrics(count_labels(y_true, predicted_labels(found.y_score), classes=num_classes))
    precision, recall, f1 = of_labels.macro
    return SplitMetrics(
        accuracy=of_labels.accuracy,
        balanced_accuracy=of_labels.balanced_accuracy,
        precision_macro=precision,
        recall_macro=recall,
        f1_macro=f1,
        log_loss=log_loss(found),
        roc_auc=roc_auc(found, positive_class=positive_class),
        majority_accuracy=majority,
    )


def log_loss(found: Predictions) -> float | None:
    """Return scikit-learn's log loss of finite scores, or None if they are no probabilities.

    Notes
    -----
    Scores are cut at the smallest step of float32, 1.2e-7: one row that is wrong with certainty costs 15.9.
    """
    from sklearn.metrics import log_loss as sklearn_log_loss

    if not are_probabilities(found):
        return None
    scores = np.clip(found.y_score, 0.0, 1.0)
    return float(sklearn_log_loss(found.y_true, scores, labels=range(scores.shape[1])))


def are_probabilities(found: Predictions) -> bool:
    """Return True if every score is between 0 and 1, up to rounding."""
    return bool(found.y_score.min() >= -_ROUNDING and found.y_score.max() <= 1 + _ROUNDING)


def roc_auc(found: Predictions, *, positive_class: int) -> float | None:
    """Return the area under the ROC curve; None if a class it needs has no row, or no other row beside it.

    Two classes: that of the positive class. More: the unweighted mean over one-vs-rest, which is scikit-learn's
    `multi_class="ovr", average="macro"` without its demand that float32 rows sum to exactly 1.
    """
    from sklearn.metrics import auc, roc_curve

    num_classes = found.y_score.shape[1]
    wanted = [positive_class] if num_classes == 2 else list(range(num_classes))  # noqa: PLR2004
    areas = []
    for number in wanted:
        is_class = found.y_true == number
        if is_class.all() or not is_class.any():
            return None
        # what roc_auc_score does, without its way to the question what kind of labels these are
        fpr, tpr, _ = roc_curve(is_class, found.y_score[:, number])
        areas.append(float(auc(fpr, tpr)))
    return float(np.mean(areas))
