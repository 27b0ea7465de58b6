"""What a CSV file has to be, and the sentence for one that is not: with its line and the remedy.

Rows are read by pyarrow (`csv_reading`). Where it does not take a block of them, Python's own `csv` reads it, which can
be strict: a reader made for convenience fills short rows, cuts long ones and turns the word "None" into a missing
value, each in silence.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING

from optbench.core.text import stated
from optbench.core.worded import worded
from optbench.datasets.number_texts import is_number
from optbench.datasets.setting_names import ENCODING, SEPARATOR, before_value
from optbench.datasets.text_table import wrong_separator_hint
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

SEPARATORS = (",", ";", "\t", "|")
INDEX_NAME = "Unnamed: 0"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SNIFFED_ROWS = 50
_SNIFFED_CHARACTERS = 1 << 20
_NEARLY_ALL = 0.8


def unreadable_error(path: Path, error: OSError) -> DataError:
    """Return the error for a file that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return DataError(
            worded(
                "file-no-data",
                "{path} does not exist. A path in an experiment file is relative to the folder of that file.",
                path=path,
            ),
            code="data-file-missing",
        )
    if isinstance(error, IsADirectoryError):
        return DataError(
            worded("file-is-folder", "{path} is a folder. Name the file in it.", path=path), code="data-file-is-folder"
        )
    return DataError(
        worded("file-unreadable", "{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
        code="data-file-unreadable",
    )


def utf16_error(name: str) -> DataError:
    """Return the error for a file in another encoding."""
    return DataError(
        worded(
            "file-utf16",
            "{name} is UTF-16 text. Write {setting} utf-16, or save it as UTF-8.",
            name=name,
            setting=before_value(ENCODING),
        ),
        code="data-file-not-utf8",
    )


def binary_error(name: str, *, line: int) -> DataError:
    """Return the error for a file with a zero byte."""
    return DataError(
        worded(
            "file-binary",
            "{name} is a binary file, not CSV text: it holds a zero byte in line {line}. Write it as CSV text; if it "
            "is UTF-16 text without a mark, set {setting} utf-16-le (or utf-16-be).",
            name=name,
            setting=before_value(ENCODING),
            line=line,
        ),
        code="data-file-wrong-format",
    )


def utf8_error(name: str, byte: int, *, line: int) -> DataError:
    """Return the error for a byte that is no part of UTF-8 text."""
    return DataError(
        worded(
            "file-not-utf8-text",
            "{name} is not UTF-8 text: byte 0x{byte:02x} in line {line} is not part of it. Write its "
            "encoding, for most files of Excel and Windows {setting} cp1252 ('optbench init "
            "{name}' proposes one), or save it as UTF-8.",
            name=name,
            byte=byte,
            line=line,
            setting=before_value(ENCODING),
        ),
        code="data-file-not-utf8",
    )


def separator_of(text: TextIO) -> str:
    """Return the separator that gives the first rows of an open text the most columns, the same number in each row.

    Where no separator gives all rows the same number, one that gives it to nearly all of them is meant: the reader then
    says which row is wrong.
    """
    return _most_columns(text)[0]


def _most_columns(text: TextIO) -> tuple[str, int]:
    """Return the separator of the first rows and the number of columns it gives, 0 if none gives equal rows."""
    start = text.read(_SNIFFED_CHARACTERS)
    is_cut = len(start) == _SNIFFED_CHARACTERS
    widths = {separator: _widths_if(start, separator, is_cut=is_cut) for separator in SEPARATORS}
    for share in (1.0, _NEARLY_ALL):
        columns = {separator: _columns_of(found, share) for separator, found in widths.items()}
        best = max(SEPARATORS, key=lambda separator: columns[separator])
        if columns[best] > 1:
            return best, columns[best] if share == 1.0 else 0
    return SEPARATORS[0], _columns_of(widths[SEPARATORS[0]], 1.0)


def _widths_if(text: str, separator: str, *, is_cut: bool) -> list[int]:
    """Return how many cells each of the first rows has; a row may run over any number of lines."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    widths: list[int] = []
    try:
        for row in filter(None, rows):
            widths.append(len(row))
            if len(widths) > _SNIFFED_ROWS:
                break
    except csv.Error:
        return []
    return widths[:-1] if is_cut or len(widths) > _SNIFFED_ROWS else widths


def _columns_of(widths: Sequence[int], share: float) -> int:
    """Return the number of columns of the header, or 0 if fewer than a share of the rows have as many."""
    if not widths or widths.count(widths[0]) < share * len(widths):
        return 0
    return widths[0]


class _Last:
    """Lines that are gone through; `line` is the last of them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.line = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.line = next(self._lines)
        return self.line


def csv_rows(
    text: Iterable[str], *, separator: str, name: str, sample: Callable[[], TextIO], first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of every row; blank lines hold no row.

    Parameters
    ----------
    text : lines
    sample : opens the text of the file, for a hint on what may be wrong
    first_line : number of the text's first line in the file

    Raises
    ------
    DataError
        If a row cannot be read.
    """
    last = _Last(text)
    reader = csv.reader(last, delimiter=separator, strict=True)
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
            hint = worded(
                "hint-other-separator",
                " With another separator its lines have {columns} fields each: set {setting} {separator}.",
                columns=columns,
                setting=before_value(SEPARATOR),
                separator=json.dumps(other),
            )
        elif '\\"' in last.line:
            hint = worded("hint-csv-quote", ' Write a quote inside a text as "", not as \\".')
        elif "unexpected end" in str(error):
            hint = worded(
                "hint-csv-unclosed",
                ' A quote that begins a text there is never closed: close it, or write a quote inside a text as "".',
            )
        elif "field limit" in str(error):
            hint = worded("hint-csv-open", " Close the quote that may have been left open, or shorten the cell.")
        raise DataError(
            worded(
                "rows-not-csv",
                "{name}: line {next_line} cannot be read as CSV: {reason}.{hint}",
                name=name,
                next_line=next_line,
                reason=stated(error),
                hint=hint,
            ),
            code="data-file-wrong-format",
        ) from None


def header_names(first: Sequence[str] | None, *, line: int, name: str, separator: str) -> list[str]:
    """Return the cells of the first row as column names, stripped.

    The first of several may have no name: pandas and R write the numbers or names of rows so. It gets the name under
    which pandas reads them, which `identifiers` knows.

    Parameters
    ----------
    first : None if there is no row

    Raises
    ------
    DataError
        If there is none, or a column has no name or that of another.
    """
    if not first:
        raise DataError(
            worded("rows-empty", "{name} is empty: a table needs a header line and rows.", name=name),
            code="data-table-empty",
        )
    header = [cell.strip() for cell in first]
    if header[0] == "" and header.count("") == 1 and len(header) > 1 and INDEX_NAME not in header:
        header[0] = INDEX_NAME
    check_header(header, name=name, line=line, separator=separator)
    return header


def no_rows_error(name: str) -> DataError:
    """Return the error for a table of column names alone."""
    return DataError(
        worded("rows-header-only", "{name} holds a header line and no rows. Name a file with rows.", name=name),
        code="data-table-empty",
    )


def check_separator(separator: str) -> None:
    """Require one character that can separate fields."""
    if len(separator) != 1 or separator in '"\r\n':
        raise DataError(
            worded(
                "rows-separator",
                '{setting} must be one character. Received: {separator!r}. Use for example ";" or "\\t".',
                setting=SEPARATOR,
                separator=separator,
            ),
            code="data-separator-wrong",
        )


def check_header(header: Sequence[str], *, name: str, line: int, separator: str) -> None:
    """Require that every column has a name of its own."""
    unnamed = [position for position, column in enumerate(header, start=1) if not column]
    repeated = [column for column, count in Counter(header).items() if column and count > 1]
    if unnamed and header != [""]:
        raise DataError(
            worded(
                "rows-column-unnamed",
                "{name}: line {line}: column {column} has no name. Give it one in the header line (pandas "
                "writes such a column for its index: use to_csv(..., index=False){or_else}).",
                name=name,
                line=line,
                column=unnamed[0],
                or_else=_what_else(unnamed, header),
            ),
            code="data-column-unnamed",
        )
    if repeated:
        data = any(is_number(column) for column in header)
        hint = worded("hint-header", " Is the first line a row of data? Put a header line on top.") if data else ""
        raise DataError(
            worded(
                "rows-column-twice",
                "{name}: line {line}: the header names the column {column!r} twice. Rename one of them.{hint}",
                name=name,
                line=line,
                column=repeated[0],
                hint=hint,
            ),
            code="data-column-repeated",
        )
    hint = wrong_separator_hint(header, separator)
    if hint:
        raise DataError(
            worded(
                "rows-one-column",
                "{name} has a single column, named {column!r}.{hint}",
                name=name,
                column=header[0],
                hint=hint,
            ),
            code="data-column-alone",
        )


def _what_else(unnamed: Sequence[int], header: Sequence[str]) -> str:
    """Return what else a header may be in which names are missing."""
    if unnamed == [len(header)]:
        return worded("hint-line-end", "; or the lines end in a separator: remove it")
    is_title = len(header) > 2 and unnamed == list(range(2, len(header) + 1))  # noqa: PLR2004 - of two, see above
    if not is_title:
        return ""
    return worded("hint-title", "; or the line is a title: remove what stands above the names")


def check_widths(rows: Sequence[tuple[int, list[str]]], *, width: int, name: str, separator: str) -> None:
    """Require as many cells in each row as the header has."""
    for line, row in rows:
        if len(row) != width:
            hint = _width_hint([other for _, other in rows], row, width=width, separator=separator)
            raise DataError(
                worded(
                    "rows-length",
                    "{name}: line {line} has {cells}, the header has {width}. Every row needs {wanted}{hint}. "
                    "The line begins with: {beginning}.",
                    name=name,
                    line=line,
                    cells=_fields(len(row)),
                    width=width,
                    wanted=_fields(width),
                    hint=hint,
                    beginning=json.dumps(list(row[:3])),
                ),
                code="data-row-length-wrong",
            )


def _width_hint(rows: Sequence[Sequence[str]], wrong: Sequence[str], *, width: int, separator: str) -> str:
    """Return what may be the matter with a row that is too long or too short."""
    if width == 1:
        return worded("hint-first-title", " (is the first line a title? Remove what stands above the header)")
    if len(wrong) < width:
        return ""
    if len(wrong) == width + 1 and all(len(row) == width + 1 for row in rows):  # of a block of rows
        if all(not row[-1].strip() for row in rows):
            return worded(
                "hint-lines-end",
                " (every line ends in a separator, the header does not: end it in one more name, or remove them)",
            )
        return worded(
            "hint-row-names",
            " (every line has one field more: does the header lack the name of the first column, as R writes row "
            "names? Put one in front)",
        )
    return worded(
        "hint-quote-cell", " (a {separator} inside a text needs double quotes around it)", separator=separator
    )


def _fields(number: int) -> str:
    if number == 1:
        return worded("rows-field", "1 field")
    return worded("rows-fields", "{number} fields", number=number)
