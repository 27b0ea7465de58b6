"""Small files that unpack to much: refused in a sentence by `init`, `validate`, and where rows are to be predicted."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import resource
import sys
import zipfile

import numpy as np
import pytest
from selection import mostly_long

from optbench.config import load_experiment
from optbench.datasets import Preprocessing, load_dataset
from optbench.errors import OptbenchError
from optbench.runs.new_data import rows_of_file

MB = 1 << 20
UNPACKED = 300 * MB
LEFT = 200 * MB
BLOCK = 4 * MB
SHEET = """<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>\
<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>y</t></is></c></row>\
<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>%s"""


def blocks(start, byte):
    yield start
    for _ in range(UNPACKED // BLOCK):
        yield byte * BLOCK


def streamed(start, byte, opened, *arguments, **options):
    with opened(*arguments, **options) as file:
        for block in blocks(start, byte):
            file.write(block)


def gz_of_zeros(folder):
    streamed(b"", b"\0", gzip.open, folder / "t.csv.gz", "wb", compresslevel=1)
    return "t.csv.gz"


def gz_of_one_line(folder):
    streamed(b"a,y\n1,x\n", b"q", gzip.open, folder / "t.csv.gz", "wb", compresslevel=1)
    return "t.csv.gz"


def gz_of_one_cell(folder):
    streamed(b'a,y\n1,x\n"', b"q\n", gzip.open, folder / "t.csv.gz", "wb", compresslevel=1)
    return "t.csv.gz"


def xz_of_zeros(folder):
    streamed(b"", b"\0", lzma.open, folder / "t.csv.xz", "wb", preset=0)
    return "t.csv.xz"


def bz2_of_one_line(folder):
    streamed(b"a,y\n1,x\n", b"q", bz2.open, folder / "t.csv.bz2", "wb", 1)
    return "t.csv.bz2"


def zip_of_one_line(folder):
    with zipfile.ZipFile(folder / "t.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        streamed(b"a,y\n1,x\n", b"q", archive.open, "t.csv", "w", force_zip64=True)
    return "t.zip"


def workbook(folder, *parts):
    """Write a workbook whose one sheet is this XML, a part after the other."""
    openpyxl = pytest.importorskip("openpyxl")
    openpyxl.Workbook().save(folder / "plain.xlsx")
    with (
        zipfile.ZipFile(folder / "plain.xlsx") as plain,
        zipfile.ZipFile(folder / "t.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for name in plain.namelist():
            if name != "xl/worksheets/sheet1.xml":
                made.writestr(name, plain.read(name))
        with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)
    return "t.xlsx"


def xlsx_of_one_cell(folder):
    return workbook(folder, *blocks((SHEET % "").encode(), b"q"), b"</t></is></c></row></sheetData></worksheet>")


def xlsx_of_one_row(folder):
    return workbook(folder, *blocks((SHEET % "x</t></is></c>").encode(), b"<c/>"), b"</row></sheetData></worksheet>")


def xlsx_of_entities(folder):
    names = "abcdefgh"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in itertools.pairwise(names))
    head = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "{"ha" * 1000}">{entities}]>'
    body = (SHEET % "&h;</t></is></c></row></sheetData></worksheet>").partition("?>")[2]
    return workbook(folder, (head + body).encode())


def xlsx_of_a_file(folder):
    (folder / "secret").write_text("the secret")
    head = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e SYSTEM "{(folder / "secret").as_uri()}">]>'
    body = (SHEET % "&e;</t></is></c></row></sheetData></worksheet>").partition("?>")[2]
    return workbook(folder, (head + body).encode())


def parquet_of_one_value(folder):
    import pyarrow as pa
    from pyarrow import parquet

    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, dtype=np.int32)), pa.array(["q" * 5000]))
    table = pa.table({"a": long, "y": pa.array(["x", "z"] * 500_000)})
    parquet.write_table(table, folder / "t.parquet", compression="zstd")
    return "t.parquet"


BOMBS = (
    gz_of_zeros,
    gz_of_one_line,
    gz_of_one_cell,
    xz_of_zeros,
    bz2_of_one_line,
    zip_of_one_line,
    xlsx_of_one_cell,
    xlsx_of_one_row,
    xlsx_of_entities,
    xlsx_of_a_file,
    parquet_of_one_value,
)


def limit_memory():
    import psutil

    most = psutil.Process().memory_info().vms + LEFT
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Preprocessing of a small table with these columns, and its section."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "t.csv").write_text("a,y\n" + "1,x\n2,z\n3,x\n" * 20)
    text = "name: a\ndataset: {name: csv, path: t.csv, target: y}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
    (folder / "a.yaml").write_text(text)
    config = load_experiment(folder / "a.yaml").config
    dataset = load_dataset(config.dataset, base=folder, data_dir=folder, task="classification")
    return Preprocessing.from_json(dataset.preprocessing, "t.csv"), config.dataset


@pytest.mark.parametrize("make", mostly_long(BOMBS, short=[xlsx_of_a_file, xlsx_of_entities], ci=[gz_of_one_line]))
def test_tables_made_to_harm(give, work, experiment, fitted, make):
    """No process takes much memory, and no file but the table is read."""
    name = make(work)
    experiment(f"{{name: csv, path: {name}, target: y}}")

    def predict():
        try:
            with rows_of_file(work / name, *fitted) as rows:
                for part in rows.parts:
                    del part
        except OptbenchError as error:
            sys.stderr.write(f"{error}\n")
            raise SystemExit(error.exit_code) from None

    for ended in (
        give("init", name, before=limit_memory, timeout=60),
        give("validate", "a.yaml", before=limit_memory, timeout=60),
        give(before=limit_memory, timeout=60, instead=predict),
    ):
        ended.require(3, saying=name)
        assert "the secret" not in ended.said
