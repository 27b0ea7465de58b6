"""The first rows of a large table, for a look at it that does not take long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.datasets.csv_files import SEPARATORS, separator_of, unreadable_error
from optbench.datasets.memory import large_table_bytes
from optbench.datasets.parquet_files import ENDINGS
from optbench.datasets.table_reading import TableFile, read_table, require_regular_file
from optbench.datasets.table_storage import TableStorage

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.datasets.text_table import TextTable

HEAD_ROWS = 100_000


def read_head(path: Path, *, separator: str | None, name: str, most: int = HEAD_ROWS) -> tuple[TextTable, str, bool]:
    """Return a table that is held in memory, its separator, and whether these are its first `most` rows only.

    Parameters
    ----------
    separator : one character; found from the first lines if None

    Raises
    ------
    DataError
        If the file is no table.
    """
    require_regular_file(path, name)
    if separator is None:
        separator = SEPARATORS[0] if path.suffix.lower() in ENDINGS else _found_separator(path)
    is_head = path.is_file() and path.stat().st_size > large_table_bytes()
    storage = TableStorage(float("inf"))
    file = TableFile(name, path, separator=separator)
    return read_table([file], storage=storage, most_rows=most if is_head else None), separator, is_head


def _found_separator(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline=None) as text:
            return separator_of(text)
    except OSError as error:
        raise unreadable_error(path, error) from error
