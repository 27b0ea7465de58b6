"""The first rows of a table, for a look at it that does not take long; what it is stored as is found out, not asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.core.text_encodings import UTF8
from optbench.datasets import sheets
from optbench.datasets.csv_files import SEPARATORS, separator_of
from optbench.datasets.encodings import GUESSED_BYTES, broken_utf8_error, guess_encoding, marked_encoding
from optbench.datasets.memory import large_table_bytes
from optbench.datasets.opening import Storage, open_table, start_of_text
from optbench.datasets.table_reading import read_table
from optbench.datasets.table_storage import TableStorage

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.datasets.opening import OpenedTable
    from optbench.datasets.text_table import TextTable

HEAD_ROWS = 100_000
_WORDS_SHOWN, _LONGEST_SHOWN = 3, 40


@dataclass(frozen=True, slots=True)
class TableHead:
    """A table, or its first rows.

    Attributes
    ----------
    storage : under which an experiment file reads the same
    is_head : these are the first rows only
    is_text : the file is text, with a separator between cells
    notes : on what was found out
    """

    table: TextTable
    storage: Storage
    is_head: bool
    is_text: bool = True
    notes: tuple[Finding, ...] = ()


def read_head(
    path: Path,
    *,
    name: str,
    separator: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    most: int = HEAD_ROWS,
) -> TableHead:
    """Return a table, or the first rows of a large one, and how it is stored.

    Parameters
    ----------
    separator, encoding, sheet : found out if None

    Raises
    ------
    DataError
        If the file is no table.
    """
    start = None if encoding is not None else start_of_text(path, name, GUESSED_BYTES)
    is_whole = start is not None and len(start) < GUESSED_BYTES
    guess = None if start is None else guess_encoding(start, is_whole=is_whole)
    if start is not None and guess not in (UTF8, marked_encoding(start)):
        broken = broken_utf8_error(start, name=name, is_whole=is_whole)
        if broken is not None:
            raise broken
    chosen = sheet or _first_of_several(path, name)
    wanted = Storage(separator, encoding or guess or UTF8, chosen)
    with open_table(path, wanted, name=name) as opened:
        found = opened.separator or _separator(opened)
        is_head = opened.path.stat().st_size > large_table_bytes()
        file = replace(opened.file, separator=found)
        table = read_table([file], storage=TableStorage(float("inf")), most_rows=most if is_head else None)
    storage = replace(wanted, separator=found if opened.is_text else SEPARATORS[0])
    notes = (*opened.notes, *_encoding_notes(table, guess, start), *_sheet_notes(chosen, sheet))
    return TableHead(table, storage, is_head, opened.is_text, notes)


def _first_of_several(path: Path, name: str) -> str | None:
    """Return the first sheet that is not empty, if there are several."""
    if path.suffix.lower() not in sheets.ENDINGS or not path.is_file():
        return None
    filled = sheets.sheet_names(path, name=name)
    return filled[0] if len(filled) > 1 else None


def _encoding_notes(table: TextTable, guess: str | None, start: bytes | None) -> list[Finding]:
    """Return what the encoding is; of a guess with some words in which a wrong one would show."""
    if guess is None or guess == UTF8 or start is None:
        return []
    if marked_encoding(start) is not None:
        return [Finding("data-encoding-marked", Severity.NOTE, {"encoding": guess})]
    texts = (cell for name in table.names for cell in (name, *table.column(name).levels))
    cells = (cell for cell in texts if cell and not cell.isascii())
    words = [cell[:_LONGEST_SHOWN] for cell in itertools.islice(cells, _WORDS_SHOWN)]
    return [Finding("data-encoding-guessed", Severity.NOTE, {"encoding": guess, "words": words})]


def _sheet_notes(chosen: str | None, given: str | None) -> list[Finding]:
    if chosen is None or given is not None:
        return []
    return [Finding("data-sheet-first", Severity.NOTE, {"sheet": chosen})]


def _separator(opened: OpenedTable) -> str:
    if opened.is_parquet:
        return SEPARATORS[0]
    with opened.path.open(encoding="utf-8-sig", errors="replace", newline=None) as text:
        return separator_of(text)
