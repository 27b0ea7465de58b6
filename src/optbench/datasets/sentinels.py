"""Values that people and programs write where there is none, and that read like others: -999, 9999, 9999-12-31.

They are told with what would leave them out, never left out: only who knows the table can say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.config import dump_value
from optbench.core.findings import Finding, Severity
from optbench.datasets.date_columns import read_dates
from optbench.datasets.number_texts import is_number
from optbench.datasets.table_columns import spellings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.text_table import TextTable

TOLD: Final = "data-column-sentinel"
_LEAST_NINES: Final = 99.0
_LEAST_ALIKE: Final = 777.0
# Ends of whole numbers in programs, fillings of netCDF and of float32 rasters, and the last day of many databases
_OF_PROGRAMS: Final = (
    *(32767.0, -32768.0, 65535.0, 2.0**31 - 1, -(2.0**31), 2.0**32 - 1),
    *(1e20, 1e30, -1e30, 9.969209968386869e36, 3.4028235e38, -3.4028235e38),
    *(99991231.0, 99991231235959.0, 999912.0),
)
_DAYS: Final = (
    *("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"),
    *("2099-12-31", "2199-12-31", "2262-04-11", "2999-12-31", "9999-01-01", "9999-12-31"),
)
_DAY_NUMBERS: Final = frozenset(np.array(_DAYS, dtype="datetime64[D]").astype(np.int64).tolist())
_DAY_SECONDS: Final = 86400.0
_MOST: Final = 3  # at each end
_FEWEST: Final = 2  # rows with the value, unless it is very far; other values that are left
_FAR: Final = 3  # times as far as the others lie apart
_MANY_OTHERS: Final = 20
_FREQUENT: Final = 5  # times as frequent as the other values are on average
_SHARE: Final = 0.01  # of the rows
_NEAR: Final = 1e-6  # relative: float32's largest number has several spellings


@dataclass(frozen=True, slots=True)
class Others:
    """The other values of a column.

    Attributes
    ----------
    least, most : ends of their range
    n_different, mean_rows : how many there are, and in how many rows each is on average
    n_rows : with a value, those of the sentinels too
    """

    least: float
    most: float
    n_different: int
    mean_rows: float
    n_rows: int


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A value that may mean that there is none.

    Attributes
    ----------
    value : a number, or seconds since 1970
    n : rows that have it
    """

    value: float
    n: int
    others: Others

    @property
    def is_odd(self) -> bool:
        """True if it is far from the others, or far more frequent than they are; of -1 if it is so below zero."""
        others = self.others
        is_frequent = self.n >= max(_FREQUENT * others.mean_rows, _SHARE * others.n_rows)
        if self.value == -1.0:
            return is_frequent and others.least >= 0.0 and others.n_different >= _MANY_OTHERS
        gap, span = max(others.least - self.value, self.value - others.most), others.most - others.least
        if self.n < _FEWEST:
            return others.n_different >= _MANY_OTHERS and gap > _FAR * span
        return is_frequent or gap > span


def sentinel_notes(
    table: TextTable, column: ExaminedColumn, use: ColumnUse, options: TableOptions, rows: NDArray[np.int64]
) -> list[Finding]:
    """Return a note on each value of a column of numbers or dates that may mean "no value" in some rows."""
    if use.kind == "number":
        values = column.numbers.values
        return number_notes(column.name, values if len(rows) == len(values) else values[rows], options)
    if use.kind != "date":
        return []
    dates = read_dates(table, column, options.date_order)
    codes = dates.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(dates.moments.seconds))
    return date_notes(column.name, column.categories.levels, dates.moments.seconds, counts, options)


def table_sentinels(
    table: TextTable, uses: Sequence[ColumnUse], options: TableOptions, rows: NDArray[np.int64]
) -> list[Finding]:
    """Return a note on each value of a table's inputs that may mean "no value" in some rows."""
    spellings = spellings_of(table, options)
    pairs = zip(table.columns, uses, strict=True)
    found = (sentinel_notes(table, spellings.read(column), use, options, rows) for column, use in pairs if use.is_input)
    return [note for notes in found for note in notes]


def time_notes(name: str, texts: Sequence[str], keys: NDArray[Any], counts: NDArray[np.int64]) -> list[Finding]:
    """Return a note on each value of a column that orders rows in time, and may mean that nobody knows when.

    Parameters
    ----------
    texts, keys, counts : different ones, a number for each in the order of time, and rows that have it
    """
    are_numbers = is_number(texts[0])
    found = sentinels_of(np.repeat(keys.astype(np.float64), counts)) if are_numbers else _days_apart(keys, counts)
    told = (_values(name, one, number_text if are_numbers else _day) for one in found)
    return [Finding("data-split-time-sentinel", Severity.NOTE, values) for values in told]


def number_notes(name: str, values: NDArray[np.float64], options: TableOptions) -> list[Finding]:
    """Return a note on each number that may mean "no value".

    Parameters
    ----------
    name : of their column
    values : NaN where missing
    """
    found = sentinels_of(values)
    return [_note(name, one, [number_text(one.value)], options, number_text) for one in found]


def date_notes(
    name: str, texts: Any, seconds: NDArray[np.float64], counts: NDArray[np.int64], options: TableOptions
) -> list[Finding]:
    """Return a note on each date that may mean "no value".

    Parameters
    ----------
    name : of their column
    texts : different ones, a pyarrow array
    seconds, counts : of each text, since 1970, and in how many rows it stands
    """
    found = _days_apart(seconds, counts)
    return [_note(name, one, _texts_of(one.value, texts.to_pylist(), seconds), options, _day) for one in found]


def _days_apart(seconds: NDArray[np.float64], counts: NDArray[np.int64]) -> list[Sentinel]:
    different, place = np.unique(seconds[counts > 0], return_inverse=True)
    rows_of = np.bincount(place, weights=counts[counts > 0]).astype(np.int64)
    return [one for one in _apart(different, rows_of, _is_day) if one.is_odd]


def sentinels_of(values: NDArray[np.float64]) -> list[Sentinel]:
    """Return the numbers that may mean "no value": far from all others, or the only ones below zero.

    Parameters
    ----------
    values : NaN where missing

    Examples
    --------
    >>> [one.value for one in sentinels_of(np.array([1.0, 2.0, 3.0, -999.0, -999.0, 9999.0, 9999.0]))]
    [-999.0, 9999.0]
    """
    if not len(values) or not (_is_known(float(np.fmin.reduce(values))) or _is_known(float(np.fmax.reduce(values)))):
        return []
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    return [one for one in _apart(different, counts, _is_known) if _is_alone_below(one) or one.is_odd]


def _is_alone_below(one: Sentinel) -> bool:
    return one.value < -1.0 and one.others.least >= 0.0 and one.n >= _FEWEST


def _apart(values: NDArray[np.float64], counts: NDArray[np.int64], is_known: Callable[[float], bool]) -> list[Sentinel]:
    """Return the known values at both ends of ascending ones, with what they are among the others."""
    first, after = 0, len(values)
    while first < min(_MOST, after) and is_known(float(values[first])):
        first += 1
    while after > max(first, len(values) - _MOST) and is_known(float(values[after - 1])):
        after -= 1
    if after - first < _FEWEST:
        return []
    rest = values[first:after]
    others = Others(float(rest[0]), float(rest[-1]), len(rest), float(counts[first:after].mean()), int(counts.sum()))
    ends = (*range(first), *range(after, len(values)))
    return [Sentinel(float(values[at]), int(counts[at]), others) for at in ends]


def _is_known(value: float) -> bool:
    """Return True for -1, nines, several sevens or eights, and ends of numbers of programs."""
    if value == -1.0 or any(abs(value - known) <= _NEAR * abs(known) for known in _OF_PROGRAMS):
        return True
    digits = f"{abs(value):.10g}".replace(".", "")
    if set(digits) == {"9"}:
        return abs(value) >= _LEAST_NINES
    return len(set(digits)) == 1 and digits[0] in "78" and abs(value) >= _LEAST_ALIKE


def _is_day(seconds: float) -> bool:
    return int(seconds // _DAY_SECONDS) in _DAY_NUMBERS


def number_text(value: float) -> str:
    """Return a number as people write it."""
    return str(int(value)) if value == int(value) and abs(value) < 2.0**63 else repr(value)


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s"))[:10]


def _texts_of(value: float, texts: Sequence[str], seconds: NDArray[np.float64]) -> list[str]:
    return [text for text, second in zip(texts, seconds.tolist(), strict=True) if second == value]


def _note(
    name: str, one: Sentinel, texts: Sequence[str], options: TableOptions, shown: Callable[[float], str]
) -> Finding:
    setting = dump_value([*options.missing, *texts])
    return Finding(TOLD, Severity.NOTE, {**_values(name, one, shown), "setting": setting})


def _values(name: str, one: Sentinel, shown: Callable[[float], str]) -> dict[str, Any]:
    others = one.others
    ends = {"least": _about(others.least, shown), "most": _about(others.most, shown)}
    return {"name": name, "value": shown(one.value), "n": one.n, "n_rows": others.n_rows, **ends}


def _about(value: float, shown: Callable[[float], str]) -> str:
    """Return a value of which a reader needs no more than a few digits."""
    return f"{value:.6g}" if shown is number_text and value != int(value) else shown(value)
