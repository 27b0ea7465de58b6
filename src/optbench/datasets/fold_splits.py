"""Folds for cross-validation: every row is a test row of exactly one of them, drawn as a split would be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.splits import SplitRows
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optbench.datasets.splits import SplitRule

    Divide = Callable[[NDArray[np.int64], SplitRule], SplitRows]
    """Divides some rows by a rule."""


def split_into_fold(rows: NDArray[np.int64], rule: SplitRule, *, fold: int, folds: int, divide: Divide) -> SplitRows:
    """Return one fold as the test rows, and validation rows drawn from the others.

    Parameters
    ----------
    rows : (n,) row numbers, ascending
    rule : its fraction of test rows is not used; that of validation rows is of all rows
    fold : from 0
    divide : draws rows: stratified, in whole groups, as the rule says

    Notes
    -----
    Fold after fold is drawn from the rows that are left, as a test split of one in K, one in K - 1, ...; the last one
    is what is left. So folds are stratified or keep groups whole as any split does, and those of one seed fit together.

    Raises
    ------
    DataError
        If there are fewer rows of a class, or fewer groups, than folds.
    """
    left, test = rows, rows[:0]
    for earlier in range(fold + 1):
        remaining = folds - earlier
        test = left if remaining == 1 else divide(left, replace(rule, test=1.0 / remaining, validation=0.0)).test
        left = np.setdiff1d(left, test, assume_unique=True)
    others = np.setdiff1d(rows, test, assume_unique=True)
    if not len(test) or not len(others):
        raise DataError(
            worded(
                "rows-folds",
                "{n} rows cannot be divided into {folds} folds. Use fewer folds, or give more rows.",
                n=len(rows),
                folds=folds,
            ),
            code="data-folds-many",
        )
    if not rule.validation:
        return SplitRows(train=others, validation=None, test=test)
    of_others = rule.validation * len(rows) / len(others)
    inner = divide(others, replace(rule, test=0.0, validation=of_others))
    return SplitRows(train=inner.train, validation=inner.validation, test=test)
