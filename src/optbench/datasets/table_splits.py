"""Splits of a table: by fractions, by whole groups, in time, by a column that names them, or by a second file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.fold_splits import split_into_fold
from optbench.datasets.group_splits import group_counts, split_by_groups
from optbench.datasets.row_groups import DUPLICATES, groups_by_column, groups_of_duplicates, present_cells
from optbench.datasets.splits import DEFAULT_TEST, SplitRows, SplitRule, all_for_training, split_by_fractions
from optbench.datasets.text_table import require_column
from optbench.datasets.time_splits import split_by_time
from optbench.datasets.times import time_keys
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.config import SplitConfig
    from optbench.datasets.columns import CategoryColumn
    from optbench.datasets.fold_splits import Divide
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable
    from optbench.records import SplitName

ALL_ROWS = "all_rows"  # a method, as facts name it
_FAR = 0.25  # of what a split was to have
_SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}


@dataclass(frozen=True, slots=True)
class DividedRows:
    """Rows per split, how they were divided, and what there is to say about it."""

    rows: SplitRows
    method: str
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


def split_table(
    table: TextTable,
    rows: NDArray[np.int64],
    y: NDArray[np.int64],
    split: SplitConfig,
    *,
    options: TableOptions,
    class_names: Sequence[str],
) -> DividedRows:
    """Divide the labelled rows of a table as `split` says.

    Parameters
    ----------
    rows : row numbers with a label
    y : (all rows of the table,) class numbers
    options : with names as the table spells them

    Raises
    ------
    DataError
        If the settings contradict each other or a split cannot be filled.
    """
    if options.target in (options.group, options.time):
        setting = "split.group" if options.group == options.target else "split.time"
        raise DataError(
            f"{setting} names the target {options.target!r}, and a split must not depend on what is predicted. Name "
            "another column.",
            code="data-setting-conflict",
        )
    if split.all_rows:
        return train_on_all(rows)
    if split.group is not None:
        return divide_by_group(table, rows, y, split, options=options, class_names=class_names)
    if split.time is not None:
        return divide_by_time(table, rows, y, split, options=options, class_names=class_names)
    if split.column is not None:
        return _by_column(table, rows, y, split, class_names=class_names)
    if split.test_path is not None:
        in_test = table.file_of_row[rows] > 0
        return divide_fixed(rows[~in_test], rows[in_test], y, split, class_names=class_names, method="test_path")
    return divide_by_fractions(y[rows], split, class_names=class_names, rows=rows)


def divide_by_group(
    table: TextTable,
    rows: NDArray[np.int64],
    y: NDArray[np.int64],
    split: SplitConfig,
    *,
    options: TableOptions,
    class_names: Sequence[str],
) -> DividedRows:
    """Divide rows so that those of one value in a column, or equal rows, are in one split.

    Raises
    ------
    DataError
        If there is no such column, a row has no value in it, or there are fewer groups than splits.
    """
    name = str(options.group)
    is_equality = name == DUPLICATES and name not in table.names
    if is_equality:
        groups, what = groups_of_duplicates(table, options, rows=rows), "split.group: equality of rows"
    else:
        groups, what = groups_by_column(table, options, rows=rows), f"split.group: the column {name!r}"

    def divide(part: NDArray[np.int64], rule: SplitRule) -> SplitRows:
        of_part = groups[np.searchsorted(rows, part)]
        return split_by_groups(part, y[part], of_part, rule, class_names=class_names, what=what)

    divided, method, facts = drawn_rows(rows, split, divide, method="duplicates" if is_equality else "group")
    facts |= {"group": name, "groups": group_counts(groups, rows, divided)}
    notes = () if is_equality else _left_out(options, "data-split-group", name)
    uneven = _uneven_notes(divided, facts, y, class_names, largest=_largest(groups))
    return DividedRows(divided, method, facts, (*notes, *uneven))


def divide_by_time(
    table: TextTable,
    rows: NDArray[np.int64],
    y: NDArray[np.int64],
    split: SplitConfig,
    *,
    options: TableOptions,
    class_names: Sequence[str],
) -> DividedRows:
    """Divide rows in the order of a column of times.

    Raises
    ------
    DataError
        If there is no such column, a row has no value in it, one is no time, or there are fewer times than splits.
    """
    refuse_folds(split, "time")
    name = str(options.time)
    column = present_cells(table, options, name, rows=rows, setting="split.time")
    what = f"split.time: the column {name!r}"
    levels = column.levels.to_pylist()
    used, position = np.unique(column.codes[rows], return_inverse=True)
    keys = time_keys([levels[code] for code in used.tolist()], what=what, order=options.date_order)
    times = np.zeros(table.n_rows, dtype=keys.dtype)
    times[rows] = keys[position.ravel()]
    rule = split_rule(split, test=DEFAULT_TEST if split.test is None else split.test)
    divided = split_by_time(rows, times[rows], rule, what=what)
    spans = {part_name: _span(column, levels, times, part) for part_name, part in divided.by_name.items()}
    facts = {"test": rule.test, "validation": rule.validation, "time": name, "spans": spans}
    notes = (
        *_left_out(options, "data-split-time", name),
        *_uneven_notes(divided, facts, y, class_names, largest=_largest(times[rows])),
    )
    return DividedRows(divided, "time", facts, notes)


def _span(column: CategoryColumn, levels: Sequence[str], times: NDArray[Any], rows: NDArray[np.int64]) -> list[str]:
    """Return the first and the last cell of some rows in the order of time."""
    ends = (rows[times[rows].argmin()], rows[times[rows].argmax()])
    return [levels[int(column.codes[row])] for row in ends]


def _largest(groups: NDArray[Any]) -> int:
    return int(np.unique(groups, return_counts=True)[1].max())


def _left_out(options: TableOptions, code: str, name: str) -> tuple[Finding, ...]:
    """Return a note that a column which decides the split is no input, unless the experiment file keeps it."""
    is_kept = name in (options.features or {}) or name in options.drop
    return () if is_kept else (Finding(code, Severity.NOTE, {"name": name}),)


def _uneven_notes(
    divided: SplitRows, facts: Mapping[str, Any], y: NDArray[Any], class_names: Sequence[str], *, largest: int
) -> list[Finding]:
    """Return what whole groups, or rows of one time, leave of fractions and strata."""
    test = 1.0 / facts["folds"] if "folds" in facts else facts["test"]
    parts = divided.by_name
    n = sum(map(len, parts.values()))
    notes = []
    wanted_shares: dict[SplitName, float] = {"test": test, "validation": facts["validation"]}
    for name, wanted in wanted_shares.items():
        share = len(parts[name]) / n if name in parts else 0.0
        if wanted and abs(share - wanted) > _FAR * wanted and abs(share - wanted) * n > 1:
            sizes = {"share": share, "wanted": wanted, "n_largest": largest, "n_rows": n}
            notes.append(Finding("data-split-far", Severity.NOTE, {"split": name, **sizes}))
    for name, part in parts.items():
        absent = np.flatnonzero(np.bincount(y[part], minlength=len(class_names)) == 0).tolist()
        if absent and len(class_names) > 1:
            labels = [class_names[number] for number in absent]
            notes.append(Finding("data-split-class-absent", Severity.NOTE, {"split": name, "labels": labels}))
    return notes


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


def drawn_rows(
    rows: NDArray[np.int64], split: SplitConfig, divide: Divide, *, method: str
) -> tuple[SplitRows, str, dict[str, Any]]:
    """Return rows that are drawn by a rule, or one fold of them, how they were divided, and what a run records of it.

    Parameters
    ----------
    divide : draws some of the rows by a rule
    """
    if split.folds is None and split.fold is None:
        rule = split_rule(split, test=DEFAULT_TEST if split.test is None else split.test)
        return divide(rows, rule), method, rule_facts(rule)
    if split.folds is None or split.fold is None or split.fold >= split.folds:
        raise DataError(
            "split.folds and split.fold must both be given, and fold be smaller. Received: folds: "
            f"{split.folds}, fold: {split.fold}. 'optbench run --folds 5' writes both.",
            code="data-setting-conflict",
        )
    if split.test is not None:
        raise DataError(
            f"split.test must be left out here: one fold of {split.folds} is tested. Received: {split.test}. "
            "Remove the line; split.validation is a fraction of all rows.",
            code="data-setting-conflict",
        )
    rule = split_rule(split, test=0.0)
    divided = split_into_fold(rows, rule, fold=split.fold, folds=split.folds, divide=divide)
    return divided, method, {**rule_facts(rule), "folds": split.folds, "fold": split.fold}


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
            f"the {'test' if len(test) == 0 else 'training'} rows given by {_shown(method)} are none. "
            "Give some, or split by fractions.",
            code="data-split-empty",
        )
    present = np.unique(y[rows])
    renumbered = np.searchsorted(present, y[rows])
    rule = split_rule(split, test=0.0)
    divided = split_by_fractions(rows, renumbered, rule, class_names=[class_names[c] for c in present])
    return DividedRows(SplitRows(divided.train, divided.validation, test), method, rule_facts(rule))


def refuse_test_fraction(split: SplitConfig, method: str) -> None:
    """Refuse a test fraction, and folds, where the test rows are given.

    Raises
    ------
    DataError
        If `split.test` or `split.folds` is set.
    """
    refuse_folds(split, method)
    if split.test is not None:
        raise DataError(
            f"split.test must be left out here: the test rows are given by {_shown(method)}. "
            f"Received: {split.test}. Remove the line; split.validation is a fraction of the other rows.",
            code="data-setting-conflict",
        )


def refuse_folds(split: SplitConfig, method: str) -> None:
    """Refuse folds where something else than a draw says which rows are tested.

    Raises
    ------
    DataError
        If `split.folds` is set.
    """
    if split.folds is not None or split.fold is not None:
        raise DataError(
            f"split.folds must be left out here: the test rows are given by {_shown(method)}, so no fold can have "
            f"others. Received: {split.folds}. Run without folds.",
            code="data-setting-conflict",
        )


def split_rule(split: SplitConfig, *, test: float) -> SplitRule:
    """Return the drawing rule of a configured split."""
    return SplitRule(test=test, validation=split.validation, stratify=split.stratify, seed=split.seed)


def rule_facts(rule: SplitRule) -> dict[str, Any]:
    """Return what a run records of a drawing rule."""
    return {
        "test": rule.test,
        "validation": rule.validation,
        "stratify": rule.stratify,
        "seed": rule.seed,
    }


def _shown(method: str) -> str:
    names = {
        "test_path": "split.test_path",
        "column": "split.column",
        "official": "the data set itself",
        "time": "split.time",
    }
    return names[method]


def _by_column(
    table: TextTable,
    rows: NDArray[np.int64],
    y: NDArray[np.int64],
    split: SplitConfig,
    *,
    class_names: Sequence[str],
) -> DividedRows:
    refuse_test_fraction(split, "column")
    by_name = _rows_by_word(table, rows, str(split.column))
    if "validation" not in by_name:
        train, test = by_name.get("train", rows[:0]), by_name.get("test", rows[:0])
        divided = divide_fixed(train, test, y, split, class_names=class_names, method="column")
        note = Finding("data-validation-drawn", Severity.NOTE, {"name": str(split.column)})
        return DividedRows(
            divided.rows, "column", divided.facts, (note,) if divided.rows.validation is not None else ()
        )
    absent = [name for name in ("train", "test") if name not in by_name]
    if absent:
        raise DataError(f"the column {split.column!r} names no {absent[0]} row. Name some.", code="data-split-empty")
    parts = SplitRows(by_name["train"], by_name["validation"], by_name["test"])
    return DividedRows(parts, "column", {"column": split.column})


def _rows_by_word(table: TextTable, rows: NDArray[np.int64], name: str) -> Mapping[str, NDArray[np.int64]]:
    column = require_column(table, name, setting="split.column").held()
    words = [_SPLIT_WORDS.get((level or "").lower(), "") for level in column.levels]
    by_row = np.array(words, dtype=object)[column.codes[rows]]
    unknown = np.flatnonzero(by_row == "")
    if len(unknown):
        row = int(rows[unknown[0]])
        cell = column.levels[int(column.codes[row])]
        raise DataError(
            f"the column {name!r} must hold train, validation or test. Received: {cell!r} in {table.place(row)}.",
            code="data-split-column-wrong",
        )
    return {word: rows[by_row == word] for word in ("train", "validation", "test") if (by_row == word).any()}
