"""The model's inputs of a large table: a column at a time is fitted, a block of rows at a time is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.column_kinds import kind_of_cells, mixed_error, not_finite_error, number_kind
from optbench.datasets.features import FittedNumber, NumberColumn, feature_matrix, fit_columns, fit_number
from optbench.datasets.large_tables import read_column
from optbench.datasets.many_texts import count_cells, fit_many_levels, parse_numbers, rows_of
from optbench.datasets.scratch import require_disk
from optbench.datasets.table_columns import (
    ColumnUse,
    check_names,
    infer_use,
    input_column,
    require_inputs,
    stated_use,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.datasets.column_kinds import ColumnKind
    from optbench.datasets.features import FittedCategory, FittedColumn
    from optbench.datasets.large_tables import LargeTable
    from optbench.datasets.many_texts import ParsedNumbers
    from optbench.datasets.stored_columns import StoredColumn
    from optbench.datasets.table_columns import TableOptions

LEVELS_HELD = 1 << 15
BLOCK_ROWS = 1 << 15
_FEW = 3
_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class LargeInputs:
    """What becomes of the columns of a large table.

    Attributes
    ----------
    uses : of all columns, in the order of the table
    fitted : of the input columns; their values lie in `files`, not in `column`
    files : per input column the values (float64) or codes (int32) of all rows
    """

    uses: tuple[ColumnUse, ...]
    fitted: tuple[FittedColumn, ...]
    files: tuple[Path, ...]

    def write(self, path: Path, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Write the model's inputs of some rows as `.npy` and return the file, mapped and read-only.

        Parameters
        ----------
        rows : ascending row numbers
        """
        width = sum(len(column.names) for column in self.fitted)
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), width)}
        require_disk(len(rows) * width * 4, what=f"the matrix of {len(rows)} rows and {width} model inputs")
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(rows), BLOCK_ROWS):
                self._block(rows[start : start + BLOCK_ROWS]).astype("<f4", copy=False).tofile(file)
        mapped: NDArray[np.float32] = np.load(path, mmap_mode="r")
        return mapped

    def _block(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        first, last = int(rows[0]), int(rows[-1])
        pairs = zip(self.fitted, self.files, strict=True)
        parts = [_with_values(column, file, first, last + 1) for column, file in pairs]
        return feature_matrix(parts, rows - first)


def fit_large_table(
    table: LargeTable, options: TableOptions, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> LargeInputs:
    """Decide what each column is and fit it on the training rows, as `column_uses` and `fit_columns` do.

    Side effects: writes the values of each input column into the table's folder and removes its texts.

    Raises
    ------
    DataError
        As those two.
    """
    check_names(table, options)
    uses, fitted, files = [], [], []
    for stored in table.stored:
        use, column = _fitted(table, stored, options, train=train, used=used)
        uses.append(use)
        if column is not None:
            emptied, file = _put_away(column, stored.path.with_suffix(".values"))
            fitted.append(emptied)
            files.append(file)
        stored.remove()
    require_inputs(table, uses)
    return LargeInputs(tuple(uses), tuple(fitted), tuple(files))


def _fitted(
    table: LargeTable,
    stored: StoredColumn,
    options: TableOptions,
    *,
    train: NDArray[np.int64],
    used: NDArray[np.int64],
) -> tuple[ColumnUse, FittedColumn | None]:
    """Return what a column is, and if it is an input the column fitted."""
    stated = stated_use(stored.name, options)
    if stated is not None and not stated.is_input:
        return stated, None
    column = read_column(stored, most=LEVELS_HELD)
    if column is None:
        return _fitted_many(table, stored, options, stated, train=train, used=used)
    use = stated or infer_use(table, column, options, train)
    if not use.is_input:
        return use, None
    return use, fit_columns([input_column(table, column, use, missing=options.missing)], train=train, used=used)[0]


def _fitted_many(
    table: LargeTable,
    stored: StoredColumn,
    options: TableOptions,
    stated: ColumnUse | None,
    *,
    train: NDArray[np.int64],
    used: NDArray[np.int64],
) -> tuple[ColumnUse, FittedColumn | None]:
    """Do what `_fitted` does for a column of more than `LEVELS_HELD` different texts."""
    missing, use, numbers = options.missing, stated, None
    if use is None or use.kind == "number":
        numbers = parse_numbers(stored.blocks(), missing=missing)
    if use is None:
        assert numbers is not None  # noqa: S101 - for the type checker
        kind = _kind_of_many(table, stored, numbers, options, train)
        use = ColumnUse(stored.name, kind.kind, kind.reason)
    if use.kind == "number" and numbers is not None:
        _require_finite(table, stored, numbers)
        return use, fit_number(NumberColumn(stored.name, numbers.values), train, used)
    if not use.is_input:
        return use, None
    texts = rows_of(list(stored.blocks()), None, table.n_rows)
    return use, fit_many_levels(stored.name, texts, train=train, used=used, missing=missing)


def _kind_of_many(
    table: LargeTable,
    stored: StoredColumn,
    numbers: ParsedNumbers,
    options: TableOptions,
    train: NDArray[np.int64],
) -> ColumnKind:
    values = numbers.values[train]
    n_missing = int(np.isnan(values).sum())
    if not numbers.is_word[train].any() and _are_plainly_numbers(values):
        return number_kind(len(values) - n_missing, n_missing)
    cells = count_cells(rows_of(list(stored.blocks()), train, table.n_rows), missing=options.missing)
    kind = kind_of_cells(stored.name, cells)
    if kind is None:
        n_words, words = cells.words()
        raise mixed_error(
            stored.name,
            n_numbers=cells.n_texts - n_words,
            n_others=n_words,
            others=words,
            place=table.place(_first_row(stored, words[0])),
            shown_name=table.shown_name,
        )
    return kind


def _are_plainly_numbers(values: NDArray[np.float64]) -> bool:
    """Return True if numbers can be neither identifiers nor codes: more than a few, and not all of them whole."""
    present = values[np.isfinite(values)]
    return bool((np.floor(present) != present).any()) and len(np.unique(present[:_LOOKED_AT])) > _FEW


def _require_finite(table: LargeTable, stored: StoredColumn, numbers: ParsedNumbers) -> None:
    wrong = np.flatnonzero(np.isinf(numbers.values))
    if len(wrong):
        row = int(wrong[0])
        raise not_finite_error(stored.name, _cell(stored, row), place=table.place(row), n_more=len(wrong) - 1)


def _cell(stored: StoredColumn, row: int) -> str | None:
    for block in stored.blocks():
        if row < len(block):
            text: str | None = block[row].as_py()
            return text
        row -= len(block)
    raise IndexError(row)


def _first_row(stored: StoredColumn, text: str) -> int:
    start = 0
    for block in stored.blocks():
        if (found := block.index(text).as_py()) >= 0:
            return start + int(found)
        start += len(block)
    raise ValueError(text)


def _put_away(column: FittedColumn, path: Path) -> tuple[FittedColumn, Path]:
    """Write the values of a column to a file and return the column without them."""
    if isinstance(column, FittedNumber):
        column.column.values.astype("<f8", copy=False).tofile(path)
        return replace(column, column=NumberColumn(column.column.name, np.zeros(0))), path
    column.column.codes.astype("<i4").tofile(path)
    return _with_codes(column, np.zeros(0, dtype=np.int64)), path


def _with_values(column: FittedColumn, path: Path, first: int, after: int) -> FittedColumn:
    """Return a column with the values of rows `first` up to `after`, not included."""
    if isinstance(column, FittedNumber):
        values = np.fromfile(path, dtype="<f8", offset=8 * first, count=after - first)
        return replace(column, column=NumberColumn(column.column.name, values))
    return _with_codes(column, np.fromfile(path, dtype="<i4", offset=4 * first, count=after - first).astype(np.int64))


def _with_codes(column: FittedCategory, codes: NDArray[np.int64]) -> FittedCategory:
    return replace(column, column=replace(column.column, codes=codes))
