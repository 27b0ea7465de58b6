"""Numbers that may be something else: codes with zeros in front, days as 20190307."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.date_columns import are_compact_dates

if TYPE_CHECKING:
    from typing import Any

    from optbench.datasets.column_cells import ExaminedColumn

COMPACT_DATES: Final = "column-compact-dates"
LEADING_ZEROS: Final = "column-leading-zeros"
_LOOKED_AT = 4096
_SMALLEST, _LARGEST = 1900_01_01, 2100_12_31
_CODE = "[+-]?0[0-9]+"


def doubted(column: ExaminedColumn, reason: Finding) -> Finding:
    """Return why a column is a number, with what else it may be.

    Parameters
    ----------
    reason : why it is a number
    """
    if column.numbers.are_canonical:
        if _may_be_days(column) and are_compact_dates(column.categories.levels):
            return _doubt(COMPACT_DATES, reason, column.categories.levels)
    elif _may_be_codes(column):
        levels = column.categories.levels
        is_code = matches(levels, _CODE)
        if is_code.any():
            return _doubt(LEADING_ZEROS, reason, chosen(levels, is_code))
    return reason


def _doubt(code: str, reason: Finding, texts: Any) -> Finding:
    return Finding(code, Severity.NOTE, {"reason": reason.to_json(), "example": texts[0].as_py()})


def _may_be_days(column: ExaminedColumn) -> bool:
    values = column.numbers.values
    return bool(np.fmin.reduce(values) >= _SMALLEST and np.fmax.reduce(values) <= _LARGEST)


def _may_be_codes(column: ExaminedColumn) -> bool:
    """Return True if the first numbers are whole."""
    first = column.numbers.values[:_LOOKED_AT]
    present = first[np.isfinite(first)]
    return len(present) > 0 and bool((np.floor(present) == present).all())
