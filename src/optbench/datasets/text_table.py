"""A table as it was read: every cell a stripped text, nothing guessed yet.

A column is kept as its different texts and a code per row, which makes everything that follows cheap: a text is
parsed, compared and hashed once, however often it occurs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.cell_digests import cells_digest, table_digest
from optbench.datasets.column_kinds import is_number
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.downloads import CheckedFile

_NAMES_SHOWN = 30


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One column.

    Attributes
    ----------
    name : as in the header, stripped
    levels : the different cells in the order of their first row; None for a null of a Parquet file
    codes : (rows,) int64, positions in `levels`
    """

    name: str
    levels: tuple[str | None, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TextTable:
    """The rows of one file, or of two files with the same columns one after the other.

    Attributes
    ----------
    files : in order
    columns : in the order of the (first) header
    file_of_row : (rows,) int64, position in `files`
    lines : (rows,) int64, line of the row in its file, from 1 (the row's number for Parquet)
    """

    files: tuple[CheckedFile, ...]
    columns: tuple[TextColumn, ...]
    file_of_row: NDArray[np.int64]
    lines: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(column.name for column in self.columns)

    @property
    def shown_name(self) -> str:
        """Name of the (first) file, for messages."""
        return self.files[0].name

    def column(self, name: str) -> TextColumn:
        """Return the column of that name, which must exist (see `require_column`)."""
        return self.columns[self.names.index(name)]

    def place(self, row: int) -> str:
        """Return where a row stands, for messages: `"row 5 (line 7 of my.csv)"`; rows count from 1 there."""
        first_of_file = int(np.searchsorted(self.file_of_row, self.file_of_row[row]))
        file = self.files[int(self.file_of_row[row])]
        return f"row {row - first_of_file + 1} (line {self.lines[row]} of {file.name})"

    def digest(self) -> str:
        """Return the sha256 hex digest of the column names, the cells and which file each row is from.

        Path, line ends, byte-order mark, quoting and separator of the files do not enter it.
        """
        digests = {column.name: cells_digest(column.levels, column.codes) for column in self.columns}
        return table_digest(np.bincount(self.file_of_row).tolist(), digests)


class ColumnBuilder:
    """Cells of one column, stripped and coded in the order of first appearance, a batch at a time."""

    def __init__(self) -> None:
        self._position: defaultdict[str | None, int] = defaultdict()
        self._position.default_factory = self._position.__len__
        self._codes: list[NDArray[np.int64]] = []

    def add(self, cells: Iterable[str]) -> None:
        """Append cells."""
        self._codes.append(np.fromiter(map(self._position.__getitem__, map(str.strip, cells)), dtype=np.int64))

    def column(self, name: str) -> TextColumn:
        """Return the column of all cells added."""
        return TextColumn(name=name, levels=tuple(self._position), codes=np.concatenate(self._codes))


def column_of_codes(name: str, texts: Sequence[str | None], codes: NDArray[np.int64]) -> TextColumn:
    """Return the column that holds `texts[code]` per row, stripped, coded anew in the order of first appearance."""
    used, first_rows = np.unique(codes, return_index=True)
    position: dict[str | None, int] = {}
    moved = np.zeros(len(texts), dtype=np.int64)
    for code in used[np.argsort(first_rows)].tolist():
        text = texts[code]
        moved[code] = position.setdefault(None if text is None else text.strip(), len(position))
    return TextColumn(name=name, levels=tuple(position), codes=moved[codes])


def require_column(table: TextTable, name: str, *, setting: str, separator: str | None = None) -> TextColumn:
    """Return a column that the experiment file names.

    Raises
    ------
    DataError
        If the table has no such column; the message lists the columns found and what may be wrong with the file.
    """
    if name in table.names:
        return table.column(name)
    hint = did_you_mean(name, table.names) or wrong_separator_hint(table.names, separator) or _header_hint(table.names)
    raise DataError(
        f"{setting} must name a column of {table.shown_name}. Received: {name!r}.{hint} "
        f"The {len(table.names)} columns found are: {listed(table.names)}.",
        code="data-column-unknown",
    )


def listed(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """Return names joined by commas, cut after `shown` of them."""
    more = f", ... ({len(names) - shown} more)" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def wrong_separator_hint(names: Sequence[str], separator: str | None) -> str:
    """Return a sentence if a header of one name looks like several names with another separator, else `""`."""
    if len(names) != 1:
        return ""
    counts = {other: names[0].count(other) for other in (";", "\t", "|", ",") if other != separator}
    best = max(counts, key=lambda other: counts[other])
    if counts[best] == 0:
        return ""
    return f" The only column contains {best!r}: the separator is wrong, set dataset.separator: {json.dumps(best)}."


def _header_hint(names: Sequence[str]) -> str:
    if not any(is_number(name) for name in names):
        return ""
    return " The first line looks like data, not like names: put a line with the column names on top of the file."


def concatenate(first: TextTable, second: TextTable) -> TextTable:
    """Return the rows of two tables one after the other; the second one's columns may stand in another order.

    Raises
    ------
    DataError
        If the column names differ.
    """
    require_same_columns(first.names, second.names, shown=(first.shown_name, second.shown_name))
    others = {column.name: column for column in second.columns}
    columns = tuple(_joined(column, others[column.name]) for column in first.columns)
    return TextTable(
        files=first.files + second.files,
        columns=columns,
        file_of_row=np.concatenate([first.file_of_row, second.file_of_row + len(first.files)]),
        lines=np.concatenate([first.lines, second.lines]),
    )


def require_same_columns(first: Sequence[str], second: Sequence[str], *, shown: tuple[str, str]) -> None:
    """Require the same column names in two files, in any order.

    Parameters
    ----------
    shown : names of the two files

    Raises
    ------
    DataError
        With the names that are missing or too many in the second.
    """
    if set(first) != set(second):
        absent = [name for name in first if name not in second]
        added = [name for name in second if name not in first]
        told = [f"it lacks {listed(absent)}"] * bool(absent) + [f"it adds {listed(added)}"] * bool(added)
        raise DataError(
            f"{shown[1]} must have the columns of {shown[0]}: {' and '.join(told)}. "
            "Both files need the same header line.",
            code="data-columns-differ",
        )


def _joined(first: TextColumn, second: TextColumn) -> TextColumn:
    position = {level: code for code, level in enumerate(first.levels)}
    moved = np.array([position.setdefault(level, len(position)) for level in second.levels], dtype=np.int64)
    return TextColumn(name=first.name, levels=tuple(position), codes=np.concatenate([first.codes, moved[second.codes]]))
