"""Splits in the order of time: a model is tested on what came after everything it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.splits import SplitRows, require_rows
from optbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.datasets.splits import SplitRule


def split_by_time(rows: NDArray[np.int64], times: NDArray[Any], rule: SplitRule, *, what: str) -> SplitRows:
    """Divide rows so that every training row is earlier than every validation row, and these than every test row.

    Parameters
    ----------
    rows : (n,) row numbers, ascending
    times : (n,) numbers in the order of time
    what : what holds the times, for messages: "the column 'date'"

    Notes
    -----
    Rows of one time stay together, so each border is where the number of rows behind it is nearest to the fraction; of
    two equally near the one with fewer.

    Raises
    ------
    DataError
        If there are fewer different times than splits, or a fraction is no row.
    """
    require_rows(len(rows), rule)
    different, position = np.unique(times, return_inverse=True)
    counts = np.bincount(position.ravel())
    n_splits = 1 + (rule.test > 0) + (rule.validation > 0)
    if len(different) < n_splits:
        raise DataError(
            f"{what} has {len(different)} different {'time' if len(different) == 1 else 'times'}; {n_splits} splits in "
            f"the order of time need at least {n_splits}. Name another column, or set split.validation: 0.",
            code="data-split-groups-few",
        )
    n_test, n_validation = round(rule.test * len(rows)), round(rule.validation * len(rows))
    before = np.concatenate([[0], np.cumsum(counts)])  # rows before each time; one entry more than times
    end = len(different)
    first_test = end if not n_test else _border(before, len(rows) - n_test, least=n_splits - 1, most=end - 1)
    wanted = int(before[first_test]) - n_validation
    first_validation = first_test if not n_validation else _border(before, wanted, least=1, most=first_test - 1)
    part = position.ravel()
    test, validation = part >= first_test, (part >= first_validation) & (part < first_test)
    return SplitRows(
        train=rows[part < first_validation], validation=rows[validation] if n_validation else None, test=rows[test]
    )


def _border(before: NDArray[np.int64], wanted: int, *, least: int, most: int) -> int:
    """Return the time, between two, before which there are most nearly as many rows as wanted."""
    off = np.abs(before[least : most + 1] - wanted)
    return least + int(np.flatnonzero(off == off.min())[-1])
