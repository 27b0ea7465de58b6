"""The model's inputs of a table: a column at a time is fitted, a block of rows at a time is written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.text import counted
from optbench.datasets.column_fits import recorded_column, recorded_unused
from optbench.datasets.features import ModelColumn, feature_matrix, feature_names, model_column
from optbench.datasets.ordered_work import in_order, n_workers
from optbench.datasets.split_arrays import SplitArrays
from optbench.datasets.table_columns import check_names, input_columns, require_inputs, spellings_of, use_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.datasets.columns import Column
    from optbench.datasets.preprocessing import TableColumn
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable
    from optbench.records import SplitData, SplitName

_FLOAT32_BYTES = 4
BLOCK_VALUES = 1 << 18  # of a block of the matrix: it stays in a core's cache
_MOST_ERRORS = 10  # columns that are told of at once
_MOST_THREADS_ON_COLUMNS = 2  # each holds the numbers of one column, of all rows


@dataclass(frozen=True, slots=True)
class TableInputs:
    """What the model sees of a table.

    Attributes
    ----------
    uses : of all columns, in the order of the table
    columns : what becomes of the cells of each, as other rows are treated by it
    names : of the inputs; () for token sequences
    preprocessing : what was learned from the training rows, per column: plain JSON
    notes : on what was done with cells
    splits : inputs, targets and row numbers
    vocabulary_size : number of different tokens; None if the inputs are numbers
    """

    uses: tuple[ColumnUse, ...]
    columns: tuple[TableColumn, ...]
    names: tuple[str, ...]
    preprocessing: dict[str, Any]
    notes: tuple[Finding, ...]
    splits: dict[SplitName, SplitData]
    vocabulary_size: int | None = None


def table_inputs(table: TextTable, options: TableOptions, labelled: Labelled, rows: SplitRows) -> TableInputs:
    """Decide what each column is, fit the inputs on the training rows and write the matrix of each split.

    Side effects: the cells of the table are not kept any longer.

    Raises
    ------
    DataError
        If the options contradict the table, no input is left, or a cell or a column does not fit its kind.
    MachineError
        If the matrices do not fit on the disk.
    """
    check_names(table, options)
    uses, columns, recorded = _fitted_columns(table, options, train=rows.train, used=labelled.rows)
    require_inputs(table, uses)
    table.storage.forget_cells()
    arrays = _matrices(table, columns, rows)
    table.storage.forget_values()
    fitted = [column.fitted for column in columns]
    return TableInputs(
        uses,
        recorded,
        names=feature_names(columns),
        preprocessing={column.name: column.to_json() for column in fitted},
        notes=tuple(note for column in fitted for note in column.notes()),
        splits=arrays.finish(labelled.y),
    )


def _fitted_columns(
    table: TextTable, options: TableOptions, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> tuple[tuple[ColumnUse, ...], tuple[ModelColumn, ...], tuple[TableColumn, ...]]:
    spellings = spellings_of(table, options)

    def fitted(column: Column) -> tuple[ColumnUse, list[ModelColumn], TableColumn] | DataError:
        try:
            return made(column)
        except DataError as error:  # told with those of other columns
            return error

    def made(column: Column) -> tuple[ColumnUse, list[ModelColumn], TableColumn]:
        examined = spellings.read(column)
        use = use_of(table, examined, options, train)
        if not use.is_input:
            return use, [], recorded_unused(use)
        inputs = [model_column(one, train=train, used=used) for one in input_columns(table, examined, use, options)]
        recorded = recorded_column(use, examined.spelling, [one for one, _ in inputs], options.date_order)
        return use, [ModelColumn(one, table.storage.put_values(encoded)) for one, encoded in inputs], recorded

    workers = min(n_workers(), _MOST_THREADS_ON_COLUMNS) if table.storage.is_on_disk else 1
    answers = [each for _, each in in_order(fitted, table.columns, workers=workers)]
    errors = [each for each in answers if isinstance(each, DataError)]
    if errors:
        raise errors[0] if len(errors) == 1 else _several(errors)
    found = [each for each in answers if not isinstance(each, DataError)]
    columns = tuple(column for _, columns, _ in found for column in columns)
    return tuple(use for use, _, _ in found), columns, tuple(recorded for _, _, recorded in found)


def _several(errors: Sequence[DataError]) -> DataError:
    """Return one error for the first of several columns, with the number of the others."""
    shown = [*errors[:_MOST_ERRORS]]
    if more := len(errors) - len(shown):
        shown.append(DataError(f"{counted(more, 'more column')} cannot be read.", code=errors[-1].code))
    return DataError.gathered(shown)


def _matrices(table: TextTable, columns: Sequence[ModelColumn], rows: SplitRows) -> SplitArrays:
    widest = max(columns, key=lambda column: len(column.fitted.names)).fitted
    width, n_rows = sum(len(column.fitted.names) for column in columns), sum(map(len, rows.by_name.values()))
    table.storage.expect(
        n_rows * width * _FLOAT32_BYTES,
        what=f"the matrix of {n_rows} rows and {width} model inputs ({len(widest.names)} of them from the column "
        f"{widest.name!r})",
    )
    arrays = SplitArrays(table.storage, rows, width=width, dtype="<f4")

    def divided(first: int) -> dict[SplitName, NDArray[np.float32]]:
        return arrays.divided(first, feature_matrix(columns, first, min(first + step, table.n_rows)))

    step = max(1, BLOCK_VALUES // width)
    workers = n_workers() if table.storage.is_on_disk else 1
    with closing(in_order(divided, range(0, table.n_rows, step), workers=workers)) as blocks:
        for _, parts in blocks:
            arrays.add(parts)
    return arrays
