"""Numbers of rows and identifiers are no inputs, whatever they are called; others that may be some are told."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from optbench.config import run_key
from optbench.datasets import inspect_table, load_dataset
from optbench.datasets.identifiers import names_rows
from optbench.errors import DataError
from optbench.words import sentence, sentences

N = 60
SHUFFLED = np.random.default_rng(1).permutation(N)
GAPS = [int(number) for number in 3 * SHUFFLED**2 + 11]  # all different, not consecutive
MEASURED = [f"{number:.3f}" for number in np.random.default_rng(2).normal(size=N)]


def csv_of(name, numbers, *, first=True, label=lambda row: "ab"[row % 2]):
    """Return a table with such a column before or behind a measured one."""
    lines = [f"{name},x,y" if first else f"x,{name},y"]
    for row, (number, value) in enumerate(zip(numbers, MEASURED, strict=True)):
        cells = [str(number), value] if first else [value, str(number)]
        lines.append(",".join([*cells, label(row)]))
    return "\n".join(lines) + "\n"


def may_identify(dataset):
    return [note for note in dataset.notes if note.code == "data-column-may-identify"]


def reading_of(dataset):
    return dataset.reading.get("identifiers", {})


@pytest.mark.parametrize(
    "name",
    [
        "ID", "Id", "CUSTOMER_ID", "CustomerId", "customerid", "id_customer", "PassengerId", "UUID", "Unnamed: 0",
        "Unnamed: 0.1", "unnamed: 0", "level_0", "index", "Index", "__index_level_0__", "Order No", "Order No.",
        "Invoice Number", "OrderNumber", "Nr", "Lfd. Nr.", "Kundennummer", "#", "No.", "S.No", "rownames", "row_names",
        "row.names", "Row Labels", "...1", "rowid", "ROWNUM", "_id", "pk", "customer_key", "SEQN", "Obs", "Record",
        "Nº", "N°", "N.º", "codigo_cliente", "Código", "Código del cliente", "folio", "Número", "num_pedido",
        "NumFactura", "cédula", "DNI", "matrícula", "No. de expediente", "fila", "numéro_client", "Auftragsnr",
    ],
)  # fmt: skip
def test_a_column_called_like_an_identifier_is_left_out(name, load_csv):
    """In any case and as pandas, R, databases and spreadsheets write it, wherever it stands."""
    dataset = load_csv(csv_of(name, GAPS, first=False))
    assert dataset.feature_names == ("x",)
    assert list(reading_of(dataset)) in ([name], [])  # [] for names that were always known
    (note,) = [note for note in sentences(dataset.notes) if "left out as an identifier" in note]
    assert repr(name) in note
    assert "number} keeps it)" in note


@pytest.mark.parametrize(
    "name",
    [
        "paid",
        "Humid",
        "V",
        "number of rooms",
        "No of Beds",
        "bmi",
        "grid",
        "Age",
        "código_postal",
        "num_pedidos",
        "valor_cif",
    ],
)
def test_a_column_called_otherwise_stays_and_is_told(name, load_csv):
    """Whole numbers of which no two are the same may identify something: a note says so, and how to leave them out."""
    dataset = load_csv(csv_of(name, GAPS, first=False))
    assert dataset.feature_names == ("x", name)
    assert dataset.reading == {}
    (note,) = [note for note in sentences(dataset.notes) if "write dataset.drop" in note]
    assert repr(name) in note


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_first_column_without_a_name_is_the_index_that_pandas_and_r_write(separator, load_csv, tmp_path):
    """It gets the name that pandas gives it, and two such files one behind the other are told as what they are."""
    content = csv_of('""', GAPS, label=lambda row: "ab"[row > N // 2]).replace(",", separator)
    dataset = load_csv(content, separator=separator)
    assert dataset.feature_names == ("x",)
    assert list(reading_of(dataset)) == ["Unnamed: 0"]
    assert inspect_table(tmp_path / "data.csv", "y").columns[0].kind == "id"
    with pytest.raises(DataError, match="holds the names of the columns again"):
        load_csv(content + content, separator=separator)


def test_names_say_it_in_their_first_or_last_word():
    """Words within other words, and words that count things, say nothing."""
    assert not any(names_rows(name, is_first=True) for name in ("paid", "valid", "no_of_rooms", "piano", "x", ""))
    assert names_rows("X", is_first=True)
    assert not names_rows("X", is_first=False)


@pytest.mark.parametrize(
    "numbers",
    [
        SHUFFLED,
        SHUFFLED[::-1] + 1,
        np.arange(N)[::-1],
        SHUFFLED - 20,
        [f"{number}.0" for number in SHUFFLED],
        [f"{number:05d}" for number in SHUFFLED],
        [2**53 + int(number) for number in SHUFFLED],
        [-(2**60) - int(number) for number in SHUFFLED],
    ],
    ids=["from 0", "from 1", "down", "negative", "decimals", "zeros", "beyond 2^53", "beyond -2^60"],
)
def test_a_permutation_of_consecutive_numbers_is_left_out_whatever_its_name(numbers, load_csv):
    """Rows that were shuffled or sorted keep the numbers they had; all rows count, not those for training alone."""
    dataset = load_csv(csv_of("zzz", numbers))
    assert dataset.feature_names == ("x",)
    assert reading_of(dataset) == {"zzz": "numbers-rows"}
    assert [note for note in sentences(dataset.notes) if "'zzz' is left out" in note and "{zzz: number} keeps" in note]


@pytest.mark.parametrize("numbers", [[*SHUFFLED[:-1], 70], [*SHUFFLED[:-1], ""], [str(2 * n) for n in SHUFFLED]])
def test_other_different_numbers_stay_and_are_told(numbers, load_csv):
    """A gap, a hole or another step: they can be quantities."""
    dataset = load_csv(csv_of("zzz", numbers))
    assert "zzz" in dataset.feature_names
    assert dataset.reading == {}
    told = "no two are the same. If it only tells rows apart, such as a number of rows, orders or people, write "
    assert [note for note in sentences(dataset.notes) if told in note and "dataset.drop: [zzz]" in note]


def test_numbers_that_repeat_or_are_few_are_numbers(load_csv):
    """Nothing is said of ordinary quantities."""
    for numbers in ([int(n) // 2 for n in SHUFFLED], MEASURED, [n % 7 for n in range(N)]):
        dataset = load_csv(csv_of("zzz", numbers))
        assert "zzz" in dataset.feature_names
        assert not [note for note in sentences(dataset.notes) if "zzz" in note]
    few = "zzz,y\n" + "".join(f"{row * 7 % 10},{'ab'[row % 2]}\n" for row in range(10))
    assert load_csv(few, split={"validation": 0.2}).feature_names == ("zzz",)


def test_numbers_of_rows_that_repeat(load_csv):
    """Tables put together repeat their row numbers: known by the name alone; an identifier that repeats is told."""
    halves = [n % 30 for n in range(N)]
    assert load_csv(csv_of("Unnamed: 0", halves)).feature_names == ("x",)
    dataset = load_csv(csv_of("customer_id", halves))
    assert dataset.feature_names == ("customer_id", "x")
    assert [note for note in sentences(dataset.notes) if "its name is one of identifiers" in note]


def test_each_file_may_number_its_own_rows(load_csv, tmp_path):
    """A file of test rows begins again at 0."""
    (tmp_path / "test.csv").write_text(csv_of("zzz", SHUFFLED))
    dataset = load_csv(csv_of("zzz", SHUFFLED), split={"test_path": "test.csv"})
    assert dataset.feature_names == ("x",)


def test_what_the_user_says_counts(load_csv):
    """A kind that is stated, or a column that is the target or dropped, is that; nothing is read differently."""
    for settings in ({"features": {"ID": "number"}}, {"features": {"ID": "category"}}, {"drop": ["ID"]}):
        dataset = load_csv(csv_of("ID", SHUFFLED), **settings)
        assert dataset.reading == {}
        assert not [note for note in sentences(dataset.notes) if "left out" in note]


def write_parquet(path, columns, index=None):
    """Write a Parquet file; `index` names columns in pandas' own metadata."""
    table = pa.table(columns)
    if index is not None:
        table = table.replace_schema_metadata({"pandas": json.dumps({"index_columns": index})})
    pq.write_table(table, path)


@pytest.mark.parametrize(
    ("values", "left_out"),
    [
        (GAPS, "index-of-numbers"),
        ([number + 0.5 for number in GAPS], "index-of-numbers"),
        ([number % 9 for number in GAPS], None),
    ],
    ids=["whole", "fractions", "repeated"],
)
def test_the_index_that_a_parquet_file_names(values, left_out, config, tmp_path):
    """Whatever it is called; one whose values repeat may mean something, and is told."""
    columns = {"x": [float(x) for x in MEASURED], "y": ["ab"[row % 2] for row in range(N)], "station": values}
    write_parquet(tmp_path / "t.parquet", columns, index=["station", {"kind": "range"}])
    dataset = load_dataset(config("csv", path="t.parquet"), base=tmp_path, data_dir=tmp_path)
    assert reading_of(dataset) == ({"station": left_out} if left_out else {})
    assert dataset.feature_names == (("x",) if left_out else ("x", "station"))
    assert [note for note in sentences(dataset.notes) if "the file says that it is the index" in note]


def test_damaged_metadata_of_pandas_says_nothing(config, tmp_path):
    """A Parquet file is read without it."""
    table = pa.table({"x": [float(x) for x in MEASURED], "y": ["ab"[row % 2] for row in range(N)]})
    for metadata in ("{", "[]", '{"index_columns": ["gone", 3]}'):
        pq.write_table(table.replace_schema_metadata({"pandas": metadata}), tmp_path / "t.parquet")
        dataset = load_dataset(config("csv", path="t.parquet"), base=tmp_path, data_dir=tmp_path)
        assert dataset.feature_names == ("x",)


def test_what_is_left_out_enters_the_key(load_csv):
    """A run that had the column as an input is another one; a table without such a column keeps its key."""
    plain, numbered = load_csv(csv_of("zzz", MEASURED)), load_csv(csv_of("zzz", SHUFFLED))
    assert plain.reading == {}
    experiment = SimpleNamespace(to_plain=dict)
    keys = [
        run_key(experiment, data_digest="d", code={}, versions={}, reading=reading)
        for reading in (None, plain.reading, numbered.reading)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_init_says_the_same(tmp_path, load_csv):
    """What a starter leaves out is what a run leaves out."""
    dataset = load_csv(csv_of("zzz", SHUFFLED))
    found = inspect_table(tmp_path / "data.csv", "y")
    assert {use.name: use.kind for use in found.columns} == {
        use["name"]: use["kind"] for use in dataset.facts["columns"]
    }


def test_a_large_table_in_chunks_finds_the_same(load_csv, monkeypatch):
    """Texts that are not coded are looked at as numbers."""
    content = csv_of("zzz", SHUFFLED)
    small = load_csv(content)
    monkeypatch.setattr("optbench.datasets.columns.MOST_LEVELS", 8)
    monkeypatch.setattr("optbench.datasets.csv_blocks.BLOCK_BYTES", 200)
    large = load_csv(content)
    assert (large.reading, large.feature_names) == (small.reading, small.feature_names)


@pytest.mark.parametrize(
    "written",
    ["{}", '"{:,}"', "({})", "${}", "{} kg", "0{}"],
)
def test_whole_numbers_that_all_differ_are_told_however_they_are_written(written, load_csv):
    """A spelling, or zeros in front, are told as well and take no place of it."""
    (note,) = may_identify(load_csv(csv_of("c", [written.format(number) for number in GAPS])))
    assert note.values["name"] == "c"
    assert "no two are the same. If it only tells rows apart" in sentence(note)
