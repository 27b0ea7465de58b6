"""Categories with many levels as fewer numbers: vectors that the model learns, or columns that levels share.

Weinberger et al. (2009, arXiv 0902.2206) for hashing; here without signs, since a row has one level only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.column_cells import level_counts
from optbench.datasets.level_order import frequent_levels
from optbench.datasets.number_texts import INTEGER_PATTERN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.datasets.columns import CategoryColumn

MOST_EMBEDDED = 1_000_000
_FEWEST_ROWS = 2
_HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class FittedEmbedding:
    """A category of which each level has a number, and for each number the model learns a vector.

    Attributes
    ----------
    levels : of at least two training rows, in order; the first has number 1. Any other, and a missing cell, is 0: its
        vector is learned from the levels of one training row and from missing cells
    size : numbers of a vector
    n_other : cells of all rows that are 0
    """

    name: str
    levels: tuple[str, ...]
    size: int
    n_other: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (self.name,)

    def encoded(self, column: CategoryColumn) -> NDArray[np.int32]:
        """Return the number of each row's level, (rows,) int32."""
        number_of = {level: number for number, level in enumerate(self.levels, start=1)}
        numbers = [number_of.get(text, 0) for text in column.levels.to_pylist()]
        found: NDArray[np.int32] = np.array([*numbers, 0], dtype=np.int32)[column.codes]
        return found

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix column of some rows."""
        out[:, 0] = encoded

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"embedding": self.size, "levels": list(self.levels), "others": self.n_other}

    def notes(self) -> list[Finding]:
        """Return what there is to say about levels, and cells without one of their own."""
        values = {"name": self.name, "n_levels": len(self.levels), "size": self.size, "n": self.n_other}
        return [Finding("data-categories-embedded", Severity.NOTE, values)]


@dataclass(frozen=True, slots=True)
class FittedHashing:
    """A category of which each level has one of some columns of 0 and 1: that of its text's hash.

    Attributes
    ----------
    size : columns for levels; one more is 1 for a missing cell
    are_whole : the levels of the training rows are whole numbers
    n_levels : different levels of the training rows
    n_missing : missing cells in all rows

    Notes
    -----
    The column is the number that the first eight bytes of the SHA-256 of the UTF-8 text are, highest first, modulo
    `size`.
    """

    name: str
    size: int
    are_whole: bool = False
    n_levels: int = 0
    n_missing: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (*(f"{self.name}#{number}" for number in range(self.size)), f"{self.name}=(missing)")

    def encoded(self, column: CategoryColumn) -> NDArray[np.int32]:
        """Return which matrix column is 1 in each row, (rows,) int32."""
        places = [hash_place(text, self.size) for text in column.levels.to_pylist()]
        found: NDArray[np.int32] = np.array([*places, self.size], dtype=np.int32)[column.codes]
        return found

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows, 0 and 1."""
        out[:] = 0.0
        out[np.arange(len(encoded)), encoded] = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"hashing": self.size, "levels_hashed": self.n_levels, "missing": self.n_missing}

    def notes(self) -> list[Finding]:
        """Return how many levels share the columns."""
        values = {"name": self.name, "n_levels": self.n_levels, "size": self.size, "n": self.n_missing}
        return [Finding("data-categories-hashed", Severity.NOTE, values)]


def embedded(
    column: CategoryColumn, size: int, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[FittedEmbedding, NDArray[np.int32]]:
    """Return a category fitted on the training rows, and the number of each row's level, (rows,) int32."""
    counts = level_counts(column, train)
    kept = np.flatnonzero(counts >= _FEWEST_ROWS)
    levels = frequent_levels(column.levels, kept, counts, most=MOST_EMBEDDED)
    fitted = FittedEmbedding(column.name, levels, size)
    numbers = fitted.encoded(column)
    return replace(fitted, n_other=len(used) - int(np.count_nonzero(numbers[used]))), numbers


def hashed(
    column: CategoryColumn, size: int, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[FittedHashing, NDArray[np.int32]]:
    """Return a category, and which of its matrix columns is 1 in each row, (rows,) int32."""
    levels = chosen(column.levels, level_counts(column, train) > 0)
    fitted = FittedHashing(
        column.name,
        size,
        are_whole=bool(matches(levels, INTEGER_PATTERN).all()),
        n_levels=len(levels),
        n_missing=int((column.codes[used] < 0).sum()),
    )
    return fitted, fitted.encoded(column)


def hash_place(text: str, size: int) -> int:
    """Return the column of a level, from 0 to `size` - 1; see `FittedHashing`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:_HASH_BYTES], "big") % size
