"""Where new rows of a table come from: files as training reads them, frames and dictionaries that people hold."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.datasets import DATASETS
from optbench.config import CsvConfig
from optbench.core.text_encodings import UTF8
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.arrow_texts import stripped
from optbench.datasets.csv_files import no_rows_error, separator_of
from optbench.datasets.frame_columns import arrow_table, columns_of
from optbench.datasets.new_rows import SOURCES, TableRows, require_table, text_column
from optbench.datasets.opening import Storage, open_table
from optbench.datasets.ordered_work import in_order, n_workers
from optbench.datasets.parquet_files import ENDINGS as PARQUET_ENDINGS
from optbench.datasets.parquet_files import number_names, texts_of_values
from optbench.datasets.sheets import ENDINGS as SHEET_ENDINGS
from optbench.datasets.table_reading import ONE_BLOCK, chunks_of, open_source
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from optbench.config import DatasetConfig
    from optbench.core.findings import Finding
    from optbench.datasets.csv_blocks import Chunk
    from optbench.datasets.csv_reading import CsvSource
    from optbench.datasets.new_rows import PreparedRows
    from optbench.datasets.opening import OpenedTable
    from optbench.datasets.parquet_files import ParquetSource
    from optbench.datasets.preprocessing import Preprocessing
    from optbench.datasets.text_table import Lines

_FRAME: Final = "the frame"
_FRAME_ROWS: Final = 1 << 16
_TEXT_ROWS: Final = 1 << 13


@dataclass(frozen=True, slots=True)
class NewRows:
    """New rows on their way to a model.

    Attributes
    ----------
    parts : prepared rows in their order; can be gone through once
    identifier : what the ids of rows are called; None if they have none
    has_target : each part has `y`
    notes : on how the file was read
    """

    parts: Iterator[PreparedRows]
    identifier: str | None = None
    has_target: bool = False
    notes: tuple[Finding, ...] = ()


def stored_like(config: DatasetConfig, path: Path) -> Storage:
    """Return how the table of an experiment is stored: what a new one is taken to be, as far as its form has it."""
    if isinstance(config, CsvConfig):
        kind = path.suffix.lower()
        is_text = kind not in (*PARQUET_ENDINGS, *SHEET_ENDINGS)
        has_sheets = kind in SHEET_ENDINGS
        return Storage(config.separator, config.encoding if is_text else UTF8, config.sheet if has_sheets else None)
    entry = DATASETS.get(config.name)
    return Storage() if entry is None or entry.table is None else Storage(entry.table.separator)


@contextmanager
def table_file(
    path: Path, preprocessing: Preprocessing, storage: Storage, *, shown: str, identifier: str | None = None
) -> Iterator[NewRows]:
    """Open the file of a table; of a text the separator may also be another one that its header has.

    Raises
    ------
    DataError
        If it cannot be read, lacks a column, or a cell is not as in training.
    """
    require_table(preprocessing)
    with open_table(path, storage, name=shown) as opened, closing(_source(opened)) as source:
        table = TableRows(preprocessing, source.names, shown=shown, identifier=identifier, numbers=source.number_names)

        def prepared(chunk: Chunk) -> PreparedRows:
            return table.prepare(chunk.columns, _place(chunk.lines, shown))

        workers = 1 if opened.path.stat().st_size <= ONE_BLOCK else n_workers()
        with closing(chunks_of(source, prepared, workers=workers)) as found_rows:
            parts = (made for _, made in found_rows)
            yield NewRows(_some(parts, shown), table.identifier, table.target is not None, opened.notes)


def _source(opened: OpenedTable) -> CsvSource | ParquetSource:
    """Open a table; where its header is one name with separators in it, by that which separates it."""
    try:
        return open_source(opened.file)
    except DataError as error:
        if error.code != "data-column-alone":
            raise
    with opened.path.open(encoding="utf-8-sig", errors="replace", newline=None) as text:
        return open_source(replace(opened.file, separator=separator_of(text)))


def _place(lines: Lines, shown: str) -> Callable[[int], str]:
    return lambda row: f"line {int(lines[row])} of {shown}"


def _some(parts: Iterator[PreparedRows], shown: str) -> Iterator[PreparedRows]:
    """Yield the parts; a file without rows is refused."""
    nothing = True
    for part in parts:
        nothing = False
        yield part
    if nothing:
        raise no_rows_error(shown)


def text_lines(path: Path, preprocessing: Preprocessing, *, shown: str) -> NewRows:
    """Return the lines of a text file as the cells of the one column of running text.

    Raises
    ------
    DataError
        If the model takes something else, or the file is no UTF-8 text.
    """
    name = text_column(preprocessing)
    if name is None:
        raise DataError(
            f"{shown} holds lines of text. The model was trained on {SOURCES[preprocessing.source.kind]}: give that.",
            code="data-form-not-as-trained",
        )
    table = TableRows(preprocessing, [name], shown=shown)
    chunks = _line_chunks(path, shown)
    made = in_order(lambda one: table.prepare([stripped(texts_of(one[1]))], _row(shown, one[0])), chunks, workers=1)
    return NewRows(_some((rows for _, rows in made), shown))


def _line_chunks(path: Path, shown: str) -> Iterator[tuple[int, list[str | None]]]:
    first = 0
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            lines: list[str | None] = []
            for line in file:
                lines.append(line)
                if len(lines) == _TEXT_ROWS:
                    yield first, lines
                    first, lines = first + len(lines), []
            if lines:
                yield first, lines
    except UnicodeDecodeError as error:
        raise DataError(f"{shown} must be UTF-8 text: {error.reason}.", code="data-file-not-utf8") from error


def _row(shown: str, first: int) -> Callable[[int], str]:
    return lambda row: f"row {first + row + 1} of {shown}"


def frame_rows(data: Any, preprocessing: Preprocessing, *, identifier: str | None = None) -> NewRows:
    """Return the rows of a pandas or polars frame, a pyarrow table, or a dictionary of columns.

    Raises
    ------
    DataError
        If it is none of these, lacks a column, or a cell is not as in training.
    """
    columns = columns_of(data)
    names = [name for name, _ in columns]
    wanted = TableRows(preprocessing, names, shown=_FRAME, identifier=identifier).used
    held = arrow_table([(name, values) for name, values in columns if name in wanted])
    numbers = number_names(held.schema)
    table = TableRows(preprocessing, names, shown=_FRAME, identifier=identifier, numbers=numbers)

    def parts() -> Iterator[PreparedRows]:
        first = 0
        for batch in held.to_batches(max_chunksize=_FRAME_ROWS):
            if batch.num_rows:
                texts = {name: stripped(texts_of_values(batch.column(name))) for name in batch.schema.names}
                yield table.prepare([texts.get(name) for name in names], _row(_FRAME, first))
            first += batch.num_rows

    return NewRows(parts(), table.identifier, table.target is not None)
