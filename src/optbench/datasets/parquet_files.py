"""Parquet files into text tables, so that a table means the same whichever of the two forms it is stored in."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.csv_files import read_bytes
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.text_table import TextColumn, TextTable, column_of_codes
from optbench.errors import DataError, MachineError

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".parquet", ".pq")


def read_parquet(path: Path, *, name: str | None = None) -> TextTable:
    """Read a Parquet file; numbers become the shortest text that gives the same number, nulls None.

    Raises
    ------
    DataError
        If the file is missing, is no Parquet file, has no rows, or has columns of lists or records.
    MachineError
        If pyarrow is not installed.
    """
    pa, parquet = import_pyarrow()
    name = name or str(path)
    data = read_bytes(path)
    try:
        read = parquet.ParquetFile(io.BytesIO(data)).read()
    except pa.ArrowException as error:
        raise unreadable_parquet(name, error) from error
    return table_of(read, CheckedFile(path, name, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)))


def table_of(read: Any, file: CheckedFile) -> TextTable:
    """Return a pyarrow table as texts; see `read_parquet`."""
    check_schema(read.schema, n_rows=read.num_rows, name=file.name)
    columns = zip(read.column_names, read.columns, strict=True)
    return TextTable(
        files=(file,),
        columns=tuple(_column(column, cells) for column, cells in columns),
        file_of_row=np.zeros(read.num_rows, dtype=np.int64),
        lines=np.arange(1, read.num_rows + 1, dtype=np.int64),
    )


def import_pyarrow() -> tuple[Any, Any]:
    """Return the modules `pyarrow` and `pyarrow.parquet`.

    Raises
    ------
    MachineError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MachineError(
            'Parquet files need the package pyarrow, which is not installed. Run: pip install "optbench[parquet]".',
            code="machine-package-missing",
        ) from None
    return pa, parquet


def unreadable_parquet(name: str, error: Exception) -> DataError:
    """Return the error for bytes that pyarrow does not read."""
    return DataError(f"{name} cannot be read as Parquet: {error}.", code="data-file-wrong-format")


def check_schema(schema: Any, *, n_rows: int, name: str) -> None:
    """Require rows, and columns of plain values under names of their own.

    Raises
    ------
    DataError
        If there are none, or two columns share a name, or one holds lists or records.
    """
    import pyarrow as pa

    if n_rows == 0:
        raise DataError(
            f"{name} holds column names and no rows: there is nothing to learn from.", code="data-table-empty"
        )
    repeated = [column for i, column in enumerate(schema.names) if column in schema.names[:i]]
    if repeated:
        raise DataError(
            f"{name} names the column {repeated[0]!r} twice. Rename one of them.", code="data-column-repeated"
        )
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise DataError(
            f"{name}: column {nested[0]!r} holds lists or records. Drop it or store plain values in it.",
            code="data-column-nested",
        )


def _column(name: str, cells: Any) -> TextColumn:
    """Return a column; each different value is turned into text once."""
    encoded = cells.combine_chunks().dictionary_encode()
    texts = [text_of(value) for value in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    return column_of_codes(name, [*texts, None], codes)


def text_of(value: Any) -> str | None:
    """Return the text of a Parquet value: of a number the shortest that gives the same number, of a null None."""
    if value is None or isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else str(value)
