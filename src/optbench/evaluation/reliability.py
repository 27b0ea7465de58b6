"""Whether probabilities mean what they say, as data: of the positive class for two classes, of the answer for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.catalog.classification_metrics import are_probabilities
from optbench.evaluation.curve_points import class_scores, scored_splits
from optbench.records import ReliabilityCurve
from optbench.statistics.calibration import binned, reliability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.records import Predictions, SplitName

BINS: Final = 15


def reliability_curves(
    predictions: Mapping[SplitName, Predictions],
    *,
    class_names: Sequence[str],
    positive_class: int,
    is_calibrated: bool = False,
) -> tuple[ReliabilityCurve, ...]:
    """Return the curves of train and test; a split whose scores are not probabilities has none."""
    curves = []
    for split, found in scored_splits(predictions):
        if not are_probabilities(found.y_score):
            continue
        label = ""
        if len(class_names) == 2:  # noqa: PLR2004 - two classes
            (one,) = class_scores(found, class_names=class_names, positive_class=positive_class)
            label, bins = one.label, binned(one.is_class, one.score, bins=BINS)
        else:
            bins = reliability(found.y_true, found.y_score, bins=BINS)
        curves.append(ReliabilityCurve(split, label, is_calibrated, bins.confidence, bins.accuracy, bins.counts))
    return tuple(curves)
