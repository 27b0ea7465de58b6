"""What decides the kind of a column: its different texts in some rows, counted from texts or from numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

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
    from optbench.datasets.spellings import Spelling

_FEW = 3
_LOOKED_AT = 4096
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Cells:
    """The different texts of a column that are not missing, in some rows.

    Attributes
    ----------
    n_texts : number of different ones; of numbers that are not all whole some number up to it, more than a few
    n_numeric : number of those that read like numbers, not finite ones included
    n_present, n_missing : number of cells with and without a value
    are_integers : every text is a whole number
    texts : the different ones in the order of their first row, a pyarrow array; None for numbers on whose texts nothing
        depends
    values : of such numbers (n_present,) float64, in the order of the rows
    """

    n_texts: int
    n_numeric: int
    n_present: int
    n_missing: int
    are_integers: bool
    texts: Any = None
    values: NDArray[np.float64] | None = None

    def first(self, number: int) -> list[str]:
        """Return the first different texts."""
        if self.values is not None:
            return [str(int(value)) for value in list(dict.fromkeys(self.values[:_LOOKED_AT].tolist()))[:number]]
        found: list[str] = self.texts.slice(0, number).to_pylist()
        return found

    def counts_up(self) -> bool:
        """Return True if the texts, all of them whole numbers and different, go up by one."""
        if self.values is not None:
            return bool((np.diff(self.values) == 1.0).all())
        numbers = map(int, self.texts.to_pylist())
        return all(after == before + 1 for before, after in pairwise(numbers))

    def doubt(self, name: str) -> Finding | None:
        """Return what else the texts of a column of that name look like, or None."""
        return doubt(self.texts, name)


class ExaminedColumn:
    """A column, and what has been found out about it; each is found out once.

    Attributes
    ----------
    column : its cells
    missing : texts that mean "no value"
    spelling : how the numbers were written that its cells are now plain ones of; None if they are as they were read
    """

    def __init__(self, column: Column, *, missing: Collection[str], spelling: Spelling | None = None) -> None:
        self.column, self.missing, self.spelling = column, missing, spelling

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

    def text_cells(self, rows: NDArray[np.int64]) -> Cells:
        """Return the texts that decide the kind of the column, from some rows."""
        counts = level_counts(self.categories, rows)
        texts, n_present = chosen(self.categories.levels, counts > 0), int(counts.sum())
        n_numeric = int(matches(texts, NUMERIC_PATTERN).sum())
        are_integers = n_numeric == len(texts) and bool(matches(texts, INTEGER_PATTERN).all())
        return Cells(len(texts), n_numeric, n_present, len(rows) - n_present, are_integers, texts)


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
    n_present, n_missing = len(present), len(values) - len(present)
    n_different = len(np.unique(present[:_LOOKED_AT]))
    if n_different <= _FEW or not (numbers.are_canonical or (np.floor(present) != present).any()):
        return None
    if numbers.are_canonical:  # different texts are different numbers
        n_different = n_present if (np.diff(present) > 0).all() else len(np.unique(present))
    return Cells(n_different, n_different, n_present, n_missing, numbers.are_canonical, values=present)
