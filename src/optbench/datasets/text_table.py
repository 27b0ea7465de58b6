"""A table as it was read: every cell a stripped text, nothing guessed yet."""

from __future__ import annotations

import bisect
import json
import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.cell_digests import table_digest
from optbench.datasets.column_names import spelled
from optbench.datasets.label_spellings import alike_hint
from optbench.datasets.number_texts import is_number
from optbench.datasets.setting_names import SEPARATOR, before_value
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.columns import Column, TextColumn
    from optbench.datasets.downloads import CheckedFile
    from optbench.datasets.table_storage import TableStorage

    Lines = range | NDArray[np.int64]

_NAMES_SHOWN = 30


@dataclass(slots=True)
class RowLines:
    """The line of every row in its file, from 1 (the row's number for Parquet), kept per chunk of rows."""

    _firsts: list[int] = field(default_factory=list)
    _parts: list[Lines] = field(default_factory=list)
    n_rows: int = 0

    def add(self, lines: Lines) -> None:
        """Append the lines of rows."""
        if len(lines):
            self._firsts.append(self.n_rows)
            self._parts.append(lines)
            self.n_rows += len(lines)

    def line(self, row: int) -> int:
        """Return the line of a row."""
        chunk = bisect.bisect_right(self._firsts, row) - 1
        return int(self._parts[chunk][row - self._firsts[chunk]])


@dataclass(frozen=True, slots=True)
class TextTable:
    """The rows of one file, or of files with the same columns one after the other.

    Attributes
    ----------
    files : in order
    columns : in the order of the (first) header
    rows_per_file : of each file
    lines : of the rows in their files
    storage : where the cells lie, and arrays that are made of them belong
    index_names : columns that the (first) file says are the index of its rows
    point_names : columns whose cells the files have as numbers: their points are never between thousands
    """

    files: tuple[CheckedFile, ...]
    columns: tuple[Column, ...]
    rows_per_file: tuple[int, ...]
    lines: RowLines
    storage: TableStorage
    index_names: tuple[str, ...] = ()
    point_names: frozenset[str] = frozenset()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.rows_per_file)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(column.name for column in self.columns)

    @property
    def shown_name(self) -> str:
        """Name of the (first) file, for messages."""
        return self.files[0].name

    @property
    def file_of_row(self) -> NDArray[np.int64]:
        """(rows,) int64, position in `files`."""
        if len(self.files) == 1:
            return np.zeros(self.n_rows, dtype=np.int64)  # pages that nobody writes to take no memory
        return np.repeat(np.arange(len(self.files), dtype=np.int64), self.rows_per_file)

    def cells(self, name: str) -> Column:
        """Return the column of that name, which must exist (see `require_column`)."""
        return self.columns[self.names.index(name)]

    def column(self, name: str) -> TextColumn:
        """Return the column of that name, held whole: for targets and the like, which have few different texts."""
        return self.cells(name).held()

    def place(self, row: int) -> str:
        """Return where a row stands, for messages: `"row 5 (line 7 of my.csv)"`; rows count from 1 there.

        Files without a header in their lines, such as Parquet's, have rows alone: `"row 5 of my.parquet"`.
        """
        firsts = [0, *accumulate(self.rows_per_file)]
        position = bisect.bisect_right(firsts, row) - 1
        number, line, file = row - firsts[position] + 1, self.lines.line(row), self.files[position].name
        if line == number:
            return worded("rows-place-row", "row {row} of {file}", row=number, file=file)
        return worded("rows-place", "row {row} (line {line} of {file})", row=number, line=line, file=file)

    def digest(self) -> str:
        """Return the sha256 hex digest of the column names, the cells and which file each row is from.

        Path, line ends, byte-order mark, quoting and separator of the files do not enter it.
        """
        return table_digest(self.rows_per_file, {column.name: column.digest for column in self.columns})


def require_column(table: TextTable, name: str, *, setting: str, separator: str | None = None) -> Column:
    """Return a column that the experiment file names.

    Raises
    ------
    DataError
        If the table has no such column; the message lists the columns found and what may be wrong with the file.
    """
    found = spelled(name, table.names)
    if found in table.names:
        return table.cells(found)
    hint = (
        alike_hint(name, table.names)
        or wrong_separator_hint(table.names, separator)
        or _mark_hint(name, table.names)
        or did_you_mean(name, table.names)
        or _header_hint(table.names)
    )
    raise DataError(
        worded(
            "rows-column",
            "{setting} must name a column of {shown_name}. Received: {name!r}.{hint} {found}.",
            setting=setting,
            shown_name=table.shown_name,
            name=name,
            hint=hint,
            found=columns_found(table.names),
        ),
        code="data-column-unknown",
    )


def columns_found(names: Sequence[str]) -> str:
    """Return which columns a table has, for messages."""
    if len(names) == 1:
        return worded("rows-only-column", "The only column found is: {name}", name=names[0])
    return worded("rows-columns-found", "The {n} columns found are: {names}", n=len(names), names=listed(names))


def listed(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """Return names joined by commas, cut after `shown` of them."""
    listing = ", ".join(names[:shown])
    if len(names) <= shown:
        return listing
    return worded("rows-listed", "{listing}, ... ({n} more)", listing=listing, n=len(names) - shown)


def wrong_separator_hint(names: Sequence[str], separator: str | None) -> str:
    """Return a sentence if a header of one name looks like several names with another separator, else `""`."""
    if len(names) != 1:
        return ""
    counts = {other: names[0].count(other) for other in (";", "\t", "|", ",") if other != separator}
    best = max(counts, key=lambda other: counts[other])
    if counts[best] == 0:
        return ""
    return worded(
        "hint-separator",
        " The only column contains {best!r}: the separator is wrong, set {setting} {separator}.",
        best=best,
        setting=before_value(SEPARATOR),
        separator=json.dumps(best),
    )


def _mark_hint(wanted: str, names: Sequence[str]) -> str:
    """Return a sentence if the only name is a header line in which a rare mark stands beside the wanted one."""
    beside = rf"(?P<before>[^\w\"])?{re.escape(wanted)}(?P<after>[^\w\"])?"
    found = re.search(beside, names[0]) if len(names) == 1 else None
    mark = (found["before"] or found["after"]) if found else None
    if mark is None:
        return ""
    return worded(
        "hint-rare-separator",
        " Does {mark!r} stand between the cells? Then set {setting} {separator} (the option --separator of init).",
        mark=mark,
        setting=before_value(SEPARATOR),
        separator=json.dumps(mark),
    )


def _header_hint(names: Sequence[str]) -> str:
    if not any(is_number(name) for name in names):
        return ""
    return " The first line looks like data, not like names: put a line with the column names on top of the file."


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
    absent = [name for name in first if spelled(name, second) not in second]
    added = [name for name in second if spelled(name, first) not in first]
    if absent or added:
        told = [f"it lacks {listed(absent)}"] * bool(absent) + [f"it adds {listed(added)}"] * bool(added)
        raise DataError(
            f"{shown[1]} must have the columns of {shown[0]}: {' and '.join(told)}. "
            "Both files need the same header line.",
            code="data-columns-differ",
        )
