"""The model's inputs of a table: a column at a time is fitted, a block of rows at a time is written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.features import ModelColumn, feature_matrix, model_column
from optbench.datasets.ordered_work import in_order, n_workers
from optbench.datasets.table_columns import check_names, input_column, require_inputs, use_of
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optbench.datasets.columns import Column
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.table_storage import TableStorage
    from optbench.datasets.text_table import TextTable
    from optbench.records import SplitName

_FLOAT32_BYTES = 4
BLOCK_VALUES = 1 << 18  # of a block of the matrix: it stays in a core's cache
_MOST_THREADS_ON_COLUMNS = 2  # each holds the numbers of one column, of all rows


@dataclass(frozen=True, slots=True)
class TableInputs:
    """What becomes of the columns of a table.

    Attributes
    ----------
    uses : of all columns, in the order of the table
    columns : the input columns, fitted
    n_rows : of the table
    """

    uses: tuple[ColumnUse, ...]
    columns: tuple[ModelColumn, ...]
    n_rows: int


def table_inputs(
    table: TextTable, options: TableOptions, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> TableInputs:
    """Decide what each column is and fit the inputs on the training rows.

    Side effects: the cells are not kept any longer.

    Parameters
    ----------
    train, used : row numbers of the training split and of all splits

    Raises
    ------
    DataError
        If the options contradict the table, no input is left, or a cell or a column does not fit its kind.
    """
    check_names(table, options)

    def fitted(column: Column) -> tuple[ColumnUse, ModelColumn | None]:
        examined = ExaminedColumn(column, missing=options.missing)
        use = use_of(table, examined, options, train)
        if not use.is_input:
            return use, None
        made, encoded = model_column(input_column(table, examined, use), train=train, used=used)
        return use, ModelColumn(made, table.storage.put_values(encoded))

    workers = min(n_workers(), _MOST_THREADS_ON_COLUMNS) if table.storage.is_on_disk else 1
    found = [each for _, each in in_order(fitted, table.columns, workers=workers)]
    uses = tuple(use for use, _ in found)
    require_inputs(table, uses)
    table.storage.forget_cells()
    return TableInputs(uses, tuple(column for _, column in found if column is not None), table.n_rows)


def split_data(
    inputs: TableInputs, storage: TableStorage, y: NDArray[Any], rows: SplitRows
) -> dict[SplitName, SplitData]:
    """Return inputs, targets and row numbers per split; where they are large, as read-only files mapped into memory.

    Parameters
    ----------
    y : of all rows

    Raises
    ------
    MachineError
        If they do not fit on the disk.
    """
    widest = max(inputs.columns, key=lambda column: len(column.fitted.names)).fitted
    width, n_rows = sum(len(column.fitted.names) for column in inputs.columns), sum(map(len, rows.by_name.values()))
    storage.expect(
        n_rows * width * _FLOAT32_BYTES,
        what=f"the matrix of {n_rows} rows and {width} model inputs ({len(widest.names)} of them from the column "
        f"{widest.name!r})",
    )
    writers = {
        name: storage.writer(f"{name}.x", (len(part), width), np.dtype("<f4")) for name, part in rows.by_name.items()
    }
    workers = n_workers() if storage.is_on_disk else 1
    with closing(in_order(_Blocks(inputs, rows), _bounds(inputs.n_rows, width), workers=workers)) as blocks:
        for _, parts in blocks:
            for name, part in parts.items():
                writers[name].add(part)
    storage.forget_values()
    return {
        name: SplitData(
            x=writers[name].finish(),
            y=storage.array(f"{name}.y", y[part].shape, y.dtype, [y[part]]),
            rows=storage.array(f"{name}.rows", part.shape, part.dtype, [part]),
        )
        for name, part in rows.by_name.items()
    }


def _bounds(n_rows: int, width: int) -> Iterator[tuple[int, int]]:
    step = max(1, BLOCK_VALUES // width)
    return ((start, min(start + step, n_rows)) for start in range(0, n_rows, step))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Makes the matrix of some rows, divided among the splits."""

    inputs: TableInputs
    rows: SplitRows

    def __call__(self, bounds: tuple[int, int]) -> dict[SplitName, NDArray[np.float32]]:
        first, after = bounds
        matrix = feature_matrix(self.inputs.columns, first, after)
        parts = {}
        for name, rows in self.rows.by_name.items():
            begin, end = np.searchsorted(rows, (first, after))
            parts[name] = matrix[rows[begin:end] - first]
        return parts
