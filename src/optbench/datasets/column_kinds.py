"""What a column of a table is: number, category, identifier or constant, and why; never more than its texts say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from optbench.datasets.text_doubts import doubt
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.text_table import TextColumn, TextTable

Kind = Literal["number", "category", "id", "constant"]

# Fewer rows than this may count 1, 2, 3 by chance; fewer different texts are a category whatever they look like.
_ROWS_FOR_A_COUNTER = 20
_LEVELS_FOR_A_NUMBER = 20
_MOSTLY = 0.8
_EXAMPLES = 3

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NUMBER_CHARACTERS = re.compile(r"[0-9.eE+-]*")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_ID_NAME = re.compile(r"(.*[ _.-])?(id|uid|uuid|guid|index|idx|row_?number)|.*[a-z0-9](ID|Id)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A kind and the sentence that says why."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a column in some rows: different texts in order of appearance, numbers of cells with and without."""

    texts: tuple[str, ...]
    n_present: int
    n_missing: int

    @property
    def are_unique(self) -> bool:
        return len(self.texts) == self.n_present > 1


def infer_kind(
    table: TextTable, column: TextColumn, *, rows: NDArray[np.int64], missing: Collection[str]
) -> ColumnKind:
    """Return the kind of a column, from its cells in the given rows.

    Raises
    ------
    DataError
        If most of many different texts are numbers and some are not: a category of thousands of levels is not meant.
    """
    cells = _cells_of(column, rows, missing)
    if not cells.texts:
        return ColumnKind("constant", f"no value in any of the {len(rows)} rows")
    if len(cells.texts) == 1 and cells.n_missing == 0:
        return ColumnKind("constant", f"the same value in all {len(rows)} rows: {cells.texts[0]!r}")
    if numbers_of(cells.texts) is not None:
        return _kind_of_numbers(column.name, cells)
    numbers = [text for text in cells.texts if _is_numeric(text)]
    if len(numbers) == len(cells.texts):
        return _kind_of_numbers(column.name, cells)
    if len(numbers) >= _MOSTLY * len(cells.texts) and len(cells.texts) > _LEVELS_FOR_A_NUMBER:
        raise _mixed_error(table, column, cells, n_numbers=len(numbers))
    if cells.are_unique:
        return ColumnKind("id", f"every one of its {cells.n_present} texts is different{doubt(cells.texts, is_number)}")
    told = f"{counted(len(cells.texts), 'different text')}{_missing_words(cells)}"
    return ColumnKind("category", f"{told}{doubt(cells.texts, is_number)}")


def is_missing(level: str | None, missing: Collection[str]) -> bool:
    """Return True if a cell has no value."""
    return level is None or level in missing


def number_values(table: TextTable, column: TextColumn, *, missing: Collection[str]) -> NDArray[np.float64]:
    """Return the numbers of a column, (rows,) float64, NaN where a cell is missing.

    Raises
    ------
    DataError
        If a cell that is not missing is no finite number; with its row and line.
    """
    present = {i: text for i, text in enumerate(column.levels) if text is not None and text not in missing}
    texts = list(present.values())
    numbers = numbers_of(texts)
    values = np.full(len(column.levels), np.nan)
    values[list(present)] = [float(t) if is_number(t) else np.inf for t in texts] if numbers is None else numbers
    by_row = values[column.codes]
    wrong = np.flatnonzero(np.isinf(by_row))
    if len(wrong):
        row = int(wrong[0])
        cell = column.levels[int(column.codes[row])]
        raise DataError(
            f"column {column.name!r} must hold finite numbers. Received: {cell!r} in {table.place(row)}"
            f"{f' and in {len(wrong) - 1} more rows' if len(wrong) > 1 else ''}. Correct the cell, add {cell!r} to "
            f"dataset.missing, or set dataset.features: {{{column.name}: category}}."
        )
    return by_row


def sorted_texts(texts: Iterable[str]) -> list[str]:
    """Return texts in order: by value if all of them are numbers, else by character codes."""
    listed = list(texts)
    if all(_NUMBER.fullmatch(text) for text in listed):
        return sorted(listed, key=lambda text: (float(text), text))
    return sorted(listed)


def is_number(text: str) -> bool:
    """Return True if a text is a finite decimal number: digits, at most one point, an exponent."""
    return _NUMBER.fullmatch(text) is not None and abs(float(text)) != float("inf")


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural where it needs one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def numbers_of(texts: Sequence[str]) -> list[float] | None:
    """Return the numbers that texts stand for, infinity for one beyond float64, or None if one of them is no number.

    The same as asking `is_number` of each, at a tenth of the time: of these characters, Python's `float` accepts
    nothing but decimal numbers.
    """
    if not _NUMBER_CHARACTERS.fullmatch("".join(texts)):
        return None
    try:
        return list(map(float, texts))
    except ValueError:
        return None


def _is_numeric(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or _NOT_FINITE.fullmatch(text) is not None


def _cells_of(column: TextColumn, rows: NDArray[np.int64], missing: Collection[str]) -> _Cells:
    counts = np.bincount(column.codes[rows], minlength=len(column.levels))
    present = [(level, n) for level, n in zip(column.levels, counts.tolist(), strict=True) if n]
    texts = [(level, n) for level, n in present if level is not None and level not in missing]
    n_present = sum(n for _, n in texts)
    return _Cells(texts=tuple(level for level, _ in texts), n_present=n_present, n_missing=len(rows) - n_present)


def _kind_of_numbers(name: str, cells: _Cells) -> ColumnKind:
    if cells.are_unique and all(_INTEGER.fullmatch(text) for text in cells.texts):
        if _ID_NAME.fullmatch(name):
            return ColumnKind("id", f"every one of its {cells.n_present} whole numbers is different, and its name")
        if _counts_the_rows(cells):
            return ColumnKind("id", f"it counts the rows: {cells.texts[0]}, {cells.texts[1]}, {cells.texts[2]}, ...")
    few = len(cells.texts) <= _EXAMPLES and all(_INTEGER.fullmatch(text) for text in cells.texts)
    codes = f", {counted(len(cells.texts), 'different one')} (codes? then set it to category)" if few else ""
    return ColumnKind("number", f"all {cells.n_present} values are numbers{codes}{_missing_words(cells)}")


def _counts_the_rows(cells: _Cells) -> bool:
    if cells.n_missing or cells.n_present < _ROWS_FOR_A_COUNTER:
        return False
    first = int(cells.texts[0])
    return all(int(text) == first + step for step, text in enumerate(cells.texts))


def _mixed_error(table: TextTable, column: TextColumn, cells: _Cells, *, n_numbers: int) -> DataError:
    others = [text for text in cells.texts if not _is_numeric(text)]
    first = int(np.flatnonzero(column.codes == column.levels.index(others[0]))[0])
    return DataError(
        f"column {column.name!r} of {table.shown_name} is neither number nor category: {n_numbers} of its different "
        f"values are numbers, {len(others)} are not, e.g. {others[0]!r} in {table.place(first)}. "
        f"Add {', '.join(map(repr, others[:_EXAMPLES]))} to dataset.missing, or set "
        f"dataset.features: {{{column.name}: category}}, or drop the column."
    )


def _missing_words(cells: _Cells) -> str:
    return f"; {counted(cells.n_missing, 'cell')} missing" if cells.n_missing else ""
