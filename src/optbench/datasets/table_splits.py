"""Splits of a table: by fractions, by whole groups, in time, by a column that names them, or by a second file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.kept_together import divide_by_group, divide_by_time
from optbench.datasets.row_division import (
    DividedRows,
    drawn_rows,
    refuse_test_fraction,
    rule_facts,
    shown_method,
    split_rule,
)
from optbench.datasets.splits import SplitRows, SplitRule, all_for_training, split_by_fractions
from optbench.datasets.text_table import require_column
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.config import SplitConfig
    from optbench.datasets.row_division import TableRows
    from optbench.datasets.text_table import TextTable

ALL_ROWS = "all_rows"  # a method, as facts name it
_SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}


def split_table(labelled: TableRows) -> DividedRows:
    """Divide the labelled rows of a table as the experiment file says.

    Raises
    ------
    DataError
        If the settings contradict each other or a split cannot be filled.
    """
    split, rows = labelled.split, labelled.rows
    _refuse_target(labelled)
    if split.all_rows:
        return train_on_all(rows)
    if split.group is not None:
        return divide_by_group(labelled)
    if split.time is not None:
        return divide_by_time(labelled)
    if split.column is not None:
        return _by_column(labelled)
    y, class_names = labelled.y, labelled.class_names
    if split.test_path is not None:
        in_test = labelled.table.file_of_row[rows] > 0
        return divide_fixed(rows[~in_test], rows[in_test], y, split, class_names=class_names, method="test_path")
    return divide_by_fractions(y[rows], split, class_names=class_names, rows=rows)


def _refuse_target(labelled: TableRows) -> None:
    options = labelled.options
    named = {"split.group": options.group, "split.time": options.time, "split.column": options.split_column}
    setting = next((setting for setting, name in named.items() if name == options.target), None)
    if setting is not None:
        raise DataError(
            worded(
                "rows-split-by-target",
                "{setting} names the target {target!r}, and a split must not depend on what is predicted. "
                "Name another column.",
                setting=setting,
                target=options.target,
            ),
            code="data-setting-conflict",
        )


def divide_by_fractions(
    y: NDArray[Any], split: SplitConfig, *, class_names: Sequence[str], rows: NDArray[np.int64] | None = None
) -> DividedRows:
    """Divide rows at random by the fractions of `split`.

    Parameters
    ----------
    y : (n,) class numbers of the rows
    rows : (n,) row numbers; None counts from 0

    Raises
    ------
    DataError
        If a split cannot be filled.
    """
    numbers = np.arange(len(y), dtype=np.int64) if rows is None else rows
    if split.all_rows:
        return train_on_all(numbers)

    def divide(part: NDArray[np.int64], rule: SplitRule) -> SplitRows:
        own = y if len(part) == len(numbers) else y[np.searchsorted(numbers, part)]
        return split_by_fractions(part, own, rule, class_names=class_names)

    return DividedRows(*drawn_rows(numbers, split, divide, method="fractions"))


def train_on_all(rows: NDArray[np.int64]) -> DividedRows:
    """Divide nothing: all rows are training rows (`split.all_rows`)."""
    return DividedRows(all_for_training(rows), ALL_ROWS)


def divide_fixed(
    rows: NDArray[np.int64],
    test: NDArray[np.int64],
    y: NDArray[np.int64],
    split: SplitConfig,
    *,
    class_names: Sequence[str],
    method: str,
) -> DividedRows:
    """Keep a given test split and take the validation split, a fraction, from the other rows.

    Raises
    ------
    DataError
        If `split.test` is set too, the test split is empty, or a split cannot be filled.
    """
    refuse_test_fraction(split, method)
    if len(test) == 0 or len(rows) == 0:
        raise DataError(
            f"the {'test' if len(test) == 0 else 'training'} rows given by {shown_method(method)} are none. "
            "Give some, or split by fractions.",
            code="data-split-empty",
        )
    present = np.unique(y[rows])
    renumbered = np.searchsorted(present, y[rows])
    rule = split_rule(split, test=0.0)
    divided = split_by_fractions(rows, renumbered, rule, class_names=[class_names[c] for c in present])
    return DividedRows(SplitRows(divided.train, divided.validation, test), method, rule_facts(rule))


def _by_column(labelled: TableRows) -> DividedRows:
    split, name = labelled.split, str(labelled.options.split_column)
    refuse_test_fraction(split, "column")
    by_name = _rows_by_word(labelled.table, labelled.rows, name)
    if "validation" not in by_name:
        nothing = labelled.rows[:0]
        train, test = by_name.get("train", nothing), by_name.get("test", nothing)
        names = labelled.class_names
        divided = divide_fixed(train, test, labelled.y, split, class_names=names, method="column")
        note = Finding("data-validation-drawn", Severity.NOTE, {"name": name})
        return DividedRows(
            divided.rows, "column", divided.facts, (note,) if divided.rows.validation is not None else ()
        )
    absent = [word for word in ("train", "test") if word not in by_name]
    if absent:
        raise DataError(
            worded(
                "rows-split-names-none",
                "the column {name!r} names no {part} row. Name some.",
                name=name,
                part=absent[0],
            ),
            code="data-split-empty",
        )
    parts = SplitRows(by_name["train"], by_name["validation"], by_name["test"])
    return DividedRows(parts, "column", {"column": split.column})


def _rows_by_word(table: TextTable, rows: NDArray[np.int64], name: str) -> Mapping[str, NDArray[np.int64]]:
    column = require_column(table, name, setting="split.column").held()
    words = [_SPLIT_WORDS.get((level or "").lower(), "") for level in column.levels]
    by_row = np.array(words, dtype=object)[column.codes[rows]]
    unknown = np.flatnonzero(by_row == "")
    if len(unknown):
        row = int(rows[unknown[0]])
        cell = column.levels[int(column.codes[row])] or ""
        more = worded("hint-some-more", " and {n} more", n=len(unknown) - 1) if len(unknown) > 1 else ""
        raise DataError(
            worded(
                "rows-split-column",
                "the column {name!r} must hold train, validation or test in every row. Received: {cell!r} in "
                "{place}{more}. Write one of these words there, or remove the rows.",
                name=name,
                cell=cell,
                place=table.place(row),
                more=more,
            ),
            code="data-split-column-wrong",
        )
    return {word: rows[by_row == word] for word in ("train", "validation", "test") if (by_row == word).any()}
