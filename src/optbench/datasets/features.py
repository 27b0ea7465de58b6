"""Columns of a table into one float32 matrix: what is learned from the data is learned from the training rows alone.

scikit-learn's transformers are not used: its one-hot encoder has no column for unknown categories, and its means
depend on the order in which a CPU adds numbers. Here sums are exact (`math.fsum`), so that no machine differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.column_kinds import sorted_texts
from optbench.errors import DataError
from optbench.mapped_arrays import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MAX_LEVELS = 100
_BINARY = 2


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Numbers of all rows, (rows,) float64, NaN where missing."""

    name: str
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """Categories of all rows: codes (rows,) int64, positions in `levels`, -1 where missing."""

    name: str
    levels: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """A number column: missing values become the median, then (value - mean) / sd.

    Attributes
    ----------
    median, mean, sd : of the training rows; mean and sd after imputing, sd with divisor n, 1 if all are equal
    n_missing : missing cells in all rows
    """

    column: NumberColumn
    median: float
    mean: float
    sd: float
    n_missing: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (self.column.name,)

    def matrix(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the matrix columns of some rows, (len(rows), 1) float64."""
        values = self.column.values[rows]
        filled = np.where(np.isnan(values), self.median, values)
        return ((filled - self.mean) / self.sd)[:, np.newaxis]

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"median": self.median, "mean": self.mean, "sd": self.sd, "missing": self.n_missing}


@dataclass(frozen=True, slots=True)
class FittedCategory:
    """A category column: one 0/1 column per level and one for everything else.

    Attributes
    ----------
    levels : the training rows' levels that have a column, in order; of exactly two levels only the second has one
    position_of_code : (levels of the column + 1,) int64, matrix column per code; the last entry is for missing cells;
        -1 for the first of two levels
    n_missing : missing cells in all rows
    n_unseen : cells of other rows whose level is not in the training rows
    n_rare : levels of the training rows beyond the most frequent `MAX_LEVELS`
    """

    column: CategoryColumn
    levels: tuple[str, ...]
    position_of_code: NDArray[np.int64]
    n_missing: int
    n_unseen: int
    n_rare: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        shown = self.levels[1:] if len(self.levels) == _BINARY else self.levels
        return (*(f"{self.column.name}={level}" for level in shown), f"{self.column.name}=(unknown)")

    def matrix(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the matrix columns of some rows, (len(rows), len(names)) float32 of 0 and 1."""
        positions = self.position_of_code[self.column.codes[rows]]
        out = np.zeros((len(rows), len(self.names)), dtype=np.float32)
        hot = np.flatnonzero(positions >= 0)
        out[hot, positions[hot]] = 1.0
        return out

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {
            "levels": list(self.levels),
            "missing": self.n_missing,
            "unseen": self.n_unseen,
            "rare_levels": self.n_rare,
        }


Column = NumberColumn | CategoryColumn
FittedColumn = FittedNumber | FittedCategory


def fit_columns(
    columns: Sequence[Column], *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[FittedColumn, ...]:
    """Return the columns fitted on the training rows.

    Parameters
    ----------
    train : row numbers of the training split; the only rows anything is learned from
    used : row numbers of all splits, for the counts of missing and unseen cells

    Raises
    ------
    DataError
        If the numbers of a column are too large to be standardised.
    """
    return tuple(
        fit_number(column, train, used) if isinstance(column, NumberColumn) else _fit_category(column, train, used)
        for column in columns
    )


def feature_matrix(fitted: Sequence[FittedColumn], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the model's inputs of some rows, (len(rows), columns) float32, columns in the order of `feature_names`."""
    out = np.empty((len(rows), sum(len(column.names) for column in fitted)), dtype=np.float32)
    start = 0
    for column in fitted:
        stop = start + len(column.names)
        out[:, start:stop] = column.matrix(rows)
        start = stop
    return out


def feature_names(fitted: Sequence[FittedColumn]) -> tuple[str, ...]:
    """Return the names of the columns of `feature_matrix`."""
    return tuple(name for column in fitted for name in column.names)


def fit_number(column: NumberColumn, train: NDArray[np.int64], used: NDArray[np.int64]) -> FittedNumber:
    """Return a number column fitted on the training rows; see `fit_columns`."""
    values = column.values[train]
    present = values[~np.isnan(values)]
    median = float(np.median(present)) if len(present) else 0.0
    filled = np.where(np.isnan(values), median, values)
    mean, sd = _mean_and_sd(filled)
    farthest = column.values[used]
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.abs((farthest - mean) / sd)
    if not math.isfinite(median + mean + sd) or np.any(scaled > np.finfo(np.float32).max):
        raise DataError(
            f"column {column.name!r} cannot be standardised: its numbers differ by more than float32 can hold "
            f"(largest: {np.nanmax(np.abs(farthest)):g}). Rescale it or drop it.",
            code="data-column-too-wide",
        )
    n_missing = int(np.isnan(farthest).sum())
    return FittedNumber(column=column, median=median, mean=mean, sd=sd, n_missing=n_missing)


def _mean_and_sd(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the correctly rounded mean and the standard deviation (divisor n); (nan, nan) beyond float64."""
    try:
        mean = _exact_sum(blocks(values)) / len(values)
        with np.errstate(over="ignore"):
            squares = ((block - mean) ** 2 for block in blocks(values))
            sd = math.sqrt(_exact_sum(squares) / len(values))
    except OverflowError:
        return math.nan, math.nan
    return mean, 1.0 if sd == 0.0 or values.min() == values.max() else sd


def _exact_sum(parts: Iterable[NDArray[np.float64]]) -> float:
    """Return the correctly rounded sum of all numbers, which no order and no division into parts changes."""
    return math.fsum(chain.from_iterable(part.tolist() for part in parts))


def _fit_category(column: CategoryColumn, train: NDArray[np.int64], used: NDArray[np.int64]) -> FittedCategory:
    codes = column.codes[train]
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    seen = sorted_texts(level for level, n in zip(column.levels, counts.tolist(), strict=True) if n)
    code_of = {level: code for code, level in enumerate(column.levels)}
    frequent = sorted(seen, key=lambda level: -counts[code_of[level]])[:MAX_LEVELS]
    levels = tuple(level for level in seen if level in set(frequent))
    first = 1 if len(levels) == _BINARY else 0
    position_of_code = np.full(len(column.levels) + 1, len(levels) - first, dtype=np.int64)
    for position, level in enumerate(levels):
        position_of_code[code_of[level]] = position - first
    used_codes = column.codes[used]
    return FittedCategory(
        column=column,
        levels=levels,
        position_of_code=position_of_code,
        n_missing=int((used_codes < 0).sum()),
        n_unseen=int((counts[used_codes[used_codes >= 0]] == 0).sum()),
        n_rare=len(seen) - len(levels),
    )
