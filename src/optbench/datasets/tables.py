"""Tables (CSV, Parquet) into data sets: labels, splits, inputs, in that order, each with what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import CLASSIFICATION
from optbench.core.findings import Finding, Severity, as_json
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.csv_files import read_csv
from optbench.datasets.features import FittedCategory, FittedNumber, feature_names
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.large_tables import read_large_table
from optbench.datasets.parquet_files import ENDINGS, read_parquet
from optbench.datasets.scratch import make_scratch, remove_abandoned, storage_errors
from optbench.datasets.table_columns import (
    TableOptions,
    column_notes,
)
from optbench.datasets.table_inputs import split_data, table_inputs
from optbench.datasets.table_splits import split_table
from optbench.datasets.table_targets import target_rows
from optbench.datasets.text_table import concatenate, require_column
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optbench.config import SplitConfig
    from optbench.datasets.features import FittedColumn
    from optbench.datasets.large_inputs import LargeInputs
    from optbench.datasets.table_inputs import TableInputs
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable
    from optbench.records import Dataset


def require_regular_file(path: Path, name: str) -> None:
    """Refuse devices and pipes, which may never end.

    Raises
    ------
    DataError
        If something of that name exists and is neither a file nor a folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(f"{name} must be a regular file. Received: a device or a pipe.", code="data-file-irregular")


def read_table(path: Path, *, separator: str, name: str) -> TextTable:
    """Read a table by the ending of its name: Parquet, else CSV.

    Raises
    ------
    DataError
        If it cannot be read as a table.
    """
    require_regular_file(path, name)
    if path.suffix.lower() in ENDINGS:
        return read_parquet(path, name=name)
    return read_csv(path, separator=separator, name=name)


def load_table(
    name: str,
    table: TextTable,
    *,
    test_table: TextTable | None,
    options: TableOptions,
    split: SplitConfig,
    task: str = CLASSIFICATION,
) -> Dataset:
    """Return a table as a data set.

    Parameters
    ----------
    test_table : rows of the test split, if they stand in a file of their own

    Raises
    ------
    DataError
        If target, labels, columns or split do not allow the task.
    """
    require_column(table, options.target, setting="dataset.target", separator=options.separator)
    whole = table if test_table is None else concatenate(table, test_table)
    labelled = target_rows(whole, options, task)
    strata, names = labelled.strata
    divided = split_table(whole, labelled.rows, strata, split, class_names=names)
    inputs = table_inputs(whole, options, train=divided.rows.train, used=labelled.rows)
    positive, positive_note = choose_positive_class(
        labelled.order.class_names, options.positive_class, setting="dataset.positive_class"
    )
    n_dropped = whole.n_rows - len(labelled.rows)
    return assemble(
        Draft(
            name=name,
            class_names=labelled.order.class_names,
            positive_class=positive,
            feature_names=feature_names(inputs.fitted),
            data_digest=whole.digest(),
            splits=split_data(inputs, labelled.y, divided.rows),
            method=divided.method,
            facts=_facts(whole, options, inputs, labelled, divided.facts),
            notes=[
                *_dropped_note(n_dropped, whole.n_rows, options.target),
                *labelled.order.notes,
                *column_notes(inputs.uses),
                *_fitted_notes(inputs.fitted),
                *divided.notes,
                *positive_note,
            ],
            task=task,
        )
    )


def load_large_table(
    name: str, paths: Sequence[tuple[str, Path]], *, options: TableOptions, split: SplitConfig, task: str
) -> Dataset:
    """Return a table, read in chunks, as a data set whose arrays are files mapped into memory; all else is equal.

    Parameters
    ----------
    paths : what messages call the file, and where it is; then the same of the file with the test rows, if there is one

    Side effects: the arrays lie in a temporary folder, which is removed when nobody refers to them any more or the
    process ends.

    Raises
    ------
    DataError
        As `load_table` and the readers.
    MachineError
        If the temporary files cannot be written.
    """
    remove_abandoned()
    scratch = make_scratch()
    try:
        with storage_errors():
            table = read_large_table(paths, separator=options.separator, folder=scratch.path)
            dataset = load_table(name, table, test_table=None, options=options, split=split, task=task)
    except BaseException:
        scratch.remove()
        raise
    scratch.remove_with(dataset.train.x)
    return dataset


def _facts(
    table: TextTable,
    options: TableOptions,
    inputs: TableInputs | LargeInputs,
    labelled: Labelled,
    split_facts: dict[str, Any],
) -> dict[str, Any]:
    n_dropped = table.n_rows - len(labelled.rows)
    return {
        "files": [file.to_json() for file in table.files],
        "rows_read": table.n_rows,
        "columns_read": len(table.names),
        "columns": [use.to_json() for use in inputs.uses],
        "columns_used": [use.name for use in inputs.uses if use.is_input],
        "columns_left_out": {
            use.name: use.reason.to_json() for use in inputs.uses if use.kind in ("id", "constant", "dropped")
        },
        "rows_dropped": as_json(_dropped(n_dropped, options.target)),
        "target": options.target,
        "labels": dict(labelled.order.class_of),
        "preprocessing": {column.column.name: column.to_json() for column in inputs.fitted},
        "split": split_facts,
    }


def _dropped(n_dropped: int, target: str | None) -> list[Finding]:
    """Return why rows were dropped; `n_rows` says how many."""
    values = {"target": target, "n_rows": n_dropped}
    return [Finding("data-no-value-in", Severity.NOTE, values)] if n_dropped else []


def _dropped_note(n_dropped: int, n_rows: int, target: str) -> list[Finding]:
    return [_note("data-rows-without-target", n=n_dropped, n_rows=n_rows, target=target)] if n_dropped else []


def _fitted_notes(fitted: Sequence[FittedColumn]) -> list[Finding]:
    return [note for column in fitted for note in _notes_of(column)]


def _notes_of(column: FittedColumn) -> list[Finding]:
    name, n_cells = column.column.name, column.n_missing
    if isinstance(column, FittedNumber):
        return [_note("data-cells-median", name=name, n_cells=n_cells, median=column.median)] if n_cells else []
    return _category_notes(column, name)


def _category_notes(column: FittedCategory, name: str) -> list[Finding]:
    notes = []
    if column.n_missing:
        notes.append(_note("data-cells-unknown", name=name, n_cells=column.n_missing))
    if column.n_unseen:
        notes.append(_note("data-categories-unseen", name=name, n_rows=column.n_unseen))
    if column.n_rare:
        n_kept = len(column.levels)
        notes.append(_note("data-categories-rare", name=name, n_texts=column.n_rare + n_kept, n_kept=n_kept))
    return notes


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
