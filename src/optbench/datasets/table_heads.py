"""The first rows of a large table, for a look at it that does not take long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.datasets.csv_chunks import open_csv
from optbench.datasets.csv_files import SEPARATORS, csv_rows, separator_of, sniff_separator, table_of_rows
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.large_tables import is_large
from optbench.datasets.parquet_files import ENDINGS, import_pyarrow, table_of, unreadable_parquet
from optbench.datasets.tables import read_table, require_regular_file

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from optbench.datasets.text_table import TextTable

HEAD_ROWS = 100_000


def read_head(path: Path, *, separator: str | None, name: str, most: int = HEAD_ROWS) -> tuple[TextTable, str, bool]:
    """Return a table, its separator, and whether these are its first `most` rows only.

    Parameters
    ----------
    separator : one character; found from the first lines if None

    Raises
    ------
    DataError
        If the file is no table.
    """
    require_regular_file(path, name)
    is_parquet, is_head = path.suffix.lower() in ENDINGS, is_large([path])
    if is_parquet:
        table = _head_of_parquet(path, name, most) if is_head else read_table(path, separator=SEPARATORS[0], name=name)
        return table, separator or SEPARATORS[0], is_head
    if not is_head:
        separator = separator or sniff_separator(path)
        return read_table(path, separator=separator, name=name), separator, False
    try:
        if separator is None:
            with _open(path) as text:
                separator = separator_of(text)
        return _head_of_csv(path, separator, name, most), separator, True
    except UnicodeDecodeError:
        open_csv(path, separator=separator or SEPARATORS[0], name=name)  # says which byte of which line is wrong
        raise


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline=None)


def _head_of_csv(path: Path, separator: str, name: str, most: int) -> TextTable:
    file = CheckedFile(path, name, sha256="", size_bytes=path.stat().st_size)
    with _open(path) as text:
        rows = csv_rows(text, separator=separator, name=name, sample=lambda: _open(path))
        return table_of_rows(rows, file, separator=separator, most=most)


def _head_of_parquet(path: Path, name: str, most: int) -> TextTable:
    pa, parquet = import_pyarrow()
    try:
        opened = parquet.ParquetFile(path)
        batches = [next(opened.iter_batches(batch_size=most))]
    except pa.ArrowException as error:
        raise unreadable_parquet(name, error) from error
    return table_of(pa.Table.from_batches(batches), CheckedFile(path, name, sha256="", size_bytes=path.stat().st_size))
