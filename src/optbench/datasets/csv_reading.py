"""CSV files, read once and in blocks by pyarrow; what it does not take is read, and explained, by Python's reader."""

from __future__ import annotations

import codecs
import hashlib
import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.worded import worded
from optbench.datasets import csv_blocks
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.csv_blocks import (
    LONGEST_LINE,
    Chunk,
    OverlongLineError,
    closed_blocks,
    is_closed,
    parse,
    whole_lines,
)
from optbench.datasets.csv_files import (
    UTF16_MARKS,
    binary_error,
    check_separator,
    check_widths,
    csv_rows,
    header_names,
    unreadable_error,
    utf8_error,
    utf16_error,
)
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO, TextIO

CHUNK_ROWS = 1 << 15
_NO_ROWS = Chunk((), range(0))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a file.

    Attributes
    ----------
    data : whole lines, each with a line feed at its end
    first_line : number of the first of them
    n_lines : how many
    """

    data: bytes
    first_line: int
    n_lines: int


class CsvSource:
    """A CSV file: UTF-8 with or without byte-order mark, with a header line, LF, CRLF or CR at the ends of lines.

    Parameters
    ----------
    separator : one character
    name : what messages call the file

    Raises
    ------
    DataError
        If the file is missing, empty or no text, or its header is not well formed.
    """

    index_names: tuple[str, ...] = ()  # nothing in a CSV file says which column is an index
    number_names: frozenset[str] = frozenset()  # or what is a number

    def __init__(self, path: Path, *, separator: str, name: str) -> None:
        check_separator(separator)
        self.path, self.name = path, name
        self._separator = separator
        self._digest = hashlib.sha256()
        self.n_bytes = 0
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise unreadable_error(path, error) from error
        self._blocks = self._numbered_blocks()
        self._start = Block(b"", 1, 0)
        try:
            self.names = tuple(self._read_header())
        except BaseException:
            self.close()
            raise

    def read(self, size: int) -> bytes:
        """Return the next bytes of the file."""
        try:
            data = self._file.read(size)
        except OSError as error:
            raise unreadable_error(self.path, error) from error
        if self.n_bytes == 0 and data.startswith(UTF16_MARKS):
            raise utf16_error(self.name)
        self._digest.update(data)
        self.n_bytes += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """Digest of the bytes read."""
        return self._digest.hexdigest()

    def items(self) -> Iterator[Block]:
        """Yield the lines below the header; can be iterated once."""
        yield self._start
        yield from self._blocks

    def parse(self, block: Block) -> Chunk | None:
        """Return the rows of a block, or None if `strict` has to look at it; may be called by several threads."""
        if not block.data:
            return _NO_ROWS
        return parse(
            block.data,
            width=len(self.names),
            separator=self._separator,
            first_line=block.first_line,
            n_lines=block.n_lines,
        )

    def strict(self, block: Block, *, after: int) -> tuple[Iterable[Chunk], bool]:
        """Return the rows of a block as Python's reader finds them, and whether they are all that is left of the file.

        Parameters
        ----------
        after : number of rows before the block

        Raises
        ------
        DataError
            With the line and what is wrong there.
        """
        self._require_text(block)
        if len(block.data) <= csv_blocks.LONGEST_PART:
            try:
                return list(self._chunks(self._rows(_lines_of(block.data), block.first_line))), False
            except DataError:
                if is_closed(block.data, self._separator):
                    raise
        return self._rest(after), True

    def _rest(self, after: int) -> Iterator[Chunk]:
        """Yield all rows but the first: a quoted text may go on behind a block, as a reader of the whole can tell."""
        self._require_text_file()
        with self._open_text() as text:
            yield from self._chunks(itertools.islice(self._rows(text), after + 1, None))

    def _read_header(self) -> list[str]:
        for block in self._blocks:
            self._require_text(block)
            taken = _Counted(_lines_of(block.data))
            found = next(self._rows(taken, block.first_line), None)
            if found is not None:
                rest = _behind_lines(block.data, taken.n_lines)
                self._start = Block(rest, block.first_line + taken.n_lines, block.n_lines - taken.n_lines)
                return header_names(found[1], line=found[0], name=self.name, separator=self._separator)
        return header_names(None, line=1, name=self.name, separator=self._separator)

    def _numbered_blocks(self) -> Iterator[Block]:
        line = 1
        try:
            for data in closed_blocks(self):
                yield (block := Block(data, line, data.count(b"\n")))
                line += block.n_lines
        except OverlongLineError:
            raise DataError(
                worded(
                    "rows-long-line",
                    "{name}: a line after line {line} is longer than {most} MiB. Is this a table?",
                    name=self.name,
                    line=line - 1,
                    most=LONGEST_LINE >> 20,
                ),
                code="data-file-wrong-format",
            ) from None

    def _require_text(self, block: Block) -> None:
        data, first = block.data, block.first_line
        if b"\0" in data:
            raise binary_error(self.name, line=first + data.count(b"\n", 0, data.index(b"\0")))
        try:
            codecs.utf_8_decode(data, "strict", True)
        except UnicodeDecodeError as error:
            line = first + data.count(b"\n", 0, error.start)
            raise utf8_error(self.name, data[error.start], line=line) from None

    def _require_text_file(self) -> None:
        line = 1
        with self.path.open("rb") as file:
            for data in whole_lines(file):
                self._require_text(block := Block(data, line, data.count(b"\n")))
                line += block.n_lines

    def _open_text(self) -> TextIO:
        return self.path.open(encoding="utf-8-sig", errors="replace", newline=None)

    def _rows(self, text: Iterable[str], first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
        return csv_rows(text, separator=self._separator, name=self.name, sample=self._open_text, first_line=first_line)

    def _chunks(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Chunk]:
        while batch := list(itertools.islice(rows, CHUNK_ROWS)):
            yield self._chunk(batch)

    def _chunk(self, rows: Sequence[tuple[int, list[str]]]) -> Chunk:
        check_widths(rows, width=len(self.names), name=self.name, separator=self._separator)
        cells = zip(*(row for _, row in rows), strict=True)
        columns = tuple(texts_of([cell.strip() for cell in column]) for column in cells)
        return Chunk(columns, np.array([line for line, _ in rows], dtype=np.int64))


class _Counted:
    """Lines, and how many of them were taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.n_lines = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.n_lines += 1
        return line


def _lines_of(data: bytes) -> TextIO:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n")


def _behind_lines(data: bytes, n_lines: int) -> bytes:
    end = 0
    for _ in range(n_lines):
        end = data.index(b"\n", end) + 1
    return data[end:]
