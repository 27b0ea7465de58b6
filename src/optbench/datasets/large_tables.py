"""Tables too large for memory: read once, in chunks, into a file per column; then one column at a time is held."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.cell_digests import table_digest
from optbench.datasets.csv_chunks import open_csv
from optbench.datasets.memory import LARGE_TABLE, has_pyarrow
from optbench.datasets.parquet_chunks import open_parquet
from optbench.datasets.parquet_files import ENDINGS, import_pyarrow, unreadable_parquet
from optbench.datasets.scratch import require_disk
from optbench.datasets.stored_columns import ColumnWriter
from optbench.datasets.text_table import TextColumn, TextTable, require_same_columns
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.datasets.csv_chunks import Chunk, ChunkedTable
    from optbench.datasets.stored_columns import StoredColumn

DEFAULT_MB = 64.0
_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class LargeTable(TextTable):
    """A table whose columns lie on the disk; `columns` is empty.

    Attributes
    ----------
    folder : where files made from it belong
    stored : in the order of the (first) header
    """

    folder: Path
    stored: tuple[StoredColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(column.name for column in self.stored)

    def column(self, name: str) -> TextColumn:
        """Return the column of that name, held in memory: for targets and the like, which have few different texts."""
        column = read_column(self.stored_column(name))
        assert column is not None  # noqa: S101 - there is no limit to be over
        return column

    def stored_column(self, name: str) -> StoredColumn:
        """Return the column of that name, which must exist."""
        return self.stored[self.names.index(name)]

    def digest(self) -> str:
        """Return the digest that the same table has when it is held in memory."""
        digests = {column.name: column.digest for column in self.stored}
        return table_digest(np.bincount(self.file_of_row).tolist(), digests)


def is_large(paths: Sequence[Path], environment: Mapping[str, str] | None = None) -> bool:
    """Return True if tables are to be read in chunks: together they are larger than `OPTBENCH_LARGE_TABLE_MB`.

    Of a Parquet file the size of its uncompressed values counts. Without pyarrow no table is read in chunks.

    Raises
    ------
    UsageError
        If the variable is no number.
    """
    environment = os.environ if environment is None else environment
    given = environment.get(LARGE_TABLE, str(DEFAULT_MB))
    try:
        most = float(given) * _BYTES
    except ValueError:
        raise UsageError(
            f"{LARGE_TABLE} must be a number of megabytes. Received: {given!r}.", code="usage-setting-wrong"
        ) from None
    if not most >= 0:
        raise UsageError(f"{LARGE_TABLE} must be 0 or more megabytes. Received: {given!r}.", code="usage-setting-wrong")
    return has_pyarrow() and sum(map(_size, paths)) > most


def _size(path: Path) -> int:
    if not path.is_file():
        return 0
    if path.suffix.lower() not in ENDINGS:
        return path.stat().st_size
    pa, parquet = import_pyarrow()
    try:
        metadata = parquet.read_metadata(path)
    except pa.ArrowException as error:
        raise unreadable_parquet(str(path), error) from error
    return sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))


def read_large_table(paths: Sequence[tuple[str, Path]], *, separator: str, folder: Path) -> LargeTable:
    """Read one table, or two with the same columns one after the other, into files of a folder.

    Parameters
    ----------
    paths : what messages call each file, and where it is

    Raises
    ------
    DataError
        As the readers of tables that are held in memory.
    """
    require_disk(sum(path.stat().st_size for _, path in paths if path.is_file()), what="reading the table")
    sources = [_open(path, name, separator) for name, path in paths]
    names = sources[0].names
    for source in sources[1:]:
        require_same_columns(names, source.names, shown=(sources[0].file.name, source.file.name))
    with ExitStack() as stack:
        writers = [stack.enter_context(ColumnWriter(folder / str(position))) for position in range(len(names))]
        lines = stack.enter_context((folder / "lines").open("wb"))
        counts = [_copy(source, names, writers, lines) for source in sources]
    return LargeTable(
        files=tuple(source.file for source in sources),
        columns=(),
        file_of_row=_file_of_row(counts),
        lines=np.memmap(folder / "lines", dtype=np.int64, mode="r"),
        folder=folder,
        stored=tuple(writer.stored(name) for writer, name in zip(writers, names, strict=True)),
    )


def _file_of_row(counts: Sequence[int]) -> NDArray[np.int64]:
    if len(counts) == 1:
        return np.zeros(counts[0], dtype=np.int64)  # pages that nobody writes to take no memory
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def _open(path: Path, name: str, separator: str) -> ChunkedTable:
    if path.suffix.lower() in ENDINGS:
        return open_parquet(path, name=name)
    return open_csv(path, separator=separator, name=name)


def _copy(source: ChunkedTable, names: Sequence[str], writers: Sequence[ColumnWriter], lines: Any) -> int:
    """Append the rows of a file and return their number."""
    positions = [source.names.index(name) for name in names]
    n_rows = 0
    for chunk in source.chunks:
        _append(chunk, positions, writers)
        chunk.lines.tofile(lines)
        n_rows += len(chunk.lines)
    return n_rows


def _append(chunk: Chunk, positions: Sequence[int], writers: Sequence[ColumnWriter]) -> None:
    for writer, position in zip(writers, positions, strict=True):
        writer.add(chunk.columns[position])


def read_column(stored: StoredColumn, *, most: int | None = None) -> TextColumn | None:
    """Return a column as its different texts and a code per row, or None if there are more than `most` of them."""
    position: dict[str | None, int] = {}
    codes = []
    for block in stored.blocks():
        encoded = block.dictionary_encode(null_encoding="encode")
        if most is not None and len(encoded.dictionary) > most:
            return None
        texts = encoded.dictionary.to_pylist()
        moved = np.array([position.setdefault(text, len(position)) for text in texts], dtype=np.int32)
        if most is not None and len(position) > most:
            return None
        codes.append(moved[encoded.indices.to_numpy()])
    return TextColumn(stored.name, tuple(position), np.concatenate(codes).astype(np.int64))
