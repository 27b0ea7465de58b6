"""An Excel sheet is the table that a CSV file with the same cells is."""

# ruff: noqa: DTZ001 - a cell has no time zone

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest

from optbench.datasets import inspect_table
from optbench.datasets.opening import Storage, open_table
from optbench.datasets.table_reading import read_table
from optbench.errors import DataError
from optbench.words import sentences

openpyxl = pytest.importorskip("openpyxl")
ROWS = [
    ["größe", "when", "flag", "amount", "y"],
    [1, dt.datetime(2024, 3, 1), True, 0.1, "no"],
    [2.5, dt.datetime(2024, 3, 2, 13, 30), False, None, "yes"],
    [None, None, None, None, None],
    [1e20, dt.date(2024, 3, 3), True, 3, "no, really"],
]


@pytest.fixture
def book(tmp_path):
    """Write sheets by name and return the file."""

    def written(**sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "t.xlsx"
        made.save(path)
        return path

    return written


def cells(path, sheet=None):
    with open_table(path, Storage(";", sheet=sheet), name="t.xlsx") as opened:
        table = read_table([opened.file])
    columns = map(table.column, table.names)
    return table, {column.name: [column.levels[code] for code in column.codes] for column in columns}


def test_cells_are_their_values(book):
    """Numbers in full, dates by ISO, truth values as Excel shows them; an empty row is none."""
    table, found = cells(book(Daten=ROWS, Leer=[]))
    assert found == {
        "größe": ["1", "2.5", "1e+20"],
        "when": ["2024-03-01 00:00:00", "2024-03-02 13:30:00", "2024-03-03"],
        "flag": ["TRUE", "FALSE", "TRUE"],
        "amount": ["0.1", "", "3"],
        "y": ["no", "yes", "no, really"],
    }
    assert [table.lines.line(row) for row in range(3)] == [2, 3, 5]
    assert table.files[0].name == "t.xlsx"


def test_the_same_digest_as_csv(book, load_csv, table, tmp_path):
    """A table has one digest, whichever of the two it is stored as."""
    text = table()
    rows = [line.split(",") for line in text.splitlines()]
    content = book(one=[rows[0], *[[float(a), float(b), c, y] for a, b, c, y in rows[1:]]]).read_bytes()
    shortest = "\n".join([",".join(rows[0]), *(f"{float(a)!r},{float(b)!r},{c},{y}" for a, b, c, y in rows[1:])])
    assert load_csv(content, path="t.xlsx").data_digest == load_csv(shortest).data_digest


def test_one_of_several_sheets_is_named(book, tmp_path):
    """Without a name there is none to prefer; 'init' takes the first and says so."""
    path = book(Daten=[*ROWS, *ROWS[1:]], Mehr=ROWS, Leer=[])
    with pytest.raises(DataError, match=r"it has 2: Daten, Mehr\. Name one: dataset\.sheet: Daten\."):
        cells(path)
    with pytest.raises(DataError, match=r"Received: 'Dat'\. Did you mean 'Daten'\?"):
        cells(path, "Dat")
    assert cells(path, "Mehr")[0].n_rows == 3
    found = inspect_table(path, "flag")
    assert found.storage == Storage(sheet="Daten")
    assert any("'Daten' is the first of them" in told for told in sentences(found.notes))
    with pytest.raises(DataError, match="every sheet of it is empty"):
        cells(book(Leer=[]))


def test_a_cell_beyond_the_header_is_told(book):
    """A column without a name is not read in silence, nor cut."""
    with pytest.raises(DataError, match="row 3 has a cell beyond the header's 2 columns: 'note' in column 4"):
        cells(book(one=[["a", "y"], [1, "x"], [2, "y", None, "note"]]))


def test_what_is_no_excel_file_is_told(tmp_path, book):
    """Text under the name, a file cut short, an archive of something else, an XML bomb."""
    path = book(one=ROWS)
    whole = path.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("t.csv", "a,b\n1,2\n")
    for content in (b"a,b\n1,2\n", whole[: len(whole) // 2], archive.getvalue(), with_bomb(whole)):
        path.write_bytes(content)
        with pytest.raises(DataError, match="t.xlsx.* cannot be read"):
            cells(path)


def with_bomb(content: bytes) -> bytes:
    """Return an Excel file whose sheet refers to entities that grow."""
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "ha">{grown}]><worksheet>&e8;</worksheet>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(buffer, "w") as made:
        for name in given.namelist():
            made.writestr(name, bomb if "sheet1" in name else given.read(name))
    return buffer.getvalue()


def test_formulas_that_nobody_computed_are_told(book, load_csv):
    """A program that writes formulas alone leaves a column empty here; a column that is empty in the file is none."""
    rows = [["x", "doubled", "empty", "y"], *([i * 7 % 31, f"=A{i + 2}*2", None, "ab"[i % 2]] for i in range(60))]
    dataset = load_csv(book(One=rows).read_bytes(), path="t.xlsx")
    (told,) = [note for note in sentences(dataset.notes) if "formulas without stored values" in note]
    assert told.startswith("t.xlsx: column 'doubled'")
    assert dataset.feature_names == ("x",)
