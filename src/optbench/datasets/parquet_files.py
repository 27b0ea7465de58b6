"""Parquet files in chunks of rows, as texts: a table means the same whichever of the two forms it is stored in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from optbench.core.text import stated
from optbench.core.worded import worded
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.arrow_texts import stripped
from optbench.datasets.csv_blocks import Chunk
from optbench.datasets.csv_files import unreadable_error
from optbench.datasets.memory import require_memory_for_rows
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDINGS = (".parquet", ".pq")
_AS_THOUSANDS = 4  # characters: a point and three digits might stand between thousands, were they people's
CHUNK_ROWS = 1 << 16
_BUFFER_BYTES = 1 << 20  # of a column that is being read
# pyarrow writes a number between these without an exponent, as Python does
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e9


class ParquetSource:
    """A Parquet file; numbers become the shortest text that gives the same number, nulls stay.

    Parameters
    ----------
    name : what messages call the file

    Raises
    ------
    DataError
        If the file is missing, is no Parquet file, has no rows, or has columns of lists or records.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        from pyarrow import parquet

        self.path, self.name = path, name
        try:
            with path.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            self._opened = parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES)
        except _errors() as error:
            raise self._unreadable(error) from error
        schema, metadata = self._opened.schema_arrow, self._opened.metadata
        check_schema(schema, n_rows=metadata.num_rows, name=name)
        require_memory_for_rows(metadata.num_rows, name=name)
        self.names = tuple(schema.names)
        self.index_names = index_names(schema)
        self.number_names = number_names(schema)
        self.unpacked_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        self.n_bytes = 0

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def items(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of rows before some rows, and these as a pyarrow record batch."""
        row = 0
        try:
            for groups in self._groups():
                # a reader keeps what it has read until its last row group is done, so each has only a few
                for batch in self._opened.iter_batches(batch_size=CHUNK_ROWS, row_groups=groups, use_threads=False):
                    yield row, batch
                    row += batch.num_rows
                    self.n_bytes = self.unpacked_bytes * row // self._opened.metadata.num_rows
        except _errors() as error:
            raise self._unreadable(error) from error

    def _groups(self) -> Iterator[list[int]]:
        """Yield row groups that follow each other, enough of them for a chunk of rows."""
        metadata, found, n_rows = self._opened.metadata, [], 0
        for group in range(metadata.num_row_groups):
            found.append(group)
            n_rows += metadata.row_group(group).num_rows
            if n_rows >= CHUNK_ROWS or group == metadata.num_row_groups - 1:
                yield found
                found, n_rows = [], 0

    def parse(self, item: tuple[int, Any]) -> Chunk:
        """Return rows as texts; may be called by several threads."""
        row, batch = item
        columns = tuple(stripped(texts_of_values(column)) for column in batch.columns)
        return Chunk(columns, range(row + 1, row + batch.num_rows + 1))

    def _unreadable(self, error: Exception) -> DataError:
        if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
            return unreadable_error(self.path, error)
        return DataError(
            worded(
                "file-not-parquet", "{name} cannot be read as Parquet: {reason}.", name=self.name, reason=stated(error)
            ),
            code="data-file-wrong-format",
        )


def _errors() -> tuple[type[Exception], ...]:
    """Return what pyarrow raises for a file that is damaged or not there."""
    import pyarrow as pa

    return pa.ArrowException, OSError


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
            worded("rows-names-only", "{name} holds column names and no rows. Name a file with rows.", name=name),
            code="data-table-empty",
        )
    repeated = [column for i, column in enumerate(schema.names) if column in schema.names[:i]]
    if repeated:
        raise DataError(
            worded(
                "rows-parquet-twice",
                "{name} names the column {column!r} twice. Rename one of them.",
                name=name,
                column=repeated[0],
            ),
            code="data-column-repeated",
        )
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise DataError(
            worded(
                "rows-nested",
                "{name}: column {column!r} holds lists or records. Write the file without it, or plain values into it.",
                name=name,
                column=nested[0],
            ),
            code="data-column-nested",
        )


def number_names(schema: Any) -> frozenset[str]:
    """Return the columns whose values are typed numbers."""
    import pyarrow as pa

    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return frozenset(field.name for field in schema if any(is_kind(field.type) for is_kind in kinds))


def index_names(schema: Any) -> tuple[str, ...]:
    """Return the columns that were the index of the pandas frame which the file was written from."""
    try:
        described = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        found = described.get("index_columns", []) if isinstance(described, dict) else []
    except ValueError:  # whoever wrote that, the columns can be read
        return ()
    return tuple(name for name in found if isinstance(name, str) and name in schema.names)


def texts_of_values(values: Any) -> Any:
    """Return a pyarrow array's values as texts, each as `text_of` makes it; nulls stay."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        return texts_of_values(values.dictionary_decode())
    if pa.types.is_string(kind):
        return values
    if pa.types.is_integer(kind) or pa.types.is_large_string(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_floating(kind):
        return _texts_of_floats(pc.cast(values, pa.float64()))
    if pa.types.is_duration(kind):
        return _texts_of_durations(values)
    encoded = values.dictionary_encode()
    return texts_of([text_of(value) for value in encoded.dictionary.to_pylist()]).take(encoded.indices)


def text_of(value: Any) -> str | None:
    """Return the text of a Parquet value: of a number the shortest that gives the same number, of a null None.

    Bytes are taken for UTF-8 text; what is none of it is written as an escape.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return repr(value) if isinstance(value, float) else str(value)


def _texts_of_durations(values: Any) -> Any:
    """Return durations as exact seconds with their unit: `90.5 s`, which is read as a number of that unit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = {"s": 0, "ms": 3, "us": 6, "ns": 9}[values.type.unit]
    counts = pc.cast(values, pa.int64()).to_pylist()
    return texts_of([None if count is None else seconds_text(count, digits) for count in counts])


def seconds_text(count: int, digits: int) -> str:
    """Return a duration as seconds with their unit, from a count of seconds, or of tenths with one digit, and so on."""
    whole, rest = divmod(abs(count), 10**digits)
    decimals = f".{rest:0{digits}d}".rstrip("0") if rest else ""
    if len(decimals) == _AS_THOUSANDS:
        decimals += "0"
    return f"{'-' if count < 0 else ''}{whole}{decimals} s"


def _texts_of_floats(values: Any) -> Any:
    """Return Python's `repr` of float64 values: pyarrow's text with what it leaves out, or `repr` itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.cast(values, pa.string())
    size = pc.abs(values)
    is_whole = pc.equal(pc.trunc(values), values)
    if pc.any(is_whole).as_py():
        texts = pc.if_else(is_whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    is_plain = pc.and_(pc.greater_equal(size, _SMALLEST_PLAIN), pc.less(size, _LARGEST_PLAIN))
    is_plain = pc.fill_null(pc.or_(is_plain, pc.equal(values, 0.0)), True)
    if pc.all(is_plain).as_py():
        return texts
    rest = texts_of([repr(value) for value in values.filter(pc.invert(is_plain)).to_pylist()])
    return pc.replace_with_mask(texts, pc.invert(is_plain), rest)
