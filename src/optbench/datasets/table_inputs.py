"""The model's inputs of a table, held in memory or kept on the disk: the same kinds, statistics and bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.features import feature_matrix, fit_columns
from optbench.datasets.large_inputs import LargeInputs, fit_large_table
from optbench.datasets.large_tables import LargeTable
from optbench.datasets.memory import require_memory
from optbench.datasets.table_columns import column_uses, input_columns
from optbench.records import SplitData

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.datasets.features import FittedColumn
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.text_table import TextTable
    from optbench.records import SplitName

_FLOAT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class TableInputs:
    """What becomes of the columns of a table that is held in memory.

    Attributes
    ----------
    uses : of all columns, in the order of the table
    fitted : of the input columns
    """

    uses: tuple[ColumnUse, ...]
    fitted: tuple[FittedColumn, ...]


def table_inputs(
    table: TextTable, options: TableOptions, *, train: NDArray[np.int64], used: NDArray[np.int64]
) -> TableInputs | LargeInputs:
    """Decide what each column is and fit the inputs on the training rows.

    Parameters
    ----------
    train, used : row numbers of the training split and of all splits

    Raises
    ------
    DataError
        If the options contradict the table, no input is left, or a cell or a column does not fit its kind.
    """
    if isinstance(table, LargeTable):
        return fit_large_table(table, options, train=train, used=used)
    uses = column_uses(table, options, rows=train)
    columns = input_columns(table, uses, missing=options.missing)
    return TableInputs(uses, fit_columns(columns, train=train, used=used))


def split_data(inputs: TableInputs | LargeInputs, y: NDArray[Any], rows: SplitRows) -> dict[SplitName, SplitData]:
    """Return inputs, targets and row numbers per split; of a large table as read-only files mapped into memory.

    Parameters
    ----------
    y : of all rows

    Raises
    ------
    DataError
        If they do not fit into memory.
    MachineError
        If they do not fit on the disk.
    """
    if isinstance(inputs, LargeInputs):
        splits = {name: _mapped_split(inputs, name, y, part) for name, part in rows.by_name.items()}
        for file in inputs.files:
            file.unlink()
        return splits
    widest = max(inputs.fitted, key=lambda column: len(column.names))
    width, n_rows = sum(len(column.names) for column in inputs.fitted), sum(map(len, rows.by_name.values()))
    require_memory(
        n_rows * width * _FLOAT32_BYTES,
        what=f"the matrix of {n_rows} rows and {width} model inputs",
        remedy=f"Drop columns, the one with most inputs first: {widest.column.name!r} has {len(widest.names)}.",
    )
    return {
        name: SplitData(x=feature_matrix(inputs.fitted, part), y=y[part], rows=part)
        for name, part in rows.by_name.items()
    }


def _mapped_split(inputs: LargeInputs, name: SplitName, y: NDArray[Any], rows: NDArray[np.int64]) -> SplitData:
    folder = inputs.files[0].parent
    x = inputs.write(folder / f"{name}.x.npy", rows)
    return SplitData(x, _mapped(folder / f"{name}.y.npy", y[rows]), _mapped(folder / f"{name}.rows.npy", rows))


def _mapped(path: Path, array: NDArray[Any]) -> NDArray[Any]:
    np.save(path, array)
    mapped: NDArray[Any] = np.load(path, mmap_mode="r")
    return mapped
