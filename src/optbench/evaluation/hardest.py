"""The test rows that a run is furthest from: wrong with the highest probability, or with the largest error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.evaluation.split_metrics import is_scored, predicted_labels
from optbench.records import HardExample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.records import Predictions
    from optbench.regression_records import TargetPredictions

MOST: Final = 20


def hardest_examples(found: Predictions, class_names: Sequence[str]) -> tuple[HardExample, ...]:
    """Return wrong answers of a split, the most confident first, of equal ones the first row; at most 20.

    A run whose scores are not finite has none.
    """
    if not is_scored(found):
        return ()
    y_pred = predicted_labels(found.y_score)
    wrong = np.flatnonzero(y_pred != found.y_true)
    confidence = found.y_score[wrong, y_pred[wrong]].astype(np.float64)
    order = np.lexsort((found.rows[wrong], -confidence))[:MOST]
    return tuple(
        HardExample(
            row=int(found.rows[place]),
            true=class_names[int(found.y_true[place])],
            predicted=class_names[int(y_pred[place])],
            probability=float(found.y_score[place, y_pred[place]]),
            probability_of_true=float(found.y_score[place, found.y_true[place]]),
        )
        for place in wrong[order]
    )


def largest_errors(found: TargetPredictions | None) -> list[tuple[int, float, float, float]]:
    """Return row number, true value, prediction and residual of the rows with the largest errors; at most 20."""
    if found is None:
        return []
    order = np.lexsort((found.rows, -np.abs(found.residuals)))[:MOST]
    columns = (found.rows, found.y_true, found.y_pred, found.residuals)
    return list(zip(*(column[order].tolist() for column in columns), strict=True))
