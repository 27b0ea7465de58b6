"""Numbers that may be something else: codes with zeros in front; days, months and times as 20190307."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.date_columns import are_compact_dates
from optbench.datasets.times import year_last

if TYPE_CHECKING:
    from typing import Any

    from optbench.datasets.column_cells import ExaminedColumn

COMPACT_DATES: Final = "column-compact-dates"
LEADING_ZEROS: Final = "column-leading-zeros"
YEAR_LAST: Final = "column-year-last"
_FEWEST, _FEW = 4, 256  # different texts: fewer may be dates by chance; so many are looked at before all are
_LOOKED_AT = 4096
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_DIGITS_BEHIND = (2, 4, 8, 10)  # the year, of months, days, times to the minute and to the second
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
        if (form := _year_last(levels)) is not None:
            return _doubt(YEAR_LAST, reason, levels, form=form)
        if is_code.any():
            return _doubt(LEADING_ZEROS, reason, chosen(levels, is_code))
    return reason


def _doubt(code: str, reason: Finding, texts: Any, **values: str) -> Finding:
    return Finding(code, Severity.NOTE, {"reason": reason.to_json(), "example": texts[0].as_py(), **values})


def _year_last(levels: Any) -> str | None:
    """Return the form of days that are written with zeros in front and the year at the end."""
    few = levels.slice(0, _FEW).to_pylist()
    if len(few) < _FEWEST or year_last(few) is None:
        return None
    return year_last(levels.to_pylist())


def _may_be_days(column: ExaminedColumn) -> bool:
    values = column.numbers.values
    ends = np.array([np.fmin.reduce(values), np.fmax.reduce(values)])
    years = (ends // 10.0**digits for digits in _DIGITS_BEHIND)
    return any(first >= _FIRST_YEAR and last <= _LAST_YEAR for first, last in years)


def _may_be_codes(column: ExaminedColumn) -> bool:
    """Return True if the first numbers are whole."""
    first = column.numbers.values[:_LOOKED_AT]
    present = first[np.isfinite(first)]
    return len(present) > 0 and bool((np.floor(present) == present).all())
