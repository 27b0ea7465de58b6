"""A sheet of an Excel file as CSV text: what stands in the cells, never what they are formatted as."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from optbench.core.memory import available_memory
from optbench.core.text import stated
from optbench.core.worded import worded
from optbench.datasets.memory import require_memory
from optbench.datasets.packed_files import require_unpacked
from optbench.datasets.parquet_files import seconds_text
from optbench.datasets.setting_names import SHEET, before_value
from optbench.errors import DataError, MachineError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from zipfile import ZipFile

ENDINGS: Final = (".xlsx", ".xlsm")
SEPARATOR: Final = ","
_MOST_ROWS: Final = 1 << 20
_BYTES_PER_BYTE: Final = 12  # of memory per byte of texts, which are held, and of a row's XML
_TEXTS: Final = "xl/sharedStrings.xml"
_ROW: Final = re.compile(rb"<(?:[\w.-]{1,32}:)?row[\s/>]")
_LONGEST_MARK: Final = 40
_BLOCK_BYTES: Final = 1 << 20
_LOOKED_AT: Final = 64  # rows of a column without a value, for formulas


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """What a sheet was.

    Attributes
    ----------
    title : its name
    of_numbers : names of columns some of whose cells are numbers
    uncomputed : names of columns of formulas, in all of whose cells no value is stored
    """

    title: str
    of_numbers: frozenset[str]
    uncomputed: tuple[str, ...] = ()


def write_sheet(path: Path, target: IO[str], *, sheet: str | None, name: str) -> WrittenSheet:
    """Write a sheet as CSV and return what it was.

    Numbers become the shortest text that gives the same number, dates ISO dates, with a time where the format shows
    one, durations seconds (`90 s`), truth values TRUE and FALSE as Excel shows them. Of a formula the value counts
    that Excel stored. An empty row is a blank line, so that a line is a row of the sheet.

    Parameters
    ----------
    sheet : its name; None if it is the only one that is not empty
    name : what messages call the file

    Raises
    ------
    DataError
        If the file is no Excel file, the sheet is not in it or has to be named, or it unpacks to more than there is
        room for.
    MachineError
        If openpyxl is not installed.
    """
    _require_room(path, name)
    with _opened(path, name) as book:
        found = _chosen(book, sheet, name)
        title = str(found.title)
        of_numbers, empty = _write_rows(_rows(found, name), target, name)
    return WrittenSheet(title, of_numbers, _uncomputed(path, title, empty, name))


def _uncomputed(path: Path, title: str, empty: Mapping[int, str], name: str) -> tuple[str, ...]:
    """Return the names of those of some empty columns that hold formulas: nobody has computed their values."""
    if not empty:
        return ()
    with _opened(path, name, data_only=False) as book:
        rows = itertools.islice(_rows(book[title], name), _LOOKED_AT)
        found = {position for row in rows for position, cell in enumerate(row) if cell.data_type == "f"}
    return tuple(column for position, column in empty.items() if position in found)


def sheet_names(path: Path, *, name: str) -> list[str]:
    """Return the names of the sheets that are not empty; raises as `write_sheet`."""
    _require_room(path, name)
    with _opened(path, name) as book:
        return [str(each.title) for each in _filled(book)]


def _require_room(path: Path, name: str) -> None:
    from zipfile import BadZipFile, ZipFile

    remedy = worded("hint-sheet-csv", "Save the sheet as CSV, which is read in parts.")
    try:
        with ZipFile(path) as archive:
            sizes = {each.filename: each.file_size for each in archive.infolist()}
            require_unpacked(name, declared=sum(sizes.values()), packed_bytes=path.stat().st_size)
            texts = sizes.pop(_TEXTS, 0)
            require_memory(_BYTES_PER_BYTE * texts, what=f"reading the texts of {name}", remedy=remedy)
            for member, size in sizes.items():
                if _BYTES_PER_BYTE * size > available_memory():
                    row = _longest_row(archive, member)
                    require_memory(_BYTES_PER_BYTE * row, what=f"reading the longest row of {name}", remedy=remedy)
    except BadZipFile as error:
        raise DataError(
            worded(
                "file-not-excel",
                "{name} cannot be read as an Excel file: {reason}. Is it one, and whole?",
                name=name,
                reason=stated(error),
            ),
            code="data-file-damaged",
        ) from error


def _longest_row(archive: ZipFile, member: str) -> int:
    """Return how many bytes of a sheet's XML lie between two beginnings of rows at most: a reader holds a row at once.

    Where text may look like such a beginning (comments, CDATA) it is all that follows.
    """
    longest = since = 0
    before, is_plain = b"", True
    with archive.open(member) as file:
        while block := file.read(_BLOCK_BYTES):
            marks = [found.start() for found in _ROW.finditer(before + block)]
            is_plain = is_plain and b"<!" not in before + block
            since += len(block)
            if marks and is_plain:
                behind = len(before) + len(block) - marks[-1]
                longest, since = max(longest, since - len(block) + marks[0]), behind
            before = block[-_LONGEST_MARK:]
    return max(longest, since)


@contextmanager
def _opened(path: Path, name: str, *, data_only: bool = True) -> Iterator[Any]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MachineError(
            worded(
                "need-openpyxl",
                "Excel files need the package openpyxl, which is not installed. Run: pip install "
                '"optbench[excel]", or save the sheet as CSV.',
            ),
            code="machine-package-missing",
        ) from None
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on formats, pictures and the like, of which nothing is read
        try:
            book = load_workbook(path, read_only=True, data_only=data_only, keep_links=False)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            # what openpyxl, zipfile and the XML parser raise for a file that is none, or a hostile one, is no one tree
            raise DataError(
                worded(
                    "file-not-excel",
                    "{name} cannot be read as an Excel file: {reason}. Is it one, and whole?",
                    name=name,
                    reason=stated(error),
                ),
                code="data-file-damaged",
            ) from error
        try:
            yield book
        finally:
            book.close()


def _chosen(book: Any, sheet: str | None, name: str) -> Any:
    names = [each.title for each in book.worksheets]
    if sheet is not None:
        if sheet not in names:
            hint = did_you_mean(sheet, names)
            raise DataError(
                worded(
                    "rows-sheet",
                    "{setting} must name a sheet of {name}. Received: {sheet!r}.{hint} It has: {names}.",
                    setting=SHEET,
                    name=name,
                    sheet=sheet,
                    hint=hint,
                    names=", ".join(names),
                ),
                code="data-sheet-unknown",
            )
        return book[sheet]
    filled = _filled(book)
    if len(filled) != 1:
        told = (
            worded("rows-n-sheets", "it has {n}", n=len(filled))
            if filled
            else worded("rows-all-sheets-empty", "every sheet of it is empty")
        )
        more = (
            worded(
                "rows-name-a-sheet",
                ": {names}. Name one: {setting} {sheet}",
                names=", ".join(each.title for each in filled),
                setting=before_value(SHEET),
                sheet=filled[0].title,
            )
            if filled
            else ""
        )
        raise DataError(
            worded(
                "rows-one-sheet",
                "{name} must have one sheet that is not empty; {told}{more}.",
                name=name,
                told=told,
                more=more,
            ),
            code="data-sheet-unknown",
        )
    return filled[0]


def _filled(book: Any) -> list[Any]:
    return [each for each in book.worksheets if any(row for row in _values(each))]


def _values(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each row up to the last that is not empty; the sizes that a file states may be wrong."""
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        width = next((i for i in range(len(row), 0, -1) if row[i - 1].value is not None), 0)
        yield row[:width]


def _rows(sheet: Any, name: str) -> Iterator[list[Any]]:
    try:
        for row in itertools.islice(_values(sheet), _MOST_ROWS):  # as many as Excel has; a hostile file may say more
            yield list(row)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # see `_opened`
        raise DataError(
            f"{name}: the sheet {sheet.title!r} cannot be read: {stated(error)}.",
            code="data-file-damaged",
        ) from error


def _write_rows(rows: Iterator[list[Any]], target: IO[str], name: str) -> tuple[frozenset[str], dict[int, str]]:
    """Write rows; return the cells of the first one above numbers, and those above nothing by their position."""
    writer = csv.writer(target, delimiter=SEPARATOR, lineterminator="\n")
    width, header, of_numbers, filled = 0, list[str](), set[int](), set[int]()
    for line, row in enumerate(rows, start=1):
        cells = [_text(cell) for cell in row]
        if not cells:
            target.write("\n")
            continue
        if not width:
            width, header = len(cells), cells
        elif len(filled) < width:
            filled.update(position for position, cell in enumerate(cells) if cell)
        of_numbers.update(position for position, cell in enumerate(row) if _is_number(cell.value))
        if len(cells) > width:
            raise _too_wide(cells, width, line, name)
        writer.writerow([*cells, *[""] * (width - len(cells))])
    names = [cell.strip() for cell in header]
    empty = {position: column for position, column in enumerate(names) if position not in filled}
    return frozenset(names[position] for position in of_numbers), empty


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | dt.timedelta) and not isinstance(value, bool)


def _too_wide(cells: Sequence[str], width: int, line: int, name: str) -> DataError:
    return DataError(
        f"{name}: row {line} has a cell beyond the header's {width} columns: {cells[-1]!r} in column {len(cells)}. "
        "Give the column a name in the header row, or remove the cell"
        f"{'; is the first row a title? Remove what stands above the header' if width == 1 else ''}.",
        code="data-row-length-wrong",
    )


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        has_time = "h" in cell.number_format.lower() or value.time() != dt.time()
        return value.isoformat(" ") if has_time else value.date().isoformat()
    if isinstance(value, dt.timedelta):
        return seconds_text(value // dt.timedelta(microseconds=1), 6)
    return repr(value) if isinstance(value, float) else str(value)
