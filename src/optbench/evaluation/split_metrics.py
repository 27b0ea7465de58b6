"""The numbers of one split of a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.catalog.metrics import split_values
from optbench.catalog.samples import ScoredLabels
from optbench.catalog.tasks import CLASSIFICATION
from optbench.evaluation.label_metrics import count_labels, label_metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.records import Predictions


def predicted_labels(y_score: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the class with the highest score per row, the lowest position on ties; (n,) int64.

    For two classes whose scores are 1 - p and p, the second is answered if and only if p > 0.5.
    """
    labels: NDArray[np.int64] = y_score.argmax(axis=1).astype(np.int64)
    return labels


def is_scored(found: Predictions) -> bool:
    """Return True if there are rows and every score is finite: only then do metrics exist."""
    return len(found.y_true) > 0 and bool(np.isfinite(found.y_score).all())


def split_metrics(found: Predictions, *, positive_class: int, majority_class: int) -> dict[str, float | None]:
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
    constant = _always(found, majority_class, positive_class=positive_class) if len(found.y_true) else None
    return split_values(CLASSIFICATION, scored(found, positive_class=positive_class), constant)


def scored(found: Predictions, *, positive_class: int) -> ScoredLabels | None:
    """Return what the metrics are computed from; None if there are no rows or a score is not finite."""
    if not is_scored(found):
        return None
    return sample_of(found, found.y_score, predicted_labels(found.y_score), positive_class)


def _always(found: Predictions, answer: int, *, positive_class: int) -> ScoredLabels:
    n, classes = found.y_score.shape
    # one row of scores for all: a view, so that it takes no memory
    y_score = np.broadcast_to(np.eye(classes, dtype=np.float32)[answer], (n, classes))
    return sample_of(found, y_score, np.full(n, answer), positive_class)


def sample_of(
    found: Predictions, y_score: NDArray[np.float32], y_pred: NDArray[np.int64], positive_class: int
) -> ScoredLabels:
    """Return what the metrics of some scores and answers are computed from; at least one row."""
    labels = label_metrics(count_labels(found.y_true, y_pred, classes=y_score.shape[1]))
    return ScoredLabels(found.y_true, y_score, positive_class, labels)
