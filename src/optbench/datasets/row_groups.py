"""Which rows of a table belong together: by the cells of one column, or because they are the same row again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.column_kinds import number_values
from optbench.datasets.group_splits import mixed
from optbench.datasets.number_texts import numbers_of
from optbench.datasets.table_columns import use_of
from optbench.datasets.text_table import require_column
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.columns import CategoryColumn
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable

DUPLICATES: Final = "duplicates"
"""What `split.group` says for rows that are equal, unless a column has that name."""
_MOST_EXACT: Final = 2.0**53


def groups_by_column(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for the group of each of some rows, (rows,), from the cell of the group's column alone.

    Raises
    ------
    DataError
        If there is no such column, or a row has no value in it.
    """
    column = present_cells(table, options, str(options.group), rows=rows, setting="split.group")
    found: NDArray[np.uint64] = _identities(column.levels.to_pylist())[column.codes[rows]]
    return found


def groups_of_duplicates(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for each of some rows, (rows,), equal for rows that are equal in everything a model could see.

    That are the columns that are neither target nor left out: one number is one however it is spelt, and missing is
    missing. That two different rows of ten million share a number has a chance of 3 in a million; they are then on one
    side needlessly.
    """
    found = np.zeros(len(rows), dtype=np.uint64)
    for position, name in enumerate(table.names):
        column = ExaminedColumn(table.cells(name), missing=options.missing)
        use = use_of(table, column, options, rows)
        if use.is_input:
            if use.kind == "number":
                values = number_values(table, column)[rows] + 0.0  # -0.0 is 0.0
                identities = np.where(np.isnan(values), 0.0, values).view(np.uint64) ^ np.isnan(values)
            else:
                levels = column.categories.levels.to_pylist()
                identities = np.append(_identities(levels), np.uint64(0))[column.categories.codes[rows]]
            found = mixed(found ^ mixed(identities + np.uint64(position + 1)))
    return found


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
        more = f" and in {len(without) - 1} more" if len(without) > 1 else ""
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
