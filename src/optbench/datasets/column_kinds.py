"""What a column of a table is: number, category, identifier or constant, and why; never more than its texts say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from optbench.core.findings import Finding, Severity
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
    """A kind and why it is that; a reason with a `doubt` says what else the texts may be."""

    kind: Kind
    reason: Finding


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

    def doubt(self) -> Finding | None:
        """Return what else the texts look like, or None."""


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

    def doubt(self) -> Finding | None:
        """Return what else the texts look like, or None."""
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
        return ColumnKind("constant", _reason("no-value", n_rows=n_rows))
    if cells.n_texts == 1 and cells.n_missing == 0:
        return ColumnKind("constant", _reason("same-value", n_rows=n_rows, value=cells.first(1)[0]))
    n_numeric = cells.n_numeric
    if n_numeric == cells.n_texts:
        return _kind_of_numbers(name, cells)
    if n_numeric >= _MOSTLY * cells.n_texts and cells.n_texts > _LEVELS_FOR_A_NUMBER:
        return None
    if _are_unique(cells):
        return ColumnKind("id", _reason("different-texts", n_values=cells.n_present, doubt=_as_json(cells.doubt())))
    doubted = _as_json(cells.doubt())
    return ColumnKind("category", _reason("texts", n_texts=cells.n_texts, n_missing=cells.n_missing, doubt=doubted))


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
        f"dataset.missing, or set dataset.features: {{{name}: category}}.",
        code="data-not-finite",
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
            return ColumnKind("id", _reason("different-numbers", n_values=cells.n_present))
        if not cells.n_missing and cells.n_present >= _ROWS_FOR_A_COUNTER and cells.counts_up():
            return ColumnKind("id", _reason("counts-rows", first=cells.first(_EXAMPLES)))
    few = cells.n_texts <= _EXAMPLES and cells.are_integers
    return number_kind(cells.n_present, cells.n_missing, n_different=cells.n_texts if few else None)


def number_kind(n_present: int, n_missing: int, *, n_different: int | None = None) -> ColumnKind:
    """Return the kind of a column of numbers.

    Parameters
    ----------
    n_different : number of different ones, if they are so few that they may be codes of categories
    """
    return ColumnKind("number", _reason("numbers", n_values=n_present, n_different=n_different, n_missing=n_missing))


def _reason(code: str, **values: Any) -> Finding:
    return Finding(f"column-{code}", Severity.NOTE, values)


def _as_json(doubted: Finding | None) -> dict[str, Any] | None:
    return None if doubted is None else doubted.to_json()


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
        f"dataset.features: {{{name}: category}}, or drop the column.",
        code="data-column-mixed",
    )
