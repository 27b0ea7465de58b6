"""Parquet files in chunks of rows: the same texts as `parquet_files` reads, without ever holding all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.csv_chunks import Chunk, ChunkedTable
from optbench.datasets.csv_files import unreadable_error
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.parquet_files import check_schema, import_pyarrow, text_of, unreadable_parquet
from optbench.datasets.stripped_texts import stripped, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_ROWS = 1 << 16
# pyarrow writes a number between these without an exponent, as Python does
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e9


def open_parquet(path: Path, *, name: str) -> ChunkedTable:
    """Look at the bytes and the schema of a Parquet file; its rows are read as they are asked for.

    Raises
    ------
    DataError
        As `parquet_files.read_parquet`.
    MachineError
        If pyarrow is not installed.
    """
    pa, parquet = import_pyarrow()
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable_error(path, error) from error
    try:
        opened = parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise unreadable_parquet(name, error) from error
    check_schema(opened.schema_arrow, n_rows=opened.metadata.num_rows, name=name)
    checked = CheckedFile(path, name, digest, path.stat().st_size)
    return ChunkedTable(checked, tuple(opened.schema_arrow.names), _chunks(opened, name))


def _chunks(opened: Any, name: str) -> Iterator[Chunk]:
    import pyarrow as pa

    row = 1
    try:
        for batch in opened.iter_batches(batch_size=CHUNK_ROWS):
            lines = np.arange(row, row + batch.num_rows, dtype=np.int64)
            row += batch.num_rows
            yield Chunk(tuple(stripped(texts_of_values(column)) for column in batch.columns), lines)
    except pa.ArrowException as error:
        raise unreadable_parquet(name, error) from error


def texts_of_values(values: Any) -> Any:
    """Return a pyarrow array's values as texts, each as `parquet_files.text_of` makes it; nulls stay."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        return texts_of_values(values.dictionary_decode())
    if pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.cast(values, pa.large_string())
    if pa.types.is_floating(kind):
        return _texts_of_floats(pc.cast(values, pa.float64()))
    encoded = values.dictionary_encode()
    return texts_of([text_of(value) for value in encoded.dictionary.to_pylist()]).take(encoded.indices)


def _texts_of_floats(values: Any) -> Any:
    """Return Python's `repr` of float64 values: pyarrow's text with what it leaves out, or `repr` itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.cast(values, pa.large_string())
    size = pc.abs(values)
    is_whole = pc.equal(pc.trunc(values), values)
    point, nothing = pa.scalar(".0", pa.large_string()), pa.scalar("", pa.large_string())
    texts = pc.if_else(is_whole, pc.binary_join_element_wise(texts, point, nothing), texts)
    is_plain = pc.and_(pc.greater_equal(size, _SMALLEST_PLAIN), pc.less(size, _LARGEST_PLAIN))
    is_plain = pc.fill_null(pc.or_(is_plain, pc.equal(values, 0.0)), True)
    if pc.all(is_plain).as_py():
        return texts
    rest = texts_of([repr(value) for value in values.filter(pc.invert(is_plain)).to_pylist()])
    return pc.replace_with_mask(texts, pc.invert(is_plain), rest)
