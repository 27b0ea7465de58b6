"""Bytes of a CSV file in blocks of whole lines, and the fields of a block that leaves no doubt about them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.stripped_texts import stripped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

BLOCK_BYTES = 16 << 20
LONGEST_PART = 256 << 20  # of lines that a quoted text may run through before the file is read line by line
BOM = codecs.BOM_UTF8
_LONGEST_FIELD = 131_072  # of Python's reader


def whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of whole lines without byte-order mark; every line ends with a line feed."""
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    rest = b""
    while block := file.read(BLOCK_BYTES):
        while block.endswith(b"\r") and (more := file.read(1)):
            block += more
        text = rest + block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        if cut:
            yield text[:cut]
    if rest:
        yield rest + b"\n"


def closed_blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield blocks of whole lines, each with an even number of quotes unless it is longer than `LONGEST_PART`."""
    parts: list[bytes] = []
    quotes = size = 0
    for block in whole_lines(file):
        parts.append(block)
        size += len(block)
        quotes += block.count(b'"')
        if quotes % 2 == 0 or size > LONGEST_PART:
            yield b"".join(parts)
            parts, quotes, size = [], 0, 0
    if parts:
        yield b"".join(parts)


def quotes_are_plain(block: bytes, separator: str) -> bool:
    """Return True if every quote opens or closes a whole field, with neither quotes nor line ends in between.

    Then a line is a row, and pyarrow and Python's reader have no reason to differ.
    """
    if b'"' not in block:
        return True
    data = np.frombuffer(b"\n" + block, dtype=np.uint8)
    quotes = np.flatnonzero(data == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    lines = np.searchsorted(np.flatnonzero(data == ord("\n")), quotes)
    bounds = [ord(separator), ord("\n")]
    is_whole = np.isin(data[opening - 1], bounds).all() and np.isin(data[closing + 1], bounds).all()
    return bool(is_whole and (lines[::2] == lines[1::2]).all())


def lines_of_rows(block: bytes, first_line: int) -> NDArray[np.int64]:
    """Return the line number of every line that is not blank."""
    if b"\n\n" not in block and not block.startswith(b"\n"):
        return np.arange(first_line, first_line + block.count(b"\n"), dtype=np.int64)
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - 1
    return first_line + np.flatnonzero(lengths > 0).astype(np.int64)


def fields(block: bytes, width: int, separator: str, n_rows: int) -> tuple[Any, ...] | None:
    """Return the columns of a block of plain quotes, or None if pyarrow does not read it as that many full rows."""
    import pyarrow as pa
    from pyarrow import csv

    if block.startswith(BOM):  # a character like others here, which pyarrow would leave out
        return None
    names = [str(position) for position in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            read_options=csv.ReadOptions(column_names=names, block_size=len(block) + 1),
            parse_options=csv.ParseOptions(delimiter=separator, double_quote=False, newlines_in_values=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = tuple(column.combine_chunks() for column in table.columns)
    if table.num_rows != n_rows or any(_longest(column) > _LONGEST_FIELD for column in columns):
        return None
    return tuple(stripped(column) for column in columns)


def _longest(column: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.max(pc.binary_length(column)).as_py() or 0)
