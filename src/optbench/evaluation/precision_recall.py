"""Precision-recall curves: of the positive class for two classes, one-vs-rest for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.evaluation.curve_points import class_scores, kept_points, scored_splits
from optbench.records import PrecisionRecallCurve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.evaluation.curve_points import ClassScores
    from optbench.records import Predictions, SplitName


def precision_recall_curves(
    predictions: Mapping[SplitName, Predictions], *, class_names: Sequence[str], positive_class: int
) -> tuple[PrecisionRecallCurve, ...]:
    """Return the curves of train and test, in the order of the classes; a class without a row in a split has none."""
    return tuple(
        _class_curve(split, one)
        for split, found in scored_splits(predictions)
        for one in class_scores(found, class_names=class_names, positive_class=positive_class)
        if one.is_class.any()
    )


def _class_curve(split: SplitName, one: ClassScores) -> PrecisionRecallCurve:
    """Return scikit-learn's curve from its highest threshold on: there nothing is answered, and precision is called 1.

    Notes
    -----
    Points between two others of equal true positives are left out, as scikit-learn offers; the average precision is
    that of all points.
    """
    from sklearn.metrics import precision_recall_curve

    # the steps are summed over the full curve, since a point that is left out may be the end of one
    precision, recall, _ = precision_recall_curve(one.is_class, one.score)
    area = max(0.0, -float(np.sum(np.diff(recall) * precision[:-1])))
    precision, recall, threshold = precision_recall_curve(one.is_class, one.score, drop_intermediate=True)
    precision, recall, threshold = precision[::-1], recall[::-1], np.append(threshold, np.inf)[::-1]
    along = np.append(0.0, np.cumsum(np.abs(np.diff(precision)) + np.abs(np.diff(recall))))
    kept = kept_points(along)
    base = float(one.is_class.mean())
    return PrecisionRecallCurve(
        split, one.label, precision[kept], recall[kept], threshold[kept].astype(np.float64), area, base
    )
