"""Parquet means the same table as CSV."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from optbench.datasets.parquet_files import read_parquet
from optbench.datasets.tables import read_table
from optbench.errors import DataError, MachineError

pa = pytest.importorskip("pyarrow", reason="Parquet is an optional extra")
pq = pytest.importorskip("pyarrow.parquet", reason="Parquet is an optional extra")


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
    read = read_table(path, separator=",", name="t")
    assert read.digest() == read_table(tmp_path / "t.csv", separator=",", name="t").digest()


def test_nulls_are_no_texts(write):
    """A null is missing, not the word None."""
    table = read_parquet(write({"a": ["None", None], "b": [1.5, None]}))
    assert table.column("a").levels == ("None", None)
    assert table.column("b").levels == ("1.5", None)


def test_floats_come_back_exactly(write):
    """The text of a float is the float."""
    values = np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(-100, 100)
    column = read_parquet(write({"a": values})).column("a")
    assert [float(column.levels[code]) for code in column.codes] == values.tolist()


def test_what_is_no_plain_table_is_refused(write, tmp_path):
    """Other files, empty tables and nested columns get a sentence."""
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_parquet(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="holds column names and no rows"):
        read_parquet(write({"a": pa.array([], type=pa.int64())}))
    with pytest.raises(DataError, match="column 'a' holds lists or records"):
        read_parquet(write({"a": [[1], [2]]}))


def test_missing_extra_is_named(tmp_path, monkeypatch):
    """Without pyarrow the error is the command that installs it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MachineError, match=r'pip install "optbench\[parquet\]"'):
        read_parquet(tmp_path / "t.parquet")
