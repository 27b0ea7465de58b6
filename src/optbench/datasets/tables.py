"""Tables (CSV, Parquet) into data sets: labels, splits, inputs, in that order, each with what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.tasks import CLASSIFICATION
from optbench.config import TableTextConfig
from optbench.core.findings import Finding, Severity, as_json
from optbench.datasets.assembly import Draft, TargetReading, assemble
from optbench.datasets.column_names import with_spelling
from optbench.datasets.header_doubts import header_doubts, require_one_header
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.missing_values import find_missing
from optbench.datasets.preprocessing import Table
from optbench.datasets.reading_rules import reading_facts
from optbench.datasets.row_division import TableRows
from optbench.datasets.table_columns import TableOptions, column_notes
from optbench.datasets.table_inputs import table_inputs
from optbench.datasets.table_reading import read_table
from optbench.datasets.table_splits import split_table
from optbench.datasets.table_storage import TableStorage
from optbench.datasets.table_targets import target_rows
from optbench.datasets.text_inputs import lone_text, text_inputs
from optbench.datasets.text_table import require_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.config import SplitConfig
    from optbench.datasets.table_inputs import TableInputs
    from optbench.datasets.table_reading import TableFile
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable
    from optbench.records import Dataset


NO_TEXT: Final = TableTextConfig()


def load_table_files(
    name: str,
    files: Sequence[TableFile],
    *,
    options: TableOptions,
    split: SplitConfig,
    task: str = CLASSIFICATION,
    text: TableTextConfig = NO_TEXT,
    quiet: bool = True,
) -> Dataset:
    """Return a table as a data set; where it is large, its arrays are files mapped into memory, and all else is equal.

    Side effects: those files lie in a temporary folder, which is removed when nobody refers to the arrays any more or
    the process ends.

    Parameters
    ----------
    files : the file, and the one with the test rows if they stand in a file of their own
    text : how columns of running text become tokens or words
    quiet : say nothing of how far reading has got

    Raises
    ------
    DataError
        As `load_table` and `read_table`.
    MachineError
        If temporary files cannot be written.
    """
    storage = TableStorage()
    try:
        table = read_table(files, storage=storage, quiet=quiet)
        dataset = load_table(name, table, options=options, split=split, task=task, text=text)
    except BaseException:
        storage.remove()
        raise
    storage.keep_with(dataset.train.x)
    return dataset


def load_table(
    name: str,
    table: TextTable,
    *,
    options: TableOptions,
    split: SplitConfig,
    task: str = CLASSIFICATION,
    text: TableTextConfig = NO_TEXT,
) -> Dataset:
    """Return a table as a data set.

    Side effects: the cells of the table are not kept any longer.

    Parameters
    ----------
    text : as of `load_table_files`

    Raises
    ------
    DataError
        If target, labels, columns or split do not allow the task.
    """
    options = with_spelling(options, table.names)
    require_one_header(table)
    require_column(table, options.target, setting="dataset.target", separator=options.separator)
    missing = find_missing(table, options)
    options = missing.options
    labelled = target_rows(table, options, task)
    strata, names = labelled.strata
    divided = split_table(TableRows(table, labelled.rows, strata, names, split, options))
    lone = lone_text(table, options, text, divided.rows)
    if lone is not None:
        inputs = text_inputs(table, options, text, labelled, divided.rows, uses=lone)
    else:
        inputs = table_inputs(table, options, labelled, divided.rows, text=text)
    positive, positive_note = choose_positive_class(
        labelled.order.class_names, options.positive_class, setting="dataset.positive_class"
    )
    n_dropped = table.n_rows - len(labelled.rows)
    return assemble(
        Draft(
            name=name,
            class_names=labelled.order.class_names,
            positive_class=positive,
            feature_names=inputs.names,
            data_digest=table.digest(),
            source=Table(missing=options.missing, columns=inputs.columns),
            splits=inputs.splits,
            method=divided.method,
            facts={
                **_facts(table, options, inputs, labelled, divided.facts),
                **reading_facts([*missing.applied, *labelled.applied, *(use.applied for use in inputs.uses)]),
            },
            notes=[
                *header_doubts(table),
                *missing.notes,
                *_dropped_note(n_dropped, table.n_rows, options.target),
                *labelled.order.notes,
                *column_notes(inputs.uses),
                *inputs.notes,
                *divided.notes,
                *positive_note,
            ],
            task=task,
            vocabulary_size=inputs.vocabulary_size,
            target=TargetReading(
                options.target,
                class_of=labelled.order.class_of,
                missing=options.missing_target,
                spelling=labelled.spelling,
            ),
            parts=inputs.parts,
        )
    )


def _facts(
    table: TextTable,
    options: TableOptions,
    inputs: TableInputs,
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
        "preprocessing": inputs.preprocessing,
        **({"text_form": inputs.text_form} if inputs.text_form else {}),
        "split": split_facts,
    }


def _dropped(n_dropped: int, target: str | None) -> list[Finding]:
    """Return why rows were dropped; `n_rows` says how many."""
    values = {"target": target, "n_rows": n_dropped}
    return [Finding("data-no-value-in", Severity.NOTE, values)] if n_dropped else []


def _dropped_note(n_dropped: int, n_rows: int, target: str) -> list[Finding]:
    values = {"n": n_dropped, "n_rows": n_rows, "target": target}
    return [Finding("data-rows-without-target", Severity.NOTE, values)] if n_dropped else []
