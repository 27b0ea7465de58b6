"""What a column of a table is: number, category, identifier or constant, and why; never more than its texts say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

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

NUMBER_PATTERN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
NOT_FINITE_PATTERN = r"[+-]?(nan|inf|infinity)"
INTEGER_PATTERN = r"[+-]?\d+"
_NUMBER = re.compile(NUMBER_PATTERN, re.ASCII)
_NUMBER_CHARACTERS = re.compile(r"[0-9.eE+-]*")
_NOT_FINITE = re.compile(NOT_FINITE_PATTERN, re.IGNORECASE | re.ASCII)
_INTEGER = re.compile(INTEGER_PATTERN, re.ASCII)
_ID_NAME = re.compile(r"(.*[ _.-])?(id|uid|uuid|guid|index|idx|row_?number)|.*[a-z0-9](ID|Id)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A kind and the sentence that says why."""

    kind: Kind
    reason: str


class Cells(Protocol):
    """What decides the kind of a column: its different texts that are not missing, in some rows."""

    @property
    def n_texts(self) -> int:
        """Number of different texts."""

    @property
    def n_present(self) -> int:
        """Number of cells with a value."""

    @property
    def n_missing(self) -> int:
        """Number of cells without a value."""

    @property
    def n_numeric(self) -> int:
        """Number of different texts that read like numbers."""

    @property
    def are_integers(self) -> bool:
        """True if every text is a whole number."""

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""

    def counts_up(self) -> bool:
        """Return True if the texts, all of them whole numbers, go up by one."""

    def doubt(self) -> str:
        """Return what the texts look like, as the end of a sentence, or ""."""


@dataclass(frozen=True, slots=True)
class HeldCells:
    """`Cells` whose different texts are held."""

    texts: tuple[str, ...]
    n_present: int
    n_missing: int

    @property
    def n_texts(self) -> int:
        """Number of different texts."""
        return len(self.texts)

    @property
    def n_numeric(self) -> int:
        """Number of different texts that read like numbers."""
        return len(self.texts) if numbers_of(self.texts) is not None else sum(map(is_numeric, self.texts))

    @property
    def are_integers(self) -> bool:
        """True if every text is a whole number."""
        return all(_INTEGER.fullmatch(text) for text in self.texts)

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""
        return list(self.texts[:number])

    def counts_up(self) -> bool:
        """Return True if the texts, all of them whole numbers, go up by one."""
        first = int(self.texts[0])
        return all(int(text) == first + step for step, text in enumerate(self.texts))

    def doubt(self) -> str:
        """Return what the texts look like, as the end of a sentence, or ""."""
        return doubt(self.texts, is_number)


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
    kind = kind_of_cells(column.name, cells)
    if kind is None:
        others = [text for text in cells.texts if not is_numeric(text)]
        first = int(np.flatnonzero(column.codes == column.levels.index(others[0]))[0])
        raise mixed_error(
            column.name,
            n_numbers=cells.n_numeric,
            n_others=len(others),
            others=others[:_EXAMPLES],
            place=table.place(first),
            shown_name=table.shown_name,
        )
    return kind


def kind_of_cells(name: str, cells: Cells) -> ColumnKind | None:
    """Return the kind of a column from its cells, or None if it is neither number nor category (see `mixed_error`)."""
    n_rows = cells.n_present + cells.n_missing
    if cells.n_texts == 0:
        return ColumnKind("constant", f"no value in any of the {n_rows} rows")
    if cells.n_texts == 1 and cells.n_missing == 0:
        return ColumnKind("constant", f"the same value in all {n_rows} rows: {cells.first(1)[0]!r}")
    n_numeric = cells.n_numeric
    if n_numeric == cells.n_texts:
        return _kind_of_numbers(name, cells)
    if n_numeric >= _MOSTLY * cells.n_texts and cells.n_texts > _LEVELS_FOR_A_NUMBER:
        return None
    if _are_unique(cells):
        return ColumnKind("id", f"every one of its {cells.n_present} texts is different{cells.doubt()}")
    told = f"{counted(cells.n_texts, 'different text')}{missing_words(cells.n_missing)}"
    return ColumnKind("category", f"{told}{cells.doubt()}")


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
        raise not_finite_error(
            column.name, column.levels[int(column.codes[row])], place=table.place(row), n_more=len(wrong) - 1
        )
    return by_row


def not_finite_error(name: str, cell: str | None, *, place: str, n_more: int) -> DataError:
    """Return the error for a cell of a number column that is no finite number."""
    return DataError(
        f"column {name!r} must hold finite numbers. Received: {cell!r} in {place}"
        f"{f' and in {n_more} more rows' if n_more else ''}. Correct the cell, add {cell!r} to "
        f"dataset.missing, or set dataset.features: {{{name}: category}}."
    )


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


def is_numeric(text: str) -> bool:
    """Return True if a text reads like a number, not a finite one included."""
    return _NUMBER.fullmatch(text) is not None or _NOT_FINITE.fullmatch(text) is not None


def _cells_of(column: TextColumn, rows: NDArray[np.int64], missing: Collection[str]) -> HeldCells:
    counts = np.bincount(column.codes[rows], minlength=len(column.levels))
    present = [(level, n) for level, n in zip(column.levels, counts.tolist(), strict=True) if n]
    texts = [(level, n) for level, n in present if level is not None and level not in missing]
    n_present = sum(n for _, n in texts)
    return HeldCells(texts=tuple(level for level, _ in texts), n_present=n_present, n_missing=len(rows) - n_present)


def _kind_of_numbers(name: str, cells: Cells) -> ColumnKind:
    if _are_unique(cells) and cells.are_integers:
        if _ID_NAME.fullmatch(name):
            return ColumnKind("id", f"every one of its {cells.n_present} whole numbers is different, and its name")
        if not cells.n_missing and cells.n_present >= _ROWS_FOR_A_COUNTER and cells.counts_up():
            return ColumnKind("id", f"it counts the rows: {', '.join(cells.first(_EXAMPLES))}, ...")
    few = cells.n_texts <= _EXAMPLES and cells.are_integers
    codes = f", {counted(cells.n_texts, 'different one')} (codes? then set it to category)" if few else ""
    return number_kind(cells.n_present, cells.n_missing, codes)


def number_kind(n_present: int, n_missing: int, codes: str = "") -> ColumnKind:
    """Return the kind of a column of numbers; `codes` is a remark on them."""
    return ColumnKind("number", f"all {n_present} values are numbers{codes}{missing_words(n_missing)}")


def _are_unique(cells: Cells) -> bool:
    return cells.n_texts == cells.n_present > 1


def mixed_error(
    name: str, *, n_numbers: int, n_others: int, others: Sequence[str], place: str, shown_name: str
) -> DataError:
    """Return the error for a column of many numbers and some other texts.

    Parameters
    ----------
    others : the first of the other texts
    place : of the first of them
    """
    return DataError(
        f"column {name!r} of {shown_name} is neither number nor category: {n_numbers} of its different "
        f"values are numbers, {n_others} are not, e.g. {others[0]!r} in {place}. "
        f"Add {', '.join(map(repr, others))} to dataset.missing, or set "
        f"dataset.features: {{{name}: category}}, or drop the column."
    )


def missing_words(n_missing: int) -> str:
    """Return the end of a sentence on missing cells, "" if there is none."""
    return f"; {counted(n_missing, 'cell')} missing" if n_missing else ""
