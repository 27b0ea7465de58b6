"""The model's inputs of a table: a column at a time is fitted, a block of rows at a time is written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.text import counted
from optbench.datasets.coded_columns import embedded, hashed
from optbench.datasets.column_fits import recorded_column, recorded_unused
from optbench.datasets.features import ModelColumn, feature_matrix, feature_names, model_column
from optbench.datasets.ordered_work import in_order, n_workers
from optbench.datasets.sentinels import sentinel_notes
from optbench.datasets.split_arrays import SplitArrays
from optbench.datasets.table_columns import check_names, input_columns, require_inputs, spellings_of, use_of
from optbench.datasets.text_columns import TokenColumn, WordColumn
from optbench.errors import DataError
from optbench.records import InputPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.config import TableTextConfig
    from optbench.core.findings import Finding
    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.columns import Column
    from optbench.datasets.fitted_columns import TableColumn
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import ColumnUse, TableOptions
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable
    from optbench.records import SplitData, SplitName

MATRIX: Final = "table"
"""What a model of several inputs calls that of the numbers, categories, dates and words."""
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
    parts : the arrays that the model takes, if they are several
    text_form : what texts became, where the experiment file does not say so by itself
    """

    uses: tuple[ColumnUse, ...]
    columns: tuple[TableColumn, ...]
    names: tuple[str, ...]
    preprocessing: dict[str, Any]
    notes: tuple[Finding, ...]
    splits: dict[SplitName, SplitData]
    vocabulary_size: int | None = None
    parts: tuple[InputPart, ...] = ()
    text_form: str | None = None


def table_inputs(
    table: TextTable, options: TableOptions, labelled: Labelled, rows: SplitRows, *, text: TableTextConfig
) -> TableInputs:
    """Decide what each column is, fit the inputs on the training rows and write the matrix of each split.

    Side effects: the cells of the table are not kept any longer.

    Parameters
    ----------
    text : what texts become; columns of words if it does not say

    Raises
    ------
    DataError
        If the options contradict the table, no input is left, or a cell or a column does not fit its kind.
    MachineError
        If the matrices do not fit on the disk.
    """
    check_names(table, options)
    fit = _Fit(table, options, text, rows.train, labelled.rows)
    uses, columns, recorded, doubts = fit.columns()
    require_inputs(table, uses)
    table.storage.forget_cells()
    arrays = _matrices(table, columns, rows)
    table.storage.forget_values()
    fitted = [column.fitted for column in columns]
    return TableInputs(
        uses,
        recorded,
        names=feature_names([column for column in columns if column.vocabulary_size is None]),
        preprocessing={column.name: column.to_json() for column in fitted},
        notes=(*(note for column in fitted for note in column.notes()), *doubts),
        splits=arrays.finish(labelled.y),
        parts=input_parts(columns),
        text_form=fit.text_form if any(use.kind == "text" for use in uses) else None,
    )


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What became of one column: its use, its inputs, its record, and doubts about its values."""

    use: ColumnUse
    inputs: Sequence[ModelColumn]
    recorded: TableColumn
    doubts: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    """Fits the columns of a table on its training rows.

    Attributes
    ----------
    table, options, text : as of `table_inputs`
    train : row numbers of the training split
    used : row numbers of all splits
    """

    table: TextTable
    options: TableOptions
    text: TableTextConfig
    train: NDArray[np.int64]
    used: NDArray[np.int64]

    @property
    def text_form(self) -> str:
        """What texts become."""
        return self.text.form or "words"

    def columns(self) -> tuple[tuple[ColumnUse, ...], tuple[ModelColumn, ...], tuple[TableColumn, ...], list[Finding]]:
        """Return the use of each column, the inputs, each column as it is recorded, and doubts about values.

        Of the inputs come first those of one matrix, then those that the model takes apart.
        """
        spellings = spellings_of(self.table, self.options)

        def fitted(column: Column) -> _Fitted | DataError:
            try:
                return self._fitted(spellings.read(column))
            except DataError as error:  # told with those of other columns
                return error

        workers = min(n_workers(), _MOST_THREADS_ON_COLUMNS) if self.table.storage.is_on_disk else 1
        answers = [each for _, each in in_order(fitted, self.table.columns, workers=workers)]
        errors = [each for each in answers if isinstance(each, DataError)]
        if errors:
            raise errors[0] if len(errors) == 1 else _several(errors)
        found = [each for each in answers if not isinstance(each, DataError)]
        columns = [column for each in found for column in each.inputs]
        ordered = tuple(sorted(columns, key=lambda one: one.vocabulary_size is not None))
        doubts = [doubt for each in found for doubt in each.doubts]
        return tuple(each.use for each in found), ordered, tuple(each.recorded for each in found), doubts

    def _fitted(self, examined: ExaminedColumn) -> _Fitted:
        use = use_of(self.table, examined, self.options, self.train)
        if not use.is_input:
            return _Fitted(use, [], recorded_unused(use))
        inputs = self._inputs(examined, use)
        made = [each.fitted for each in inputs]
        recorded = recorded_column(use, examined.spelling, made, self.options.date_order)
        return _Fitted(use, inputs, recorded, sentinel_notes(self.table, examined, use, self.options, self.used))

    def _inputs(self, column: ExaminedColumn, use: ColumnUse) -> list[ModelColumn]:
        rows = {"train": self.train, "used": self.used}
        if use.kind == "text":
            return [self._tokens(column) if self.text_form == "tokens" else self._words(column)]
        if use.kind == "embedding":
            size = self.options.sizes[use.name]
            levels, numbers = embedded(column.categories, size, **rows)
            stored = self.table.storage.put_values(numbers)
            return [ModelColumn(levels, stored, vocabulary_size=len(levels.levels) + 1, embedding_size=size)]
        if use.kind == "hashing":
            hashing, places = hashed(column.categories, self.options.sizes[use.name], **rows)
            return [ModelColumn(hashing, self.table.storage.put_values(places))]
        made = (model_column(one, **rows) for one in input_columns(self.table, column, use, self.options))
        return [ModelColumn(one, self.table.storage.put_values(encoded)) for one, encoded in made]

    def _words(self, column: ExaminedColumn) -> ModelColumn:
        made = WordColumn(column.column, missing=column.missing, train=self.train, max_words=self.text.max_words)
        stored = self.table.storage.put_blocks(made.blocks(), width=made.width, dtype="uint8")
        return ModelColumn(made.fitted(self.used), stored)

    def _tokens(self, column: ExaminedColumn) -> ModelColumn:
        made = TokenColumn(column.column, missing=column.missing, train=self.train, text=self.text)
        stored = self.table.storage.put_blocks(made.blocks(), width=made.width, dtype="int32")
        return ModelColumn(made.fitted(self.used), stored, vocabulary_size=made.vocabulary.size)


def input_parts(columns: Sequence[ModelColumn]) -> tuple[InputPart, ...]:
    """Return the arrays that a model takes of fitted columns: () for one matrix of numbers.

    The columns of numbers, which come first, are the part `table`; any other column is a part of its own name, without
    the characters that Keras does not allow in one.
    """
    apart = [column for column in columns if column.vocabulary_size is not None]
    if not apart:
        return ()
    width = sum(column.width for column in columns if column.vocabulary_size is None)
    parts = [InputPart(MATRIX, 0, width)] if width else []
    for column in apart:
        name = column.fitted.name.replace("/", "_")
        while name in (MATRIX, *(part.name for part in parts)):
            name += "_"
        parts.append(InputPart(name, width, column.width, column.vocabulary_size, column.embedding_size))
        width += column.width
    return tuple(parts)


def _several(errors: Sequence[DataError]) -> DataError:
    """Return one error for the first of several columns, with the number of the others."""
    shown = [*errors[:_MOST_ERRORS]]
    if more := len(errors) - len(shown):
        shown.append(DataError(f"{counted(more, 'more column')} cannot be read.", code=errors[-1].code))
    return DataError.gathered(shown)


def _matrices(table: TextTable, columns: Sequence[ModelColumn], rows: SplitRows) -> SplitArrays:
    widest = max(columns, key=lambda column: column.width)
    width, n_rows = sum(column.width for column in columns), sum(map(len, rows.by_name.values()))
    table.storage.expect(
        n_rows * width * _FLOAT32_BYTES,
        what=f"the matrix of {n_rows} rows and {width} model inputs ({widest.width} of them from the column "
        f"{widest.fitted.name!r})",
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
