"""Parquet means the same table as CSV."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from optbench.datasets.table_reading import TableFile, read_table
from optbench.errors import DataError


def read(path):
    return read_table([TableFile("t", path)])


@pytest.fixture
def write(tmp_path):
    def written(columns):
        pq.write_table(pa.table(columns), tmp_path / "t.parquet")
        return tmp_path / "t.parquet"

    return written


def test_parquet_and_csv_of_the_same_table_have_one_digest(write, tmp_path):
    """Numbers are read as the shortest text that gives them, so both files hold the same data."""
    path = write({"a": [0.1, 2.5, 1e-30], "b": [1, -2, 3], "c": ["x", " y", "x"]})
    (tmp_path / "t.csv").write_text("a,b,c\n0.1,1,x\n2.5,-2,y\n1e-30,3,x\n")
    assert read(path).digest() == read(tmp_path / "t.csv").digest()


def test_nulls_are_no_texts(write):
    """A null is missing, not the word None."""
    table = read(write({"a": ["None", None], "b": [1.5, None]}))
    assert table.column("a").levels == ("None", None)
    assert table.column("b").levels == ("1.5", None)


def test_bytes_are_text(write):
    """Columns of bytes, as HDF5 and older programs leave them, hold words; what is none can still be dropped."""
    column = read(write({"a": [b"yes", "größe".encode(), b"\xff\x00", None]})).column("a")
    assert [None if code < 0 else column.levels[code] for code in column.codes] == ["yes", "größe", "\\xff\x00", None]


def test_floats_come_back_exactly(write):
    """The text of a float is the float."""
    values = np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(-100, 100)
    column = read(write({"a": values})).column("a")
    assert [float(column.levels[code]) for code in column.codes] == values.tolist()


def test_what_is_no_plain_table_is_refused(write, tmp_path):
    """Other files, empty tables and nested columns get a sentence."""
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="holds column names and no rows"):
        read(write({"a": pa.array([], type=pa.int64())}))
    with pytest.raises(DataError, match="column 'a' holds lists or records"):
        read(write({"a": [[1], [2]]}))


def test_a_file_cut_short_is_refused(write):
    """Whatever is missing, from the last byte to all but the first."""
    path = write({"a": np.random.default_rng(0).normal(size=5000), "b": [str(row) for row in range(5000)]})
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) - 9, len(whole) // 2, 100, 4, 0):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="t cannot be read as Parquet: "):
            read(path)


def test_damaged_values_are_refused(write):
    """Bytes in the middle that are not what was written."""
    path = write({"a": np.random.default_rng(0).normal(size=5000)})
    damaged = bytearray(path.read_bytes())
    damaged[4:3000] = bytes(2996)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="t cannot be read as Parquet: "):
        read(path)


def test_a_small_file_of_very_many_rows_is_refused(write, free_memory):
    """Its rows are counted before any of them is unpacked."""
    path = write({"a": np.zeros(2_000_000), "b": ["x"] * 2_000_000})
    free_memory(100_000_000)
    with pytest.raises(DataError, match=r"t has 2000000 rows\. That needs 0\.2 GiB of memory, and 0\.1 GiB are free"):
        read(path)
