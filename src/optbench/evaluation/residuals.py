"""Residuals of the test split as CSV text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from optbench.regression_records import TargetPredictions

MOST_ROWS: Final = 100_000
RESIDUAL_COLUMNS: Final = ("row", "y_true", "y_pred", "residual")


def residuals_csv(found: TargetPredictions | None) -> str:
    """Return a line per test row: its number in the data, true value, prediction, true minus predicted.

    Of more than 100,000 rows evenly spaced ones are kept, first and last among them; `predictions.npz` has all. Without
    predictions (a withheld test split, a run that diverged) the header stands alone.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(RESIDUAL_COLUMNS)
    if found is not None:
        n = len(found.rows)
        kept = np.linspace(0, n - 1, min(n, MOST_ROWS)).round().astype(np.int64)
        columns = (found.rows, found.y_true, found.y_pred, found.residuals)
        writer.writerows(zip(*(column[kept].tolist() for column in columns), strict=True))
    return target.getvalue()
