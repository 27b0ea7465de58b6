"""CSV files in chunks of rows: the same table as `csv_files` reads, without ever holding it.

A block is divided into fields by pyarrow if its quotes are around whole fields without further quotes or line ends.
Other blocks, and what pyarrow does not take, are read by Python's strict reader, whose errors people see.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets import csv_blocks
from optbench.datasets.csv_blocks import (
    BLOCK_BYTES,
    closed_blocks,
    fields,
    lines_of_rows,
    quotes_are_plain,
)
from optbench.datasets.csv_files import (
    UTF16_MARKS,
    binary_error,
    check_separator,
    check_widths,
    csv_rows,
    no_rows_error,
    read_header,
    unreadable_error,
    utf8_error,
    utf16_error,
)
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.stripped_texts import texts_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

CHUNK_ROWS = 1 << 15
_ASCII = 128


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows that follow each other.

    Attributes
    ----------
    columns : cells per column, stripped; pyarrow string or large_string arrays
    lines : (rows,) int64, line of each row in its file, from 1
    """

    columns: tuple[Any, ...]
    lines: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChunkedTable:
    """A file whose bytes have been looked at once, and its rows.

    Attributes
    ----------
    names : of the columns, stripped
    chunks : can be iterated once
    """

    file: CheckedFile
    names: tuple[str, ...]
    chunks: Iterator[Chunk]


def open_csv(path: Path, *, separator: str, name: str) -> ChunkedTable:
    """Look at the bytes and the header of a CSV file; its rows are read as they are asked for.

    Raises
    ------
    DataError
        As `csv_files.read_csv`, for the bytes and the header now, for rows when they are reached.
    """
    check_separator(separator)
    try:
        file = _scan(path, name)
    except OSError as error:
        raise unreadable_error(path, error) from error
    reader = _Reader(path, separator, name)
    with reader.open_text() as text:
        rows = reader.rows(text)
        names = read_header(rows, name=name, separator=separator)
        if next(rows, None) is None:
            raise no_rows_error(name)
    return ChunkedTable(file, tuple(names), reader.chunks(len(names)))


def _scan(path: Path, name: str) -> CheckedFile:
    """Return the file with its digest; refuse bytes that are no UTF-8 text."""
    digest, size, lines = hashlib.sha256(), 0, 0
    wrong: tuple[int, int] | None = None
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if size == 0 and block.startswith(UTF16_MARKS):
                raise utf16_error(name)
            if b"\0" in block:
                raise binary_error(name, line=lines + block.count(b"\n", 0, block.index(b"\0")) + 1)
            if wrong is None:
                wrong = _wrong_byte(decoder, block, lines)
            digest.update(block)
            size += len(block)
            lines += block.count(b"\n")
    wrong = _wrong_byte(decoder, b"", lines, final=True) if wrong is None else wrong
    if wrong is not None:
        raise utf8_error(name, wrong[0], line=wrong[1])
    return CheckedFile(path, name, digest.hexdigest(), size)


def _wrong_byte(
    decoder: codecs.IncrementalDecoder, block: bytes, lines: int, *, final: bool = False
) -> tuple[int, int] | None:
    """Return the first byte that is no UTF-8 and its line, or None; `lines` line ends stand before the block."""
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        return error.object[error.start], lines + error.object.count(b"\n", 0, error.start) + 1
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    separator: str
    name: str

    def open_text(self) -> TextIO:
        return self.path.open(encoding="utf-8-sig", newline=None)

    def rows(self, text: TextIO, first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
        return csv_rows(text, separator=self.separator, name=self.name, sample=self.open_text, first_line=first_line)

    def chunks(self, width: int) -> Iterator[Chunk]:
        line, n_rows, in_header = 1, 0, True
        with self.path.open("rb") as file:
            for block in closed_blocks(file):
                chunk, is_whole = self._chunk(block, width, first_line=line, in_header=in_header)
                if not is_whole:
                    yield from self._strict_chunks(width, after=n_rows)
                    return
                line += block.count(b"\n")
                n_rows += len(chunk.lines)
                in_header = in_header and not block.strip(b"\n")  # nothing but blank lines yet
                if len(chunk.lines):
                    yield chunk

    def _chunk(self, block: bytes, width: int, *, first_line: int, in_header: bool) -> tuple[Chunk, bool]:
        """Return the rows of a block of lines, and whether a reader of the whole file would find the same."""
        if ord(self.separator) < _ASCII and quotes_are_plain(block, self.separator):
            part = block.lstrip(b"\n").partition(b"\n")[2] if in_header else block
            first = first_line + block.count(b"\n") - part.count(b"\n")
            return self._plain_chunk(part, width, first_line=first), True
        try:
            rows = list(self.rows(io.StringIO(block.decode()), first_line))
            return self._strict_chunk(rows[1:] if in_header else rows, width), len(block) <= csv_blocks.LONGEST_PART
        except DataError:
            return Chunk((), np.zeros(0, dtype=np.int64)), False

    def _strict_chunks(self, width: int, *, after: int) -> Iterator[Chunk]:
        with self.open_text() as text:
            rows = itertools.islice(self.rows(text), after + 1, None)
            while batch := list(itertools.islice(rows, CHUNK_ROWS)):
                yield self._strict_chunk(batch, width)

    def _plain_chunk(self, block: bytes, width: int, *, first_line: int) -> Chunk:
        lines = lines_of_rows(block, first_line)
        columns = fields(block, width, self.separator, len(lines)) if len(lines) else ()
        if columns is None:
            rows = list(self.rows(io.StringIO(block.decode()), first_line))
            return self._strict_chunk(rows, width)
        return Chunk(columns, lines)

    def _strict_chunk(self, rows: Sequence[tuple[int, list[str]]], width: int) -> Chunk:
        if not rows:
            return Chunk((), np.zeros(0, dtype=np.int64))
        check_widths(rows, width=width, name=self.name, separator=self.separator)
        cells = zip(*(row for _, row in rows), strict=True)
        columns = tuple(texts_of([cell.strip() for cell in column]) for column in cells)
        return Chunk(columns, np.array([line for line, _ in rows], dtype=np.int64))
