"""Bytes of a CSV file in blocks of whole lines, and the rows of a block whose quotes leave no doubt about them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optbench.datasets.arrow_texts import buffers, stripped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from numpy.typing import NDArray

    from optbench.datasets.text_table import Lines

    class Reads(Protocol):
        """What bytes come from."""

        def read(self, size: int, /) -> bytes:
            """Return at most so many bytes; none at the end."""


BLOCK_BYTES = 8 << 20
LONGEST_PART = 256 << 20  # of lines that a quoted text may run through before the file is read line by line
BOM = codecs.BOM_UTF8
LONGEST_LINE = 256 << 20  # a table of two thousand of the longest fields has no longer ones
_LONGEST_FIELD = 131_072  # of Python's reader
_QUOTE, _LINE_END = ord('"'), ord("\n")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows that follow each other.

    Attributes
    ----------
    columns : cells per column, stripped; pyarrow string arrays
    lines : line of each row in its file, from 1
    """

    columns: tuple[Any, ...]
    lines: Lines


class OverlongLineError(Exception):
    """A line is longer than `LONGEST_LINE`."""


def whole_lines(file: Reads) -> Iterator[bytes]:
    """Yield blocks of whole lines without byte-order mark; every line ends with a line feed.

    Raises
    ------
    OverlongLineError
        If a line is longer than can be meant.
    """
    parts: list[bytes] = []
    for block in _with_line_feeds(file):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join([*parts, block[:cut]]) if parts else block[:cut]
            parts = []
        if cut < len(block):
            parts.append(block[cut:])
        if sum(map(len, parts)) > LONGEST_LINE:
            raise OverlongLineError
    if parts:
        yield b"".join([*parts, b"\n"])


def _with_line_feeds(file: Reads) -> Iterator[bytes]:
    """Yield the bytes without byte-order mark, CRLF and CR as LF."""
    start = file.read(len(BOM))
    rest = b"" if start == BOM else start
    while block := rest + file.read(BLOCK_BYTES):
        while block.endswith(b"\r") and (more := file.read(1)):
            block += more
        yield block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block
        rest = b""


def closed_blocks(file: Reads) -> Iterator[bytes]:
    """Yield blocks of whole lines, each with an even number of quotes unless it is longer than `LONGEST_PART`."""
    parts: list[bytes] = []
    quotes = size = 0
    for block in whole_lines(file):
        parts.append(block)
        size += len(block)
        quotes += block.count(b'"') if b'"' in block else 0
        if quotes % 2 == 0 or size > LONGEST_PART:
            yield b"".join(parts) if len(parts) > 1 else block
            parts, quotes, size = [], 0, 0
    if parts:
        yield b"".join(parts)


def parse(block: bytes, *, width: int, separator: str, first_line: int, n_lines: int) -> Chunk | None:
    """Return the rows of a block, or None if a closer look is needed.

    Where pyarrow reads a block here, Python's strict reader would find the same rows.

    Parameters
    ----------
    width : number of columns
    first_line : number of the block's first line in its file
    n_lines : of the block
    """
    if b"\0" in block or not separator.isascii() or block.startswith(BOM):  # pyarrow would leave that mark out
        return None
    row_ends = _row_ends(block, separator)
    if row_ends is None:
        return None
    columns = _fields(block, width, separator)
    if columns is None or any(_longest(column) > _LONGEST_FIELD for column in columns):
        return None
    n_rows = len(columns[0]) if columns else 0
    lines: Lines = range(first_line, first_line + n_lines)
    if n_rows != n_lines:
        lines = _lines_of_rows(block, row_ends, first_line)
    return Chunk(tuple(stripped(column) for column in columns), lines) if n_rows == len(lines) else None


def is_closed(block: bytes, separator: str) -> bool:
    """Return True if the last row of a block certainly ends in it."""
    return b'"' not in block or (separator.isascii() and _row_ends(block, separator) is not None)


def _row_ends(block: bytes, separator: str) -> NDArray[np.int64] | Literal["lines"] | None:
    """Return where rows end, "lines" if all lines do, or None if some quote does not stand where it may.

    A quote may open or close a whole field; within one it is doubled; elsewhere in a field that begins with another
    character it is a character like others.
    """
    if b'"' not in block:
        return "lines"
    data = np.frombuffer(block, dtype=np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    if _are_around_fields(data, quotes, separator):
        return _outside(data, quotes[::2], quotes[1::2])
    spans = _quoted_fields(block, separator)
    return None if spans is None else _outside(data, spans[::2], spans[1::2])


def _are_around_fields(data: NDArray[np.uint8], quotes: NDArray[np.int64], separator: str) -> bool:
    """Return True if every quote opens or closes a whole field, with no further quotes in between."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    is_bound = np.zeros(256, dtype=bool)
    is_bound[[ord(separator), _LINE_END]] = True
    before = data[opening - 1]  # of the very first byte the last one, a line end
    return bool(is_bound[before].all() and is_bound[data[closing + 1]].all())


def _quoted_fields(block: bytes, separator: str) -> NDArray[np.int64] | None:
    """Return begin and end of every quoted field in turn, or None if one does not end where it should."""
    bound = re.escape(separator).encode()
    starts = rb"(?<![^" + bound + rb'\n])"'
    field = re.compile(starts + rb'(?:[^"]*+(?:""[^"]*+)*+"(?=[' + bound + rb"\n])|())")
    spans: list[int] = []
    for match in field.finditer(block):
        if match.lastindex:
            return None
        spans += match.span()
    return np.array(spans, dtype=np.int64)


def _outside(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64] | Literal["lines"]:
    """Return which line ends lie in none of some spans."""
    line_ends = np.flatnonzero(data == _LINE_END)
    is_inside = np.searchsorted(begins, line_ends, side="right") > np.searchsorted(ends, line_ends, side="right")
    return line_ends[~is_inside] if is_inside.any() else "lines"


def _lines_of_rows(block: bytes, row_ends: NDArray[np.int64] | Literal["lines"], first_line: int) -> Lines:
    """Return the number of the line that each row begins in; blank lines hold no row."""
    line_ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == _LINE_END)
    ends = line_ends if isinstance(row_ends, str) else row_ends
    begins = np.concatenate([[0], ends[:-1] + 1])
    lines = first_line + np.searchsorted(line_ends, begins)
    return lines[ends > begins].astype(np.int64, copy=False)


def _fields(block: bytes, width: int, separator: str) -> tuple[Any, ...] | None:
    """Return the columns of a block, or None if pyarrow does not read it as rows of that many fields."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            read_options=csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=b'"' in block),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=not block.isascii(),
            ),
        )
    except pa.ArrowInvalid:
        return None
    return tuple(column.chunk(0) for column in table.columns) if table.num_rows else ()


def _longest(column: Any) -> int:
    starts, _ = buffers(column)
    return int(np.diff(starts).max())
