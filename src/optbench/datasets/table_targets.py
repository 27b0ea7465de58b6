"""The target column of a table: labels of classes, or numbers to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.tasks import TASKS
from optbench.core.findings import Finding, Severity
from optbench.datasets.labels import LabelOrder, label_order, require_classes
from optbench.datasets.number_texts import are_decimal
from optbench.datasets.table_columns import spellings_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.reading_rules import Applied
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable


@dataclass(frozen=True, slots=True)
class Labelled:
    """The target of a table.

    Attributes
    ----------
    order : classes and their spellings; without classes for numbers
    rows : row numbers that have a value, ascending int64
    y : (all rows,) int64 class numbers, -1 where there is no label; float64 numbers, NaN where there is none
    applied : what rules newer than the frozen keys did to the target
    """

    order: LabelOrder
    rows: NDArray[np.int64]
    y: NDArray[Any]
    applied: tuple[Applied, ...] = ()

    @property
    def strata(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """What a split is drawn by: class numbers per row and their names; numbers to predict are one stratum."""
        if self.order.class_names:
            return self.y, self.order.class_names
        return np.zeros(len(self.y), dtype=np.int64), ("all",)


def target_rows(table: TextTable, options: TableOptions, task: str) -> Labelled:
    """Return the target of a table as the task takes it; rows without a value are left out.

    Raises
    ------
    DataError
        As for `label_rows` or `number_rows`.
    """
    return label_rows(table, options) if TASKS[task].has_classes else number_rows(table, options)


def label_rows(table: TextTable, options: TableOptions) -> Labelled:
    """Return the labels of a table; rows without one are left out.

    Raises
    ------
    DataError
        If there is no label, one class only, or nearly as many as rows.
    """
    target = table.cells(options.target).categories(missing=options.missing)
    rows = np.flatnonzero(target.codes >= 0).astype(np.int64, copy=False)
    levels = target.levels.to_pylist()
    order = label_order(levels)
    require_classes(order, n_rows=len(rows), where=_where(table, options))
    class_of_code = np.array([*(order.class_of[level] for level in levels), -1], dtype=np.int64)
    return Labelled(order=order, rows=rows, y=class_of_code[target.codes])


def number_rows(table: TextTable, options: TableOptions) -> Labelled:
    """Return the numbers to predict; rows without one are left out.

    Raises
    ------
    DataError
        If there is none, or a cell is no finite number.
    """
    target = spellings_of(table, options, numbers=(options.target,)).read(table.cells(options.target))
    numbers = target.numbers
    rows = np.flatnonzero(~np.isnan(numbers.values)).astype(np.int64, copy=False)
    if not len(rows):
        raise DataError(
            f"{_where(table, options)} must hold numbers. Received: no value in any row. Name another.",
            code="data-labels-missing",
        )
    if np.isinf(numbers.values).any():
        raise _no_number(table, options, target, row=int(np.flatnonzero(np.isinf(numbers.values))[0]))
    order = LabelOrder((), {}, _spelling_notes(target))
    applied = () if target.spelling is None else (target.spelling.applied(target.name),)
    return Labelled(order=order, rows=rows, y=numbers.values, applied=applied)


def _spelling_notes(target: ExaminedColumn) -> tuple[Finding, ...]:
    if target.spelling is None:
        return ()
    kind = Finding("column-stated", Severity.NOTE, {"setting": "task: regression"})
    values = {"name": target.name, "reason": target.spelling.reason(kind).to_json()}
    return (Finding("data-target-spelled", Severity.NOTE, values),)


def _where(table: TextTable, options: TableOptions) -> str:
    return f"the target {options.target!r} of {table.shown_name}"


def _no_number(table: TextTable, options: TableOptions, target: ExaminedColumn, *, row: int) -> DataError:
    cell = target.column.cell(row)
    remedy = "Leave out 'task: regression' if these are classes"
    if are_decimal(target.categories.levels).any():
        remedy = f"Correct the cell, or add {cell!r} to dataset.missing: rows without a target are dropped"
    return DataError(
        f"{_where(table, options)} must hold finite numbers for task: regression. Received: {cell!r} in "
        f"{table.place(row)}. {remedy}.",
        code="data-target-not-finite",
    )
