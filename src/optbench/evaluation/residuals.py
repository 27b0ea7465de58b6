"""Residuals of the test split as CSV text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from optbench.regression_records import TargetPredictions

RESIDUAL_COLUMNS: Final = ("row", "y_true", "y_pred", "residual")


def residuals_csv(found: TargetPredictions | None) -> str:
    """Return a line per test row: its number in the data, true value, prediction, true minus predicted.

    Without predictions (a withheld test split, a run that diverged) the header stands alone.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(RESIDUAL_COLUMNS)
    if found is not None:
        columns = (found.rows, found.y_true, found.y_pred, found.residuals)
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return target.getvalue()
