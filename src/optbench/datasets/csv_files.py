"""CSV files into text tables: read once, in file order, strictly.

Python's own `csv` is used because it can be strict: a reader made for convenience fills short rows, cuts long ones
and turns the word "None" into a missing value, each in silence.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.column_kinds import is_number
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.memory import require_memory, table_remedy
from optbench.datasets.text_table import ColumnBuilder, TextTable, wrong_separator_hint
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

SEPARATORS = (",", ";", "\t", "|")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SNIFFED_LINES = 50
_BATCH_ROWS = 512  # small enough that Python's collector of cycles has little to walk through
_BYTES_PER_BYTE = 4  # of memory per byte of a file, at least


def read_csv(path: Path, *, separator: str, name: str | None = None, copy: str = "") -> TextTable:
    """Read a CSV file with a header line; UTF-8 with or without byte-order mark, LF or CRLF line ends.

    Parameters
    ----------
    separator : one character
    name : how messages and the run's record call the file; the path as given if None
    copy : which of the known copies the file is, for the record

    Raises
    ------
    DataError
        If the file is missing, empty, binary, not UTF-8, has no data row, or a row, quote or header is not well
        formed; with the line number.
    """
    name = name or str(path)
    check_separator(separator)
    data = read_bytes(path)
    rows = csv_rows(open_text(data, name), separator=separator, name=name, sample=lambda: open_text(data, name))
    file = CheckedFile(path, name, hashlib.sha256(data).hexdigest(), len(data), copy)
    return table_of_rows(rows, file, separator=separator)


def table_of_rows(
    rows: Iterator[tuple[int, list[str]]], file: CheckedFile, *, separator: str, most: int | None = None
) -> TextTable:
    """Return the first `most` rows, or all, as a table; the very first holds the column names.

    Raises
    ------
    DataError
        As `read_csv`.
    """
    header = read_header(rows, name=file.name, separator=separator)
    builders = [ColumnBuilder() for _ in header]
    lines: list[int] = []
    wanted = itertools.islice(rows, most)
    while batch := list(itertools.islice(wanted, _BATCH_ROWS)):
        lines.extend(line for line, _ in batch)
        check_widths(batch, width=len(header), name=file.name, separator=separator)
        for builder, cells in zip(builders, zip(*(row for _, row in batch), strict=True), strict=True):
            builder.add(cells)
    if not lines:
        raise no_rows_error(file.name)
    return TextTable(
        files=(file,),
        columns=tuple(builder.column(column) for builder, column in zip(builders, header, strict=True)),
        file_of_row=np.zeros(len(lines), dtype=np.int64),
        lines=np.array(lines, dtype=np.int64),
    )


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file that an experiment file names.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        require_memory(
            _BYTES_PER_BYTE * path.stat().st_size,
            what=f"reading {path}",
            remedy=table_remedy(),
        )
        return path.read_bytes()
    except OSError as error:
        raise unreadable_error(path, error) from error


def unreadable_error(path: Path, error: OSError) -> DataError:
    """Return the error for a file that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return DataError(
            f"{path} does not exist. A path in an experiment file is relative to the folder of that file.",
            code="data-file-missing",
        )
    if isinstance(error, IsADirectoryError):
        return DataError(f"{path} is a folder. Name the file in it.", code="data-file-is-folder")
    return DataError(f"{path} cannot be read: {error.strerror or error}.", code="data-file-unreadable")


def open_text(data: bytes, name: str) -> TextIO:
    """Return the text of a CSV file, every line end as a line feed, without byte-order mark.

    Raises
    ------
    DataError
        If the bytes are no UTF-8 text.
    """
    if data.startswith(UTF16_MARKS):
        raise utf16_error(name)
    if b"\0" in data:
        raise binary_error(name, line=data.count(b"\n", 0, data.index(b"\0")) + 1)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise utf8_error(name, data[error.start], line=data.count(b"\n", 0, error.start) + 1) from None
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=None)


def utf16_error(name: str) -> DataError:
    """Return the error for a file in another encoding."""
    return DataError(f"{name} is UTF-16 text. Save it as UTF-8.", code="data-file-not-utf8")


def binary_error(name: str, *, line: int) -> DataError:
    """Return the error for a file with a zero byte."""
    return DataError(
        f"{name} is a binary file, not CSV text: it holds a zero byte in line {line}.", code="data-file-wrong-format"
    )


def utf8_error(name: str, byte: int, *, line: int) -> DataError:
    """Return the error for a byte that is no part of UTF-8 text."""
    return DataError(
        f"{name} is not UTF-8 text: byte 0x{byte:02x} in line {line} is not part of it. Save the file as UTF-8.",
        code="data-file-not-utf8",
    )


def sniff_separator(path: Path) -> str:
    """Return the separator that gives the first lines of a CSV file the most columns, the same number in each line.

    Raises
    ------
    DataError
        If the file cannot be read as text.
    """
    return separator_of(open_text(read_bytes(path), str(path)))


def separator_of(text: TextIO) -> str:
    """Return the separator that `sniff_separator` finds, from a text that is open."""
    return _most_columns(text)[0]


def _most_columns(text: TextIO) -> tuple[str, int]:
    """Return the separator of the first lines and the number of columns it gives, 0 if none gives equal rows."""
    start = "".join(itertools.islice(text, _SNIFFED_LINES))
    columns = {separator: _columns_if(start, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: columns[separator])
    return best, columns[best]


def _columns_if(text: str, separator: str) -> int:
    try:
        widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row}
    except csv.Error:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def csv_rows(
    text: TextIO, *, separator: str, name: str, sample: Callable[[], TextIO], first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of every row; blank lines hold no row.

    Parameters
    ----------
    sample : opens the text again, for a hint on what may be wrong
    first_line : number of the text's first line in the file

    Raises
    ------
    DataError
        If a row cannot be read.
    """
    reader = csv.reader(text, delimiter=separator, strict=True)
    next_line = first_line
    try:
        for row in reader:
            if row:
                yield next_line, row
            next_line = reader.line_num + first_line
    except csv.Error as error:
        with sample() as start:
            other, columns = _most_columns(start)
        hint = ""
        if other != separator and columns > 1:
            hint = f" With another separator its lines have {columns} fields each: set dataset.separator: "
            hint += f"{json.dumps(other)}."
        raise DataError(
            f"{name}: line {next_line} cannot be read as CSV: {error}.{hint}", code="data-file-wrong-format"
        ) from None


def read_header(rows: Iterator[tuple[int, list[str]]], *, name: str, separator: str) -> list[str]:
    """Take the first row and return it as column names, stripped.

    Raises
    ------
    DataError
        If there is none, or a column has no name or that of another.
    """
    line, first = next(rows, (0, []))
    if not first:
        raise DataError(f"{name} is empty: a table needs a header line and rows.", code="data-table-empty")
    header = [cell.strip() for cell in first]
    check_header(header, name=name, line=line, separator=separator)
    return header


def no_rows_error(name: str) -> DataError:
    """Return the error for a table of column names alone."""
    return DataError(
        f"{name} holds a header line and no rows: there is nothing to learn from.", code="data-table-empty"
    )


def check_separator(separator: str) -> None:
    """Require one character that can separate fields."""
    if len(separator) != 1 or separator in '"\r\n':
        raise DataError(
            f'dataset.separator must be one character. Received: {separator!r}. Use for example ";" or "\\t".',
            code="data-separator-wrong",
        )


def check_header(header: Sequence[str], *, name: str, line: int, separator: str) -> None:
    """Require that every column has a name of its own."""
    unnamed = [position for position, column in enumerate(header, start=1) if not column]
    repeated = [column for column, count in Counter(header).items() if column and count > 1]
    if unnamed and header != [""]:
        raise DataError(
            f"{name}: line {line}: column {unnamed[0]} has no name. Give it one in the header line "
            "(pandas writes such a column for its index: use to_csv(..., index=False)).",
            code="data-column-unnamed",
        )
    if repeated:
        data = any(is_number(column) for column in header)
        hint = " Is the first line a row of data? Put a header line on top." if data else ""
        raise DataError(
            f"{name}: line {line}: the header names the column {repeated[0]!r} twice. Rename one of them.{hint}",
            code="data-column-repeated",
        )
    hint = wrong_separator_hint(header, separator)
    if hint:
        raise DataError(f"{name} has a single column, named {header[0]!r}.{hint}", code="data-column-alone")


def check_widths(rows: Sequence[tuple[int, list[str]]], *, width: int, name: str, separator: str) -> None:
    """Require as many cells in each row as the header has."""
    for line, row in rows:
        if len(row) != width:
            hint = f" (a {separator} inside a text needs quotes around it)" if len(row) > width else ""
            raise DataError(
                f"{name}: line {line} has {_fields(len(row))}, the header has {width}. "
                f"Every row needs {_fields(width)}{hint}. The line begins with: {json.dumps(list(row[:3]))}.",
                code="data-row-length-wrong",
            )


def _fields(number: int) -> str:
    return f"{number} field" if number == 1 else f"{number} fields"
