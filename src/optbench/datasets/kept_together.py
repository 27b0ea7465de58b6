"""Splits of a table that keep rows together: those of one value in a column, equal ones, and those of one time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.group_splits import group_counts, require_groups, split_by_groups
from optbench.datasets.row_division import DividedRows, drawn_rows, refuse_folds, split_rule
from optbench.datasets.row_groups import (
    DUPLICATES,
    groups_alike,
    groups_by_column,
    groups_of_duplicates,
    present_cells,
)
from optbench.datasets.sentinels import time_notes
from optbench.datasets.splits import DEFAULT_TEST
from optbench.datasets.time_splits import split_by_time
from optbench.datasets.times import are_of_the_day, time_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.columns import CategoryColumn
    from optbench.datasets.row_division import TableRows
    from optbench.datasets.splits import SplitRows, SplitRule
    from optbench.datasets.table_columns import TableOptions
    from optbench.records import SplitName

_FAR = 0.25  # of what a split was to have


def divide_by_group(labelled: TableRows) -> DividedRows:
    """Divide rows so that those of one value in a column, or equal rows, are in one split.

    Raises
    ------
    DataError
        If there is no such column, a row has no value in it, or there are fewer groups than splits.
    """
    table, rows, options = labelled.table, labelled.rows, labelled.options
    name = str(options.group)
    is_equality = name == DUPLICATES and name not in table.names
    if is_equality:
        groups, what = groups_of_duplicates(table, options, rows=rows), "split.group: equality of rows"
    else:
        groups, what = groups_by_column(table, options, rows=rows), f"split.group: the column {name!r}"
    split, y, class_names = labelled.split, labelled.y, labelled.class_names
    if split.folds is not None:
        require_groups(len(np.unique(groups)), folds=split.folds, what=what)

    def divide(part: NDArray[np.int64], rule: SplitRule) -> SplitRows:
        of_part = groups[np.searchsorted(rows, part)]
        return split_by_groups(part, y[part], of_part, rule, class_names=class_names, what=what)

    divided, method, facts = drawn_rows(rows, split, divide, method="duplicates" if is_equality else "group")
    facts |= {"group": name, "groups": group_counts(groups, rows, divided)}
    notes = () if is_equality else (*_left_out(options, "data-split-group", name), *groups_alike(table, options))
    uneven = _uneven_notes(labelled, divided, facts, largest=_largest(groups))
    return DividedRows(divided, method, facts, (*notes, *uneven))


def divide_by_time(labelled: TableRows) -> DividedRows:
    """Divide rows in the order of a column of times.

    Raises
    ------
    DataError
        If there is no such column, a row has no value in it, one is no time, or there are fewer times than splits.
    """
    table, rows, split, options = labelled.table, labelled.rows, labelled.split, labelled.options
    refuse_folds(split, "time")
    name = str(options.time)
    column = present_cells(table, options, name, rows=rows, setting="split.time")
    what = f"split.time: the column {name!r}"
    levels = column.levels.to_pylist()
    used, position = np.unique(column.codes[rows], return_inverse=True)
    texts = [levels[code] for code in used.tolist()]
    keys = time_keys(texts, what=what, order=options.date_order)
    times = np.zeros(table.n_rows, dtype=keys.dtype)
    times[rows] = keys[position.ravel()]
    rule = split_rule(split, test=DEFAULT_TEST if split.test is None else split.test)
    divided = split_by_time(rows, times[rows], rule, what=what)
    spans = {part_name: _span(column, levels, times, part) for part_name, part in divided.by_name.items()}
    facts = {"test": rule.test, "validation": rule.validation, "time": name, "spans": spans}
    notes = (
        *_left_out(options, "data-split-time", name),
        *time_notes(name, texts, keys, np.bincount(position.ravel())),
        *([Finding("data-split-time-of-day", Severity.NOTE, {"name": name})] if are_of_the_day(texts) else []),
        *_uneven_notes(labelled, divided, facts, largest=_largest(times[rows])),
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


def _uneven_notes(labelled: TableRows, divided: SplitRows, facts: Mapping[str, Any], *, largest: int) -> list[Finding]:
    """Return what whole groups, or rows of one time, leave of fractions and strata."""
    y, class_names = labelled.y, labelled.class_names
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
