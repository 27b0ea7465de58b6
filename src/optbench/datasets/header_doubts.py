"""What is odd about the names of columns: they are probably a row of data, or two of them look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.csv_files import INDEX_NAME
from optbench.datasets.label_spellings import drawn_alike, shown_apart
from optbench.datasets.number_texts import is_number
from optbench.errors import DataError

if TYPE_CHECKING:
    from optbench.datasets.columns import Column
    from optbench.datasets.text_table import TextTable

_HALF: Final = 0.5


def require_one_header(table: TextTable) -> None:
    """Refuse a row that is the line of names again, as where files were put one behind the other.

    Raises
    ------
    DataError
        With the place of the first.
    """
    first = min(table.columns, key=lambda column: not column.is_coded)  # where it takes the least to look
    if len(table.columns) < 2 or (first.is_coded and first.name not in first.levels.to_pylist()):  # noqa: PLR2004
        return
    try:
        row = first.row_of(first.name)
    except ValueError:
        return
    if all(column.cell(row) in _header_cells(column.name) for column in table.columns):
        raise DataError(
            worded(
                "rows-header-again",
                "{place} holds the names of the columns again. Remove that line, and others like it.",
                place=table.place(row),
            ),
            code="data-header-repeated",
        )


def _header_cells(name: str) -> tuple[str, ...]:
    """Return what stands in the header line for a column of that name."""
    return (name, "") if name == INDEX_NAME else (name,)


def header_doubts(table: TextTable) -> list[Finding]:
    """Return notes on names of columns that look like data, which is then short of a row, or like each other."""
    alike = [shown_apart(group) for group in drawn_alike(table.names)]
    return [*_like_data(table), *(Finding("data-names-alike", Severity.NOTE, {"names": group}) for group in alike)]


def _like_data(table: TextTable) -> list[Finding]:
    """Return a note if names of columns are what their cells say: a number with decimals, or one of their texts."""
    like_cells = [column.name for column in table.columns if _is_like_cells(column)]
    if len(like_cells) < _HALF * len(table.columns) or len(table.columns) < 2:  # noqa: PLR2004 - one proves nothing
        return []
    return [Finding("data-header-like-data", Severity.NOTE, {"file": table.shown_name, "names": like_cells})]


def _is_like_cells(column: Column) -> bool:
    if is_number(column.name):
        return not column.name.isdecimal()  # a year may be a name
    return column.is_coded and column.name in column.levels.to_pylist()
