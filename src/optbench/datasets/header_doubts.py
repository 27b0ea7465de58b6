"""What is odd about the names of columns: they are probably a row of data, or two of them look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity
from optbench.datasets.label_spellings import drawn_alike, shown_apart
from optbench.datasets.number_texts import is_number

if TYPE_CHECKING:
    from optbench.datasets.columns import Column
    from optbench.datasets.text_table import TextTable

_HALF: Final = 0.5


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
