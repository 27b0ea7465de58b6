"""ROC curves: of the positive class for two classes; one-vs-rest and their mean for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.evaluation.curve_points import class_scores, kept_points, scored_splits
from optbench.records import RocCurve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.evaluation.curve_points import ClassScores
    from optbench.records import Predictions, SplitName

MACRO: Final = "macro"
_MACRO_STEPS: Final = 1000


def roc_curves(
    predictions: Mapping[SplitName, Predictions], *, class_names: Sequence[str], positive_class: int
) -> tuple[RocCurve, ...]:
    """Return the curves of train and test, in the order of the classes, "macro" last.

    A class without a row in a split, or alone in it, has no curve there, and then there is no "macro" either.
    """
    curves: list[RocCurve] = []
    for split, found in scored_splits(predictions):
        of_classes = [
            _class_curve(split, one)
            for one in class_scores(found, class_names=class_names, positive_class=positive_class)
            if one.is_class.any() and not one.is_class.all()
        ]
        curves += of_classes
        if len(of_classes) == len(class_names):
            curves.append(macro_curve(of_classes))
    return tuple(curves)


def _class_curve(split: SplitName, one: ClassScores) -> RocCurve:
    from sklearn.metrics import auc, roc_curve

    # points on a straight line between their neighbours are left out: thousands on a large split
    fpr, tpr, threshold = roc_curve(one.is_class, one.score, drop_intermediate=True)
    kept = kept_points(fpr + tpr)
    area = float(auc(fpr, tpr))
    return RocCurve(split, one.label, fpr[kept], tpr[kept], threshold[kept].astype(np.float64), area)


def macro_curve(curves: Sequence[RocCurve]) -> RocCurve:
    """Return the mean of several curves at equal false positive rates; its area is the mean of their areas.

    Notes
    -----
    At every false positive rate where a curve bends, the mean has the point where the curves arrive and the point to
    which they jump, so that the mean of step functions stays a step function. Beyond a thousand bends every k-th is
    kept: enough for a picture, and the area does not depend on it.
    """
    bends = np.unique(np.concatenate([curve.fpr for curve in curves]))
    if len(bends) > _MACRO_STEPS:
        kept = np.linspace(0, len(bends) - 1, _MACRO_STEPS).round().astype(np.int64)
        bends = bends[kept]
    limits = [_limits(curve, bends) for curve in curves]
    arriving = np.mean([low for low, _ in limits], axis=0)
    leaving = np.mean([high for _, high in limits], axis=0)
    fpr = np.repeat(bends, 2)
    tpr = np.stack([arriving, leaving], axis=1).ravel()
    tpr = np.maximum.accumulate(tpr)  # a mean of interpolated values may fall by a rounding error
    is_new = np.append(True, (np.diff(fpr) > 0) | (np.diff(tpr) > 0))
    fpr, tpr = fpr[is_new], tpr[is_new]
    area = float(np.mean([curve.auc for curve in curves]))
    return RocCurve(curves[0].split, MACRO, fpr, tpr, np.full(len(fpr), np.nan), area)


def _limits(curve: RocCurve, at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the true positive rates just before and just after each false positive rate."""
    positions, first = np.unique(curve.fpr, return_index=True)
    last = np.append(first[1:], len(curve.fpr)) - 1
    low, high = curve.tpr[first], curve.tpr[last]
    right = np.searchsorted(positions, at, side="left")
    left = np.maximum(right - 1, 0)
    is_bend = positions[right] == at
    width = np.where(is_bend, 1.0, positions[right] - positions[left])
    between = high[left] + (at - positions[left]) / width * (low[right] - high[left])
    return np.where(is_bend, low[right], between), np.where(is_bend, high[right], between)
