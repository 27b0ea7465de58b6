"""Tables whose only input is a text, as token sequences; the vocabulary is learned from the training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.datasets.column_fits import recorded_column, recorded_unused
from optbench.datasets.split_arrays import SplitArrays
from optbench.datasets.table_columns import column_uses
from optbench.datasets.table_inputs import TableInputs
from optbench.datasets.text_columns import TokenColumn

if TYPE_CHECKING:
    from optbench.config import TableTextConfig
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable


def lone_text(
    table: TextTable, options: TableOptions, text: TableTextConfig, rows: SplitRows
) -> tuple[ColumnUse, ...] | None:
    """Return the use of each column if one text is all that a model sees, and it is to be tokens; else None."""
    if text.form == "words" or "text" not in (options.features or {}).values():
        return None
    uses = column_uses(table, options, rows=rows.train)
    return uses if [use.kind for use in uses if use.is_input] == ["text"] else None


def text_inputs(
    table: TextTable,
    options: TableOptions,
    text: TableTextConfig,
    labelled: Labelled,
    rows: SplitRows,
    *,
    uses: tuple[ColumnUse, ...],
) -> TableInputs:
    """Return the texts of a table's only input as token sequences.

    Side effects: the cells of the table are not kept any longer.

    Parameters
    ----------
    text : how many different tokens, and how many of each text
    uses : of each column, from `lone_text`

    Raises
    ------
    MachineError
        If the tokens do not fit on the disk.
    """
    name = next(use.name for use in uses if use.kind == "text")
    column = TokenColumn(table.cells(name), missing=options.missing, train=rows.train, text=text)
    arrays = SplitArrays(table.storage, rows, width=column.width, dtype="<i4")
    first = 0
    for tokens in column.blocks():
        arrays.add(arrays.divided(first, tokens))
        first += len(tokens)
    table.storage.forget_cells()
    fitted = column.fitted(labelled.rows)
    return TableInputs(
        uses,
        tuple(recorded_column(use, None, [fitted], None) if use.is_input else recorded_unused(use) for use in uses),
        names=(),
        preprocessing={name: fitted.to_json()},
        notes=tuple(fitted.notes()),
        splits=arrays.finish(labelled.y),
        vocabulary_size=column.vocabulary.size,
    )
