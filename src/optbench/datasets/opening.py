"""The file of a table, however it is stored, as one that the readers take: UTF-8 text from the header on, or Parquet.

A file that is this already is read where it lies. Any other is turned into a temporary copy, a block at a time:
unpacked, decoded strictly from the encoding that the experiment file names, and without the lines above its header,
each of which stays as a blank line, so that lines count as in the user's file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity
from optbench.core.temporary_folders import remove_abandoned
from optbench.core.text_encodings import UTF8, canonical_encoding
from optbench.core.worded import worded
from optbench.datasets import sheets
from optbench.datasets.csv_files import unreadable_error
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.encodings import doubts, is_mark_of, marked_encoding, utf8_blocks
from optbench.datasets.packed_files import copied, disguised, is_packed, opened_packed
from optbench.datasets.parquet_files import ENDINGS as PARQUET_ENDINGS
from optbench.datasets.scratch import make_scratch, storage_errors
from optbench.datasets.setting_names import ENCODING, SEPARATOR, SHEET, before_value
from optbench.datasets.table_reading import TableFile, changed_error, identity, require_regular_file
from optbench.datasets.top_lines import TopLines, top_lines
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SEPARATOR: Final = ","
_OF_FULL_DISKS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_LOOKED_AT: Final = 1 << 10
_DOUBTED: Final = 4 << 20
_PARQUET: Final = b"PAR1"
_PARQUET_MARKS: Final = (_PARQUET, b"PARE")  # the second of encrypted files, of which pyarrow says so
_ZIP: Final = b"PK\x03\x04"
_OTHER_FORMS: Final = (
    (b"\x28\xb5\x2f\xfd", worded("file-zstandard", "Zstandard data, which is not read: unpack it")),
    (b"\x04\x22\x4d\x18", worded("file-lz4", "LZ4 data, which is not read: unpack it")),
    (b"7z\xbc\xaf", worded("file-7z", "a 7z archive, which is not read: unpack it")),
    (b"Rar!", worded("file-rar", "a RAR archive, which is not read: unpack it")),
    (
        b"\xd0\xcf\x11\xe0",
        worded("file-old-excel", "an old Excel file (.xls), which is not read: save it as .xlsx or CSV"),
    ),
    (_PARQUET, worded("file-parquet-named", "Parquet data: end its name in .parquet")),
    (b"ARROW1", worded("file-arrow", "Arrow data (Feather), which is not read: write it as Parquet")),
    (
        b"SQLite format 3",
        worded("file-sqlite", "a SQLite database, which is not read: write its table as CSV or Parquet"),
    ),
    (b"\x89HDF", worded("file-hdf5", "HDF5 data, which is not read: write its table as CSV or Parquet")),
    (b"%PDF", worded("file-pdf", "a PDF: write its table as CSV")),
)
_OPEN_DOCUMENT: Final = b"mimetypeapplication/vnd.oasis.opendocument"
_JSON: Final = re.compile(rb'\s*(\[\s*)?\{\s*"')
_WEB_PAGES: Final = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class Storage:
    """How a table is stored, as far as an experiment file has to say it.

    Attributes
    ----------
    separator : character between cells, unless the file itself says one; None if it is to be found out
    encoding : of a text file, in any spelling of its name
    sheet : of an Excel file; None if it has one
    """

    separator: str | None = DEFAULT_SEPARATOR
    encoding: str = UTF8
    sheet: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What an experiment file has to write: keys of `dataset` whose value is not the default."""
        written = {"separator": self.separator, "encoding": self.encoding, "sheet": self.sheet}
        defaults = (DEFAULT_SEPARATOR, UTF8, None)
        return {
            key: value
            for (key, value), default in zip(written.items(), defaults, strict=True)
            if value is not None and value != default
        }


@dataclass(frozen=True, slots=True)
class OpenedTable:
    """A table that the readers take.

    Attributes
    ----------
    name : what messages call the user's file
    path : of UTF-8 text or of Parquet: the user's file, or a temporary copy
    is_parquet : which of the two
    separator : character between the cells of a text; None if the file names none and it is to be found out
    is_text : the user's file is text, perhaps packed, and no sheet
    original : the user's file and its digest, where `path` is a copy; else None, for the reader to find out
    notes : on what was done with it
    point_names : of a sheet, columns some of whose cells are numbers
    """

    name: str
    path: Path
    is_parquet: bool
    is_text: bool
    separator: str | None
    original: CheckedFile | None = None
    notes: tuple[Finding, ...] = ()
    point_names: frozenset[str] = frozenset()

    @property
    def file(self) -> TableFile:
        """What is to be read."""
        separator = self.separator or DEFAULT_SEPARATOR
        return TableFile(self.name, self.path, separator, original=self.original, point_names=self.point_names)


@contextmanager
def open_table(path: Path, storage: Storage, *, name: str) -> Iterator[OpenedTable]:
    """Open the file of a table; a temporary copy is removed at the end of the context.

    Parameters
    ----------
    name : what messages and the run's record call the file

    Raises
    ------
    DataError
        If it is missing, no regular file, not of its encoding, damaged, not what its name says, or unpacks to too much.
    MachineError
        If a temporary file cannot be written, or a package for its form is missing.
    """
    require_regular_file(path, name)
    with ExitStack() as stack:
        try:
            with path.open("rb"):
                opened = _Opening(path, storage, name, stack).opened()
        except OSError as error:
            if error.errno not in _OF_FULL_DISKS:
                raise unreadable_error(path, error) from error
            with storage_errors():
                raise
        yield opened


def start_of_text(path: Path, name: str, n_bytes: int) -> bytes | None:
    """Return the first bytes of a text file, packed or not; None for a file of another form, and one that is missing.

    Raises
    ------
    DataError
        If it cannot be unpacked.
    """
    if not path.is_file() or path.suffix.lower() in (*PARQUET_ENDINGS, *sheets.ENDINGS):
        return None
    if not is_packed(path):
        with path.open("rb") as file:
            return file.read(n_bytes)
    with opened_packed(path, name) as table:
        is_text = Path(table.name).suffix.lower() not in (*PARQUET_ENDINGS, *sheets.ENDINGS)
        return table.file.read(n_bytes) if is_text else None


class _Opening:
    """The steps from a user's file to one that the readers take; `path` and `kind` are where they have got to."""

    def __init__(self, path: Path, storage: Storage, name: str, stack: ExitStack) -> None:
        self.original = self.path = path
        self.storage = storage
        self.name = name
        self.kind = path.suffix.lower()
        self.separator = storage.separator
        self.notes: list[Finding] = []
        self.point_names: frozenset[str] = frozenset()
        self._stack = stack
        self._before = identity(path, name)
        self._folder: Path | None = None

    def opened(self) -> OpenedTable:
        """Return the table, every step done."""
        if is_packed(self.path):
            self._unpack()
        if self.kind not in PARQUET_ENDINGS:
            if self.kind in sheets.ENDINGS:
                self._take_sheet()
            else:
                self._refuse_other_forms()
                self._decode()
                self._skip_top()
        elif self._encoding() != UTF8:
            raise self._no_text_file()
        else:
            self._require_parquet()
        if self.storage.sheet is not None and self.kind not in sheets.ENDINGS:
            raise DataError(
                worded(
                    "rows-sheet-of-excel",
                    "{setting} is for Excel files. Received: {name}. Leave it out.",
                    setting=SHEET,
                    name=self.name,
                ),
                code="data-setting-conflict",
            )
        is_copy = self.path != self.original
        is_text = self.kind not in (*PARQUET_ENDINGS, *sheets.ENDINGS)
        stated = self.storage.separator
        if not is_text and stated not in (None, DEFAULT_SEPARATOR):
            self.notes.append(_note("data-separator-unused", name=self.name, separator=str(stated)))
        return OpenedTable(
            name=self.name,
            path=self.path,
            is_parquet=self.kind in PARQUET_ENDINGS,
            is_text=is_text,
            separator=self.separator,
            original=self._checked() if is_copy else None,
            notes=tuple(self.notes),
            point_names=self.point_names,
        )

    def _unpack(self) -> None:
        with opened_packed(self.path, self.name) as table:
            self.kind = Path(table.name).suffix.lower()
            target = self._new_file(f"unpacked{self.kind}")
            with target.open("wb") as file:
                copied(table, file, self.name)
        self.notes.append(_note("data-file-unpacked", name=self.name, inner=table.name))
        self.path = target

    def _take_sheet(self) -> None:
        if self._encoding() != UTF8:
            raise self._no_text_file()
        target = self._new_file("sheet.csv")
        with target.open("w", encoding="utf-8", newline="") as file:
            found = sheets.write_sheet(self.path, file, sheet=self.storage.sheet, name=self.name)
        self.point_names = found.of_numbers
        self.notes.append(_note("data-sheet-read", name=self.name, sheet=found.title))
        for column in found.uncomputed:
            self.notes.append(_note("data-sheet-uncomputed", name=self.name, column=column))
        self.path, self.separator = target, sheets.SEPARATOR

    def _refuse_other_forms(self) -> None:
        """Refuse what is no text, with what it is: its zero bytes alone would tell a user little."""
        with self.path.open("rb") as file:
            start = file.read(_LOOKED_AT)
        packed = disguised(start)
        told = next((what for mark, what in _OTHER_FORMS if start.startswith(mark)), None)
        if packed is not None:
            told = worded(
                "file-packed", "{kind}: end its name in {ending}, or unpack it", kind=packed[0], ending=packed[1]
            )
        elif start.startswith(_ZIP):
            told = worded("file-zip-named", "a zip archive or an Excel file: end its name in .zip or .xlsx")
            if _OPEN_DOCUMENT in start:
                told = worded(
                    "file-open-document", "an OpenDocument sheet (.ods), which is not read: save it as .xlsx or CSV"
                )
        elif _JSON.match(start):
            told = worded("file-json", "JSON: write its records as rows of a CSV or Parquet file")
        elif start and not start.strip(b"\0"):
            told = worded(
                "file-zero-bytes", "zero bytes, as of a copy or download that did not end: get the file again"
            )
        elif start.lstrip().lower().startswith(_WEB_PAGES):
            told = worded("file-web-page", "a web page, as a download without a login gives: get the file itself")
        if told is not None:
            raise DataError(
                worded("file-not-csv", "{name} is no CSV text. Received: {told}.", name=self.name, told=told),
                code="data-file-wrong-format",
            )

    def _require_parquet(self) -> None:
        """Refuse what does not begin and end as Parquet does, before all of it is read for its digest."""
        with self.path.open("rb") as file:
            start = file.read(len(_PARQUET))
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(_PARQUET)))
            end = file.read()
        if start not in _PARQUET_MARKS or end not in _PARQUET_MARKS:
            raise DataError(
                f"{self.name} cannot be read as Parquet: it must begin and end with {_PARQUET.decode()}. Received: "
                f"{size:,} bytes that {'do not begin' if start not in _PARQUET_MARKS else 'do not end'} so"
                f"{'' if start not in _PARQUET_MARKS else ', as of a file cut short'}. Get or write the file again.",
                code="data-file-wrong-format",
            )

    def _decode(self) -> None:
        encoding = self._encoding()
        with self.path.open("rb") as file:
            mark = file.read(4)
            marked = marked_encoding(mark)
            file.seek(0)
            if marked is not None and encoding != UTF8 and not is_mark_of(encoding, mark):
                raise DataError(
                    worded(
                        "file-marked",
                        "{name} begins with the mark of {marked} text. Received: {setting} {encoding}. Write "
                        "{setting} {marked}.",
                        name=self.name,
                        marked=marked,
                        setting=before_value(ENCODING),
                        encoding=encoding,
                    ),
                    code="data-encoding-wrong",
                )
            if encoding == UTF8:
                return  # the reader says which byte is none, as it is the one that goes through all of them
            self.notes += doubts(file.read(_DOUBTED), encoding=encoding, name=self.name)
            file.seek(0)
            target = self._new_file("decoded.csv")
            with target.open("wb") as out:
                out.writelines(utf8_blocks(file, encoding=encoding, name=self.name))
        self.path = target

    def _skip_top(self) -> None:
        top = top_lines(self.path, separator=self.separator)
        self.notes += top.notes(self.name)
        if top.separator not in (None, self.separator) and self.separator not in (None, DEFAULT_SEPARATOR):
            raise DataError(
                worded(
                    "rows-separator-line",
                    "{name} says in its first line that {separator!r} separates its cells. Received: "
                    "{setting} {given!r}. Remove one of the two.",
                    setting=before_value(SEPARATOR),
                    name=self.name,
                    separator=top.separator,
                    given=self.separator,
                ),
                code="data-separator-wrong",
            )
        self.separator = top.separator or self.separator
        if top.n_lines:
            self.path = self._without(top)

    def _without(self, top: TopLines) -> Path:
        target = self._new_file("table.csv")
        with self.path.open("rb") as file, target.open("wb") as out:
            file.seek(top.n_bytes)
            out.write(b"\n" * top.n_lines)
            shutil.copyfileobj(file, out, 1 << 20)
        return target

    def _encoding(self) -> str:
        found = canonical_encoding(self.storage.encoding)
        if found is None:
            raise DataError(
                worded(
                    "must-encoding-of-text",
                    "{setting} must be an encoding of text. Received: {encoding!r}. Use for example utf-8, cp1252, "
                    "latin-1 or utf-16.",
                    setting=ENCODING,
                    encoding=self.storage.encoding,
                ),
                code="data-encoding-wrong",
            )
        return found

    def _no_text_file(self) -> DataError:
        return DataError(
            worded(
                "rows-encoding-of-text",
                "{setting} is for text files. Received: {encoding!r} for {name}. Leave it out.",
                setting=ENCODING,
                encoding=self.storage.encoding,
                name=self.name,
            ),
            code="data-setting-conflict",
        )

    def _new_file(self, name: str) -> Path:
        if self._folder is None:
            remove_abandoned()
            scratch = make_scratch()
            self._stack.callback(scratch.remove)
            self._folder = scratch.path
        return self._folder / name

    def _checked(self) -> CheckedFile:
        """Return the user's file, which must still be the one that was copied."""
        with self.original.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if identity(self.original, self.name) != self._before:
            raise changed_error(self.name)
        return CheckedFile(self.original, self.name, digest, self._before[1])


def _note(code: str, **values: str) -> Finding:
    return Finding(code, Severity.NOTE, values)
