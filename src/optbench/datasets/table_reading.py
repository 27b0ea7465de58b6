"""Files into one table: CSV or Parquet, of any size, read once and in chunks of rows."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from optbench.core.worded import worded
from optbench.datasets.column_names import spelled
from optbench.datasets.columns import ColumnBuilder
from optbench.datasets.csv_blocks import Chunk
from optbench.datasets.csv_files import no_rows_error
from optbench.datasets.csv_reading import CsvSource
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.memory import require_memory_for_rows
from optbench.datasets.ordered_work import in_order, n_workers
from optbench.datasets.parquet_files import ENDINGS, ParquetSource
from optbench.datasets.reading_progress import ReadingProgress
from optbench.datasets.table_storage import TableStorage
from optbench.datasets.text_table import RowLines, TextTable, require_same_columns
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from optbench.datasets.columns import PreparedCells

Made = TypeVar("Made")

ONE_BLOCK = 8 << 20  # bytes of a file that one thread reads as fast as several


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file to be read.

    Attributes
    ----------
    name : how messages and the run's record call it
    path : where it is
    separator : one character; without a meaning for Parquet
    copy : which of the known copies the file is, for the record
    original : the user's file, where `path` is a temporary copy of it in another form; else None
    point_names : columns whose cells that form has as numbers, not as texts
    """

    name: str
    path: Path
    separator: str = ","
    copy: str = ""
    original: CheckedFile | None = None
    point_names: frozenset[str] = frozenset()


def require_regular_file(path: Path, name: str) -> None:
    """Refuse devices and pipes, which may never end.

    Raises
    ------
    DataError
        If something of that name exists and is neither a file nor a folder.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(
            worded("file-irregular", "{name} must be a regular file. Received: a device or a pipe.", name=name),
            code="data-file-irregular",
        )


def read_table(
    files: Sequence[TableFile],
    *,
    storage: TableStorage | None = None,
    most_rows: int | None = None,
    quiet: bool = True,
) -> TextTable:
    """Read one table, from files with the same columns whose rows follow each other.

    Parameters
    ----------
    storage : where its cells go; in memory if they are few, by default
    most_rows : read no more than the first rows of each file; the record of the file then has no digest
    quiet : say nothing of how far it has got

    Raises
    ------
    DataError
        If a file cannot be read as a table, changes meanwhile, or the columns differ.
    MachineError
        If temporary files cannot be written.
    """
    storage = TableStorage() if storage is None else storage
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(open_source(file))) for file in files]
        names = sources[0].names
        for source in sources[1:]:
            require_same_columns(names, source.names, shown=(sources[0].name, source.name))
        reader = _Reader(names, storage, most_rows=most_rows, quiet=quiet)
        checked = [reader.read(file, source) for file, source in zip(files, sources, strict=True)]
    return TextTable(
        files=tuple(checked),
        columns=tuple(builder.column(name) for builder, name in zip(reader.builders, names, strict=True)),
        rows_per_file=tuple(reader.rows_per_file),
        lines=reader.lines,
        storage=storage,
        index_names=sources[0].index_names,
        point_names=frozenset().union(
            *(names.number_names for names in sources), *(file.point_names for file in files)
        ),
    )


def open_source(file: TableFile) -> CsvSource | ParquetSource:
    """Open a file to be read in chunks.

    Raises
    ------
    DataError
        If it is no table.
    """
    require_regular_file(file.path, file.name)
    if file.path.suffix.lower() in ENDINGS:
        return ParquetSource(file.path, name=file.name)
    return CsvSource(file.path, separator=file.separator, name=file.name)


def chunks_of(
    source: CsvSource | ParquetSource, make: Callable[[Chunk], Made], *, workers: int
) -> Generator[tuple[Chunk, Made]]:
    """Yield the rows of a file in their order, a chunk that has some at a time, with what is made of each.

    Parameters
    ----------
    make : called by several threads
    workers : number of threads; 1 for none but the caller's

    Raises
    ------
    DataError
        If the file turns out to be no table.
    """

    def made_of(chunk: Chunk) -> tuple[Chunk, Made | None]:
        return chunk, make(chunk) if len(chunk.lines) else None

    def parsed(item: Any) -> tuple[Chunk, Made | None] | None:
        chunk = source.parse(item)
        return None if chunk is None else made_of(chunk)

    def strict(item: Any, after: int) -> tuple[Iterable[tuple[Chunk, Made | None]], bool]:
        reader: Any = source  # only of CSV there are blocks that need it
        rows, is_last = reader.strict(item, after=after)
        return map(made_of, rows), is_last

    n_rows = 0
    with closing(in_order(parsed, source.items(), workers=workers)) as found:
        for item, one in found:
            chunks, is_last = ([one], False) if one is not None else strict(item, n_rows)
            for chunk, made in chunks:
                n_rows += len(chunk.lines)
                if made is not None:
                    yield chunk, made
            if is_last:
                return


class _Reader:
    """Appends the rows of files to the columns of a table."""

    def __init__(self, names: Sequence[str], storage: TableStorage, *, most_rows: int | None, quiet: bool) -> None:
        self._names, self._storage = names, storage
        self._most_rows = most_rows
        self._quiet = quiet
        self.builders = [ColumnBuilder(storage) for _ in names]
        self.lines = RowLines()
        self.rows_per_file: list[int] = []

    def read(self, file: TableFile, source: CsvSource | ParquetSource) -> CheckedFile:
        """Append the rows of a file and return its record."""
        before = identity(file.path, file.name)
        size = max(before[1], getattr(source, "unpacked_bytes", 0))
        self._storage.expect(size, what=f"reading {file.name}")
        progress = ReadingProgress(file.name, size, quiet=self._quiet)
        positions = [source.names.index(spelled(name, source.names)) for name in self._names]
        n_rows = 0
        for chunk, prepared in self._prepared(source, positions, workers=1 if size <= ONE_BLOCK else n_workers()):
            for builder, cells in zip(self.builders, prepared, strict=True):
                builder.add(cells)
            self.lines.add(chunk.lines)
            n_rows += len(chunk.lines)
            require_memory_for_rows(n_rows, name=file.name)
            progress.show(n_bytes=source.n_bytes, n_rows=n_rows)
        progress.end()
        if not n_rows:
            raise no_rows_error(file.name)
        if identity(file.path, file.name) != before:
            raise changed_error(file.name)
        self.rows_per_file.append(n_rows)
        is_whole = self._most_rows is None
        if file.original is not None:
            return file.original
        return CheckedFile(file.path, file.name, source.sha256 if is_whole else "", before[1], file.copy)

    def _prepared(
        self, source: CsvSource | ParquetSource, positions: Sequence[int], *, workers: int
    ) -> Iterator[tuple[Chunk, list[PreparedCells]]]:
        """Yield the rows of a file that hold any, `most_rows` at most, ready to be appended."""
        n_rows = 0
        with closing(chunks_of(source, lambda chunk: self._prepare(chunk, positions), workers=workers)) as found:
            for chunk, cells in found:
                if self._most_rows is not None and n_rows + len(chunk.lines) >= self._most_rows:
                    cut = _first_rows(chunk, self._most_rows - n_rows)
                    yield cut, self._prepare(cut, positions)
                    return
                n_rows += len(chunk.lines)
                yield chunk, cells

    def _prepare(self, chunk: Chunk, positions: Sequence[int]) -> list[PreparedCells]:
        pairs = zip(self.builders, positions, strict=True)
        return [builder.prepare(chunk.columns[position]) for builder, position in pairs]


def _first_rows(chunk: Chunk, n: int) -> Chunk:
    return Chunk(tuple(column.slice(0, n) for column in chunk.columns), chunk.lines[:n])


def identity(path: Path, name: str) -> tuple[int, int, int]:
    """Return what changes with a file that is open: inode, size and time of the last change.

    Raises
    ------
    DataError
        If it is gone.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - one call, whatever the path is
    except OSError:
        raise changed_error(name) from None
    return status.st_ino, status.st_size, status.st_mtime_ns


def changed_error(name: str) -> DataError:
    """Return the error for a file that is no longer what it was when it was opened."""
    return DataError(
        worded(
            "file-changed",
            "{name} changed while it was read. Read it again when nothing writes to it any more.",
            name=name,
        ),
        code="data-file-changed",
    )
