"""Which rows of a table belong together: by the cells of one column, or because they are the same row again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.column_kinds import number_values
from optbench.datasets.date_columns import read_dates
from optbench.datasets.group_splits import mixed
from optbench.datasets.label_spellings import look_alikes, shown_apart
from optbench.datasets.number_texts import numbers_of
from optbench.datasets.table_columns import spellings_of, use_of
from optbench.datasets.text_table import require_column
from optbench.datasets.vocabulary import words_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.columns import CategoryColumn
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.text_table import TextTable

DUPLICATES: Final = "duplicates"
"""What `split.group` says for rows that are equal, unless a column has that name."""
_MOST_EXACT: Final = 2.0**53
_MOST_COMPARED: Final = 50_000  # different values, which take a second
_MISSING: Final = np.uint64(1)  # as `_of_numbers` has it


def groups_by_column(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for the group of each of some rows, (rows,), from the cell of the group's column alone.

    Numbers are equal as numbers, however they are written, if one reading fits all of them.

    Raises
    ------
    DataError
        If there is no such column, or a row has no value in it.
    """
    name = str(options.group)
    present_cells(table, options, name, rows=rows, setting="split.group")
    column = _read(table, replace(options, group=None), name).categories
    found: NDArray[np.uint64] = _identities(column.levels.to_pylist())[column.codes[rows]]
    return found


def _read(table: TextTable, options: TableOptions, name: str) -> ExaminedColumn:
    """Return a column with its numbers as plain ones; one that could be read in two ways as it is."""
    column = table.cells(name)
    spellings = spellings_of(table, options)
    if spellings.ambiguity(column) is not None:
        return ExaminedColumn(column, missing=options.missing)
    return spellings.read(column)


def groups_alike(table: TextTable, options: TableOptions) -> list[Finding]:
    """Return a note if values of the group's column look alike, and so divide what may be one group."""
    levels = table.cells(str(options.group)).categories(missing=options.missing).levels
    if len(levels) > _MOST_COMPARED:
        return []
    alike = look_alikes(levels.to_pylist())
    if not alike:
        return []
    values = {"name": str(options.group), "values": shown_apart(alike[0]), "n": len(alike)}
    return [Finding("data-groups-alike", Severity.NOTE, values)]


def groups_of_duplicates(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for each of some rows, (rows,), equal for rows that are equal in everything a model could see.

    That are the columns that are neither target nor left out: one number is one however it is spelt, and so is one date
    and one row of words; missing is missing. That two different rows of ten million share a number has a chance of 3 in
    a million; they are then on one side needlessly.
    """
    found = np.zeros(len(rows), dtype=np.uint64)
    spellings = spellings_of(table, options)
    for position, cells in enumerate(table.columns):
        column = spellings.read(cells)
        use = use_of(table, column, options, rows)
        if use.is_input:
            seen = _seen_of(table, column, use, options)[rows]
            found = mixed(found ^ mixed(seen + np.uint64(position + 1)))
    return found


def _seen_of(table: TextTable, column: ExaminedColumn, use: ColumnUse, options: TableOptions) -> NDArray[np.uint64]:
    """Return a number for what a model could see of each cell of a column, (all rows,)."""
    if use.kind == "number":
        return _of_numbers(number_values(table, column))
    if use.kind == "date":
        dates = read_dates(table, column, options.date_order)
        return _by_code(_of_numbers(dates.moments.seconds), dates.codes, missing=_MISSING)
    levels: list[str] = column.categories.levels.to_pylist()
    missing = np.uint64(0)
    if use.kind == "text":  # a missing one has no words
        levels = [b" ".join(words_of(text)).decode() for text in levels]
        missing = np.uint64(_digest(""))
    return _by_code(_identities(levels), column.categories.codes, missing=missing)


def _by_code(of_levels: NDArray[np.uint64], codes: NDArray[Any], *, missing: np.uint64) -> NDArray[np.uint64]:
    """Return the number of each cell's level, `missing` where the code is -1."""
    found: NDArray[np.uint64] = np.append(of_levels, missing)[codes]
    return found


def _of_numbers(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    is_missing = np.isnan(values)
    bits: NDArray[np.uint64] = np.where(is_missing, 0.0, values + 0.0).view(np.uint64)  # -0.0 is 0.0
    return bits ^ is_missing


def present_cells(
    table: TextTable, options: TableOptions, name: str, *, rows: NDArray[np.int64], setting: str
) -> CategoryColumn:
    """Return the cells of a column that decides on which side rows are.

    Raises
    ------
    DataError
        If there is no such column; or some rows have no value in it, with their number and the first of them.
    """
    column = require_column(table, name, setting=setting).categories(missing=options.missing)
    without = rows[column.codes[rows] < 0]
    if len(without):
        more = worded("hint-more-places", " and in {n} more", n=len(without) - 1) if len(without) > 1 else ""
        raise DataError(
            f"{setting}: the column {name!r} needs a value in every row, as it says on which side the row is. "
            f"Received: none in {table.place(int(without[0]))}{more}. Fill them in, or remove these rows.",
            code="data-split-column-wrong",
        )
    return column


def _identities(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a number for each different text of a column; spellings of one number share one."""
    numbers = numbers_of(texts) if texts else None
    spelt = texts if numbers is None else list(map(_spelling, texts, numbers))
    return np.array([_digest(text) for text in spelt], dtype=np.uint64)


def _spelling(text: str, number: float) -> str:
    """Return one spelling of a number; beyond what a float64 holds exactly the text itself."""
    return repr(number + 0.0) if abs(number) < _MOST_EXACT else text


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
