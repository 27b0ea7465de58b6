"""What decides the kind of a column: its different texts in some rows, counted from texts or from numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.number_texts import INTEGER_PATTERN, NUMERIC_PATTERN, parse_column
from optbench.datasets.text_doubts import doubt

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.datasets.columns import CategoryColumn, Column
    from optbench.datasets.number_texts import ParsedNumbers

_FEW = 3
_LOOKED_AT = 4096
_PART = 1 << 20


class Cells(Protocol):
    """The different texts of a column that are not missing, in some rows."""

    @property
    def n_texts(self) -> int:
        """Number of different texts; where there are many and nothing depends on it, any number up to it."""

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


@dataclass(frozen=True)
class TextCells:
    """`Cells` of texts that are held: a pyarrow array of different ones."""

    texts: Any
    n_present: int
    n_missing: int

    @property
    def n_texts(self) -> int:
        """Number of different texts."""
        return len(self.texts)

    @cached_property
    def is_numeric(self) -> NDArray[np.bool_]:
        """Which texts read like numbers, not finite ones included; (n_texts,) bool."""
        return matches(self.texts, NUMERIC_PATTERN)

    @property
    def n_numeric(self) -> int:
        """Number of different texts that read like numbers."""
        return int(self.is_numeric.sum())

    @cached_property
    def are_integers(self) -> bool:
        """True if every text is a whole number."""
        return bool(matches(self.texts, INTEGER_PATTERN).all())

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""
        found: list[str] = self.texts.slice(0, number).to_pylist()
        return found

    def counts_up(self) -> bool:
        """Return True if the texts, all of them whole numbers, go up by one."""
        first = int(self.texts[0].as_py())
        for start in range(0, len(self.texts), _PART):
            part = self.texts.slice(start, _PART).to_pylist()
            if any(int(text) != first + start + step for step, text in enumerate(part)):
                return False
        return True

    def doubt(self) -> Finding | None:
        """Return what else the texts look like, or None."""
        return doubt(self.texts)

    def others(self) -> tuple[int, list[str]]:
        """Return how many texts do not read like numbers, and the first of them."""
        found = chosen(self.texts, ~self.is_numeric)
        return len(found), found.slice(0, _FEW).to_pylist()


@dataclass(frozen=True)
class NumberCells:
    """`Cells` of numbers whose texts nothing depends on: more than a few different ones, not all whole."""

    n_texts: int
    n_present: int
    n_missing: int
    are_integers: bool = False

    @property
    def n_numeric(self) -> int:
        """Number of different texts that read like numbers."""
        return self.n_texts

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""
        raise NotImplementedError(f"the first {number} texts of numbers that are not whole decide nothing")

    def counts_up(self) -> bool:
        """Return False."""
        return False

    def doubt(self) -> Finding | None:
        """Return None: they are numbers."""
        return None


@dataclass(frozen=True)
class WholeCells(NumberCells):
    """`Cells` of whole numbers, each written in one way only, so that different texts are different numbers.

    Attributes
    ----------
    values : (n_present,) float64, in the order of their rows
    """

    values: NDArray[np.float64] | None = None

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""
        assert self.values is not None  # noqa: S101 - for the type checker
        different = dict.fromkeys(self.values[:_LOOKED_AT].tolist())
        return [str(int(value)) for value in list(different)[:number]]

    def counts_up(self) -> bool:
        """Return True if the numbers go up by one."""
        return self.values is not None and bool((np.diff(self.values) == 1.0).all())


class ExaminedColumn:
    """A column, and what has been found out about it; each is found out once.

    Attributes
    ----------
    column : its cells
    missing : texts that mean "no value"
    """

    def __init__(self, column: Column, *, missing: Collection[str]) -> None:
        self.column, self.missing = column, missing

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name

    @cached_property
    def numbers(self) -> ParsedNumbers:
        """The cells of all rows read as numbers."""
        return parse_column(self.column, missing=self.missing)

    @cached_property
    def categories(self) -> CategoryColumn:
        """The cells of all rows as categories."""
        return self.column.categories(missing=self.missing)

    def cells(self, rows: NDArray[np.int64]) -> Cells:
        """Return what decides the kind of the column, from some rows."""
        if self.column.is_coded:
            return self.text_cells(rows)
        return _number_cells(self.numbers, rows) or self.text_cells(rows)

    def text_cells(self, rows: NDArray[np.int64]) -> TextCells:
        """Return the texts that decide the kind of the column, from some rows."""
        counts = level_counts(self.categories, rows)
        n_present = int(counts.sum())
        texts = chosen(self.categories.levels, counts > 0)
        return TextCells(texts, n_present=n_present, n_missing=len(rows) - n_present)


def level_counts(column: CategoryColumn, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of some rows have each level, (levels,) int64."""
    counts = np.zeros(len(column.levels) + 1, dtype=np.int64)
    for start in range(0, len(rows), _PART):
        codes = column.codes[rows[start : start + _PART]].astype(np.int64)
        counts += np.bincount(codes + 1, minlength=len(counts))
    return counts[1:]


def _number_cells(numbers: ParsedNumbers, rows: NDArray[np.int64]) -> Cells | None:
    """Return what decides the kind of a column of numbers, or None if its texts are needed for that."""
    values = numbers.values[rows]
    if numbers.is_word is not None and numbers.is_word[rows].any():
        return None
    present = values[~np.isnan(values)]
    n_missing = len(values) - len(present)
    n_different = len(np.unique(present[:_LOOKED_AT]))
    if n_different <= _FEW:
        return None
    if numbers.are_canonical:
        is_ascending = bool((np.diff(present) > 0).all())
        n_different = len(present) if is_ascending else len(np.unique(present))
        return WholeCells(n_different, len(present), n_missing, are_integers=True, values=present)
    if (np.floor(present) != present).any():
        return NumberCells(n_different, len(present), n_missing)
    return None
