"""The target column of a table: labels of classes, or numbers to predict."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.tasks import TASKS
from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.label_names import shown_labels
from optbench.datasets.label_spellings import are_plain_numbers
from optbench.datasets.labels import LabelOrder, label_order, label_reading, require_classes
from optbench.datasets.no_value_words import reads_like_no_value
from optbench.datasets.number_texts import are_decimal
from optbench.datasets.sentinels import number_notes
from optbench.datasets.table_columns import spellings_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.fitted_columns import NumberSpelling
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
    spelling : of numbers, None if they are plain
    """

    order: LabelOrder
    rows: NDArray[np.int64]
    y: NDArray[Any]
    applied: tuple[Applied, ...] = ()
    spelling: NumberSpelling | None = None

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
        If there is no label, one class only, or nearly as many as rows; or if a label is a word for "no value" and
        the experiment file does not say whether it is one.
    """
    target = table.cells(options.target).categories(missing=options.missing_target)
    rows = np.flatnonzero(target.codes >= 0).astype(np.int64, copy=False)
    levels: list[str] = target.levels.to_pylist()
    if options.target_missing is None:
        _require_values(table, options, levels, target.codes)
    order = label_order(levels, in_test=_labels_of_test_file(table, levels, target.codes))
    require_classes(order, n_rows=len(rows), where=_where(table, options))
    class_of_code = np.array([*(order.class_of[level] for level in levels), -1], dtype=np.int64)
    y = class_of_code[target.codes]
    order = replace(order, notes=(*order.notes, *_sentinel_labels(options, order, y[rows])))
    return Labelled(order, rows, y, label_reading(order, options.target))


def _sentinel_labels(options: TableOptions, order: LabelOrder, y: NDArray[np.int64]) -> list[Finding]:
    """Return a note on each label that is a number and may mean "no value"."""
    if not are_plain_numbers(order.class_names):
        return []
    return number_notes(options.target, np.array(list(map(float, order.class_names)))[y], options)


def _labels_of_test_file(table: TextTable, levels: Sequence[str], codes: NDArray[Any]) -> list[str]:
    """Return the labels that only the rows of a second file have."""
    if len(table.files) == 1:
        return []
    first = set(np.unique(codes[: table.rows_per_file[0]]).tolist())
    return [level for code, level in enumerate(levels) if code not in first]


def _require_values(table: TextTable, options: TableOptions, levels: Sequence[str], codes: NDArray[Any]) -> None:
    """Refuse labels that are words for "no value": a class nobody meant, or rows nobody wants to lose."""
    words = [level for level in levels if reads_like_no_value(level)]
    if not words:
        return
    is_word = np.isin(codes, [levels.index(word) for word in words])
    row = int(np.flatnonzero(is_word)[0])
    # what cannot be seen stands there as an escape, which YAML reads as JSON does
    listed = ", ".join(json.dumps(text, ensure_ascii=not text.isprintable()) for text in (*options.missing, *words))
    raise DataError(
        f"{_where(table, options)} must hold labels. Received: {shown_labels(words)}, which reads like 'no value', in "
        f"{int(is_word.sum())} of {table.n_rows} rows, first in {table.place(row)}. To leave these rows out, write "
        f"dataset.missing: [{listed}]; if it is a class like others, write dataset.target_missing: class.",
        code="data-label-no-value",
    )


def number_rows(table: TextTable, options: TableOptions) -> Labelled:
    """Return the numbers to predict; rows without one are left out.

    Raises
    ------
    DataError
        If there is none, or a cell is no finite number.
    """
    if options.target_missing is not None:
        raise DataError(
            worded(
                "rows-target-missing-class",
                "dataset.target_missing has a meaning for classes only. Received: {target_missing!r} with "
                "task: regression. Remove the line.",
                target_missing=options.target_missing,
            ),
            code="data-setting-conflict",
        )
    target = spellings_of(table, options, numbers=(options.target,)).read(table.cells(options.target))
    numbers = target.numbers
    rows = np.flatnonzero(~np.isnan(numbers.values)).astype(np.int64, copy=False)
    if not len(rows):
        raise DataError(
            worded(
                "rows-no-numbers",
                "{where} must hold numbers. Received: no value in any row. Name another.",
                where=_where(table, options),
            ),
            code="data-labels-missing",
        )
    if np.isinf(numbers.values).any():
        raise _no_number(table, options, target, row=int(np.flatnonzero(np.isinf(numbers.values))[0]))
    order = LabelOrder((), {}, (*_spelling_notes(target), *number_notes(target.name, numbers.values[rows], options)))
    applied = () if target.spelling is None else (target.spelling.applied(target.name),)
    spelling = None if target.spelling is None else target.spelling.recorded()
    return Labelled(order=order, rows=rows, y=numbers.values, applied=applied, spelling=spelling)


def _spelling_notes(target: ExaminedColumn) -> tuple[Finding, ...]:
    if target.spelling is None:
        return ()
    kind = Finding("column-stated", Severity.NOTE, {"setting": "task: regression"})
    values = {"name": target.name, "reason": target.spelling.reason(kind).to_json()}
    return (Finding("data-target-spelled", Severity.NOTE, values),)


def _where(table: TextTable, options: TableOptions) -> str:
    return worded("rows-the-target", "the target {target!r} of {table}", target=options.target, table=table.shown_name)


def _no_number(table: TextTable, options: TableOptions, target: ExaminedColumn, *, row: int) -> DataError:
    cell = target.column.cell(row)
    remedy = worded("hint-if-classes", "Leave out 'task: regression' if these are classes")
    if are_decimal(target.categories.levels).any():
        remedy = worded(
            "hint-correct-cell",
            "Correct the cell, or add {cell!r} to dataset.missing: rows without a target are dropped",
            cell=cell,
        )
    return DataError(
        worded(
            "rows-not-finite",
            "{where} must hold finite numbers for task: regression. Received: {cell!r} in {place}. {remedy}.",
            where=_where(table, options),
            cell=cell,
            place=table.place(row),
            remedy=remedy,
        ),
        code="data-target-not-finite",
    )
