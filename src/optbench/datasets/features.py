"""Columns of a table into one float32 matrix: what is learned from the data is learned from the training rows alone.

scikit-learn's transformers are not used: its one-hot encoder has no column for unknown categories, and its means
depend on the order in which a CPU adds numbers. Here sums are exact (`exact_sums`), so that no machine differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import positions_in
from optbench.datasets.column_cells import level_counts
from optbench.datasets.exact_sums import blocks_of, exact_terms, repeated
from optbench.datasets.fitted_columns import Standardized
from optbench.datasets.level_order import frequent_levels
from optbench.datasets.table_storage import StoredValues
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.columns import CategoryColumn

MAX_LEVELS = 100
_BINARY = 2


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Numbers of all rows, (rows,) float64, NaN where missing."""

    name: str
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """A number column: missing values become the median, then (value - mean) / sd.

    Attributes
    ----------
    median, mean, sd : of the training rows; mean and sd after imputing, sd with divisor n, 1 if all are equal
    n_missing : missing cells in all rows
    minimum, maximum : of the training rows, None if none has a number
    """

    name: str
    median: float
    mean: float
    sd: float
    n_missing: int = 0
    minimum: float | None = None
    maximum: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (self.name,)

    def encoded(self, column: NumberColumn) -> NDArray[np.float32]:
        """Return what the model sees of each row, (rows,) float32."""
        out = np.empty(len(column.values), dtype=np.float32)
        start = 0
        for block in blocks_of(column.values):
            filled = np.where(np.isnan(block), self.median, block)
            out[start : start + len(block)] = (filled - self.mean) / self.sd
            start += len(block)
        return out

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows, from what `encoded` gave for them."""
        out[:, 0] = encoded

    def standardized(self) -> Standardized:
        """Return what other rows are standardised by."""
        return Standardized(median=self.median, mean=self.mean, sd=self.sd, minimum=self.minimum, maximum=self.maximum)

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"median": self.median, "mean": self.mean, "sd": self.sd, "missing": self.n_missing}

    def notes(self) -> list[Finding]:
        """Return what there is to say about missing cells."""
        if not self.n_missing:
            return []
        return [_note("data-cells-median", name=self.name, n_cells=self.n_missing, median=self.median)]


@dataclass(frozen=True, slots=True)
class FittedCategory:
    """A category column: one 0/1 column per level and one for everything else.

    Attributes
    ----------
    levels : the training rows' levels that have a column, in order; of exactly two levels only the second has one
    n_missing : missing cells in all rows
    n_unseen : cells of other rows whose level is not in the training rows
    n_rare : levels of the training rows beyond the most frequent `MAX_LEVELS`
    """

    name: str
    levels: tuple[str, ...]
    n_missing: int = 0
    n_unseen: int = 0
    n_rare: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        shown = self.levels[1:] if len(self.levels) == _BINARY else self.levels
        return (*(f"{self.name}={level}" for level in shown), f"{self.name}=(unknown)")

    def encoded(self, column: CategoryColumn) -> NDArray[np.int8]:
        """Return which matrix column is 1 in each row, (rows,) int8, -1 for none: the first of two levels."""
        first = 1 if len(self.levels) == _BINARY else 0
        number = self.level_numbers(column)
        of_code = np.where(number < 0, len(self.levels), number) - first
        positions: NDArray[np.int8] = np.append(of_code, len(self.levels) - first).astype(np.int8)[column.codes]
        return positions

    def level_numbers(self, column: CategoryColumn) -> NDArray[np.int64]:
        """Return the position in `levels` of each level of a column, (levels of the column,), -1 for another text."""
        return positions_in(column.levels, self.levels)

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows, 0 and 1, from what `encoded` gave for them."""
        out[:] = 0.0
        hot = np.flatnonzero(encoded >= 0)
        out[hot, encoded[hot]] = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {
            "levels": list(self.levels),
            "missing": self.n_missing,
            "unseen": self.n_unseen,
            "rare_levels": self.n_rare,
        }

    def notes(self) -> list[Finding]:
        """Return what there is to say about missing cells, and about levels without a column."""
        name, n_kept, notes = self.name, len(self.levels), []
        if self.n_missing:
            notes.append(_note("data-cells-unknown", name=name, n_cells=self.n_missing))
        if self.n_unseen:
            notes.append(_note("data-categories-unseen", name=name, n_rows=self.n_unseen))
        if self.n_rare:
            notes.append(_note("data-categories-rare", name=name, n_texts=self.n_rare + n_kept, n_kept=n_kept))
        return notes


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)


class FittedColumn(Protocol):
    """A column of a table that was fitted on the training rows."""

    @property
    def name(self) -> str:
        """Name of the column."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows."""

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""

    def notes(self) -> list[Finding]:
        """Return what there is to say about its cells."""


@dataclass(frozen=True, slots=True)
class ModelColumn:
    """A fitted column and what the model sees of each row of it.

    Attributes
    ----------
    fitted : what was learned of it
    encoded : per row, from which `fitted` writes the matrix columns
    vocabulary_size : number of different whole numbers in them, if the model has to make vectors of these; then the
        columns are an input of the model's own
    embedding_size : of the vectors, if the column says so
    """

    fitted: FittedColumn
    encoded: StoredValues
    vocabulary_size: int | None = None
    embedding_size: int | None = None

    @property
    def width(self) -> int:
        """Number of matrix columns."""
        return len(self.fitted.names)


def model_column(
    column: NumberColumn | CategoryColumn, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[FittedNumber | FittedCategory, NDArray[Any]]:
    """Return a column fitted on the training rows, and what the model sees of each row.

    Parameters
    ----------
    train : row numbers of the training split; the only rows anything is learned from
    used : row numbers of all splits, for the counts of missing and unseen cells

    Raises
    ------
    DataError
        If the numbers of a column are too large to be standardised.
    """
    if isinstance(column, NumberColumn):
        number = fit_number(column, train, used)
        return number, number.encoded(column)
    category = fit_category(column, train, used)
    return category, category.encoded(column)


def fit_columns(
    columns: Sequence[NumberColumn | CategoryColumn], *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[ModelColumn, ...]:
    """Return columns that are held, fitted on the training rows; see `model_column`."""
    made = (model_column(column, train=train, used=used) for column in columns)
    return tuple(ModelColumn(fitted, StoredValues(encoded, encoded.dtype)) for fitted, encoded in made)


def feature_matrix(columns: Sequence[ModelColumn], first: int, after: int) -> NDArray[np.float32]:
    """Return the model's inputs of rows `first` up to `after`, not included, in the order of `feature_names`."""
    out = np.empty((after - first, sum(column.width for column in columns)), dtype=np.float32)
    start = 0
    for column in columns:
        stop = start + column.width
        column.fitted.write(column.encoded.part(first, after), out[:, start:stop])
        start = stop
    return out


def feature_names(columns: Sequence[ModelColumn]) -> tuple[str, ...]:
    """Return the names of the columns of `feature_matrix`."""
    return tuple(name for column in columns for name in column.fitted.names)


def fit_number(column: NumberColumn, train: NDArray[np.int64], used: NDArray[np.int64]) -> FittedNumber:
    """Return a number column fitted on the training rows; see `model_column`."""
    present, values = column.values[train], column.values
    present = present[~np.isnan(present)]
    values = values if len(used) == len(values) else values[used]
    n_filled = len(train) - len(present)
    median = float(np.median(present, overwrite_input=True)) if len(present) else 0.0
    mean, sd = _mean_and_sd(present, median, n_filled)
    largest, is_held = _farthest(values, mean, sd)
    if not math.isfinite(median + mean + sd) or not is_held:
        raise DataError(
            f"column {column.name!r} cannot be standardised: its numbers differ by more than float32 can hold "
            f"(largest: {largest:g}). Rescale it or drop it.",
            code="data-column-too-wide",
        )
    n_missing = int(np.isnan(values).sum())
    ends = _extremes(present, ()) if len(present) else (None, None)
    return FittedNumber(column.name, median, mean, sd, n_missing, *ends)


def _mean_and_sd(present: NDArray[np.float64], filling: float, n_filled: int) -> tuple[float, float]:
    """Return the correctly rounded mean and the standard deviation (divisor n); (nan, nan) beyond float64.

    Parameters
    ----------
    filling : a further number, which occurs `n_filled` times
    """
    n = len(present) + n_filled
    try:
        mean = math.fsum([*_terms(present, 0.0, power=1), *repeated(filling, n_filled)]) / n
        squares = [*_terms(present, mean, power=2), *repeated((filling - mean) ** 2, n_filled)]
        sd = math.sqrt(math.fsum(squares) / n)
    except OverflowError:
        return math.nan, math.nan
    smallest, largest = _extremes(present, [filling] if n_filled else [])
    return mean, 1.0 if sd == 0.0 or smallest == largest else sd


def _terms(values: NDArray[np.float64], centre: float, *, power: int) -> list[float]:
    """Return numbers whose sum is exactly that of `(value - centre) ** power`, each rounded."""
    found: list[float] = []
    with np.errstate(over="ignore"):
        for block in blocks_of(values):
            found += exact_terms(block if power == 1 else (block - centre) ** 2)
    return found


def _extremes(values: NDArray[np.float64], more: Sequence[float]) -> tuple[float, float]:
    ends = [float(values.min()), float(values.max())] if len(values) else []
    return min(*ends, *more, math.inf), max(*ends, *more, -math.inf)


def _farthest(values: NDArray[np.float64], mean: float, sd: float) -> tuple[float, bool]:
    """Return the largest size of numbers, and whether all of them are finite as float32 once standardised."""
    with np.errstate(over="ignore", invalid="ignore"):
        ends = np.array([np.fmin.reduce(values), np.fmax.reduce(values)])
        return float(np.abs(ends).max()), not np.any(np.abs((ends - mean) / sd) > np.finfo(np.float32).max)


def fit_category(column: CategoryColumn, train: NDArray[np.int64], used: NDArray[np.int64]) -> FittedCategory:
    """Return a category column fitted on the training rows; see `model_column`."""
    counts, used_counts = level_counts(column, train), level_counts(column, used)
    seen = np.flatnonzero(counts)
    levels = frequent_levels(column.levels, seen, counts, most=MAX_LEVELS)
    return FittedCategory(
        name=column.name,
        levels=levels,
        n_missing=len(used) - int(used_counts.sum()),
        n_unseen=int(used_counts[counts == 0].sum()),
        n_rare=len(seen) - len(levels),
    )
