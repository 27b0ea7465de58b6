"""Numbers as people write them: read if one reading fits all cells and the rest of the file, else refused with both."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets import inspect_table
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.number_spelling import plain_numbers, shapes_of
from optbench.errors import DataError
from optbench.words import sentences

N = 60
LABELS = ["no", "yes"] * (N // 2)
VALUES = [round(1234.5 + 777.25 * i, 2) for i in range(N)]


def read(texts):
    """Return the numbers of texts under the only reading that fits them, None if there is not one."""
    shapes = shapes_of(texts_of(texts))
    if shapes is None or shapes.is_ambiguous or shapes.mixes_units:
        return None
    decimal = "." if "." in shapes.fits else ","
    return [float(text) for text in plain_numbers(texts_of(texts), decimal).to_pylist()]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["0,773", "-1,2"], [0.773, -1.2]),
        (["1.234,50", "7"], [1234.5, 7]),
        (["$6,873.00", "928"], [6873, 928]),
        (["6,873.00€", "1.5 €"], [6873, 1.5]),
        (["98.8%", "7 %"], [98.8, 7]),
        (["(8173)", "8173", "(1,234.50)"], [-8173, 8173, -1234.5]),
        (["5.00-", "-$5", "$-5", "($5.00)", "\N{MINUS SIGN}5"], [-5, -5, -5, -5, -5]),
        (["1'234.50", "2\N{RIGHT SINGLE QUOTATION MARK}000"], [1234.5, 2000]),
        (["1 234,5", "1\N{NARROW NO-BREAK SPACE}234", "1\N{NO-BREAK SPACE}234"], [1234.5, 1234, 1234]),
        (["12,34,567", "1,00,000.50"], [1234567, 100000.5]),
        (["CHF 1'000", "CHF 20"], [1000, 20]),
        (["5 USD", "$6", "US$ 7"], [5, 6, 7]),
        (["R$ 1.234,56"], [1234.56]),
        (["2.0 kg", "10kg"], [2, 10]),
        (["1 year", "2 years"], [1, 2]),
        (["1e5", "2,5E-3"], [1e5, 0.0025]),
        (["15,-", "1.500,-- \N{EURO SIGN}", "-15,\N{EN DASH}", "15,50"], [15, 1500, -15, 15.5]),
        (["CHF 15.-", "CHF 1'500.--", "CHF 15.50"], [15, 1500, 15.5]),
        (["12,34", "1,234"], [12.34, 1.234]),
        (["5,493e+04", "-1,250E-3"], [54930, -0.00125]),
        (["$1,234.50 MXN", "$ 2 MXN"], [1234.5, 2]),
        (["S/ 1,234.50", "S/. 7.5", "8.25 PEN"], [1234.5, 7.5, 8.25]),
        (["kr. 1,234.50", "7.5 kr"], [1234.5, 7.5]),
        (["1 mes", "12 meses"], [1, 12]),
        (["1,234,567", "1,234"], [1234567, 1234]),
        (["1.234.567", "1.234"], [1234567, 1234]),
    ],
)
def test_one_reading(texts, numbers):
    """Marks, signs, currencies and units around the digits."""
    assert read(texts) == numbers


@pytest.mark.parametrize(
    "texts",
    [
        ["1,234", "928"],
        ["1.234,5", "1,234.5"],
        ["5 kg", "6 lb"],
        ["5%", "0.6"],
        ["USD 5", "CAD 6"],
        ["$5 MXN", "$6 CAD"],
        ["$5 MXN", "$6"],
        ["12a", "13a"],
        ["1st", "2nd"],
        ["12 Main Street"],
        ["1.2.3"],
        ["2020-01-02"],
        ["(5", "6"],
        ["--5"],
        ["5 AM"],
        ["10:30"],
    ],
)
def test_no_reading_or_two(texts):
    """What is ambiguous, mixes units or is no number is not read."""
    assert read(texts) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=8))
def test_pandas_reads_the_same_numbers(values):
    """What is written with separators of thousands comes back as pandas' own reading of it."""
    for decimal, thousands in ((".", ","), (",", "."), (",", " "), (".", "'")):
        marks = str.maketrans({",": thousands, ".": decimal})
        texts = [f"{value:,.3f}".translate(marks) for value in values]
        frame = io.StringIO("x\n" + "\n".join(f'"{text}"' for text in texts) + "\n")
        expected = pd.read_csv(frame, decimal=decimal, thousands=thousands)["x"]
        shapes = shapes_of(texts_of(texts))
        assert decimal in shapes.fits
        np.testing.assert_array_equal(
            [float(text) for text in plain_numbers(texts_of(texts), decimal).to_pylist()], expected
        )


def table(**columns):
    """Return a CSV with `;` between cells and a target y."""
    cells = {**columns, "y": columns.get("y", LABELS)}
    return pd.DataFrame(cells).to_csv(index=False, sep=";", lineterminator="\n")


def values_of(dataset, name):
    """Return the numbers of a column in the order of the rows, as they were before they were standardised."""
    fitted = dataset.facts["preprocessing"][name]
    column = dataset.feature_names.index(name)
    found = np.empty(sum(len(part.rows) for part in dataset.splits.values()))
    for part in dataset.splits.values():
        found[part.rows] = part.x[:, column] * fitted["sd"] + fitted["mean"]
    return found


GERMAN = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in VALUES]
AMERICAN = [f"${value:,.2f}" for value in VALUES]


@pytest.mark.parametrize("cells", [GERMAN, AMERICAN, [f"{value:.2f} kg" for value in VALUES]])
def test_a_column_is_read_and_told(load_csv, cells):
    """Without a word in the experiment file: the numbers, a note, and an entry in what makes the key."""
    dataset = load_csv(table(x=cells), separator=";")
    np.testing.assert_allclose(values_of(dataset, "x"), VALUES, rtol=1e-5)
    assert [note for note in sentences(dataset.notes) if "column 'x' is read as numbers" in note]
    assert "x" in dataset.facts["reading"]["number spelling"]


def test_plain_numbers_leave_the_key_alone(load_csv):
    """Where no rule fires there is nothing in the key."""
    assert "reading" not in load_csv(table(x=[str(value) for value in VALUES]), separator=";").facts


def test_other_columns_decide(load_csv):
    """`1.234` is a thousand where another column can only have a decimal comma; else it is what it always was."""
    grouped = [f"{1 + i}.{100 + i}" for i in range(N)]
    alone = load_csv(table(x=grouped), separator=";")
    beside = load_csv(table(x=grouped, price=GERMAN), separator=";")
    np.testing.assert_allclose(values_of(alone, "x"), [float(text) for text in grouped], rtol=1e-5)
    np.testing.assert_allclose(values_of(beside, "x"), [float(text.replace(".", "")) for text in grouped], rtol=1e-5)


def test_two_readings_are_refused_with_both_remedies(load_csv):
    """`1,234` alone may be either: each remedy that is named works."""
    cells = [f"{1 + i},{100 + i}" for i in range(N)]
    with pytest.raises(DataError, match=r"two readings: '10,109' is 10109 .*, and 10\.109 ") as caught:
        load_csv(table(x=cells), separator=";")
    assert "dataset.thousands: ','" in str(caught.value)
    assert "dataset.decimal: ','" in str(caught.value)
    grouped = load_csv(table(x=cells), separator=";", thousands=",")
    decimals = load_csv(table(x=cells), separator=";", decimal=",")
    np.testing.assert_allclose(values_of(grouped, "x"), [float(text.replace(",", "")) for text in cells], rtol=1e-5)
    np.testing.assert_allclose(values_of(decimals, "x"), [float(text.replace(",", ".")) for text in cells], rtol=1e-5)
    assert load_csv(table(x=cells), separator=";", features={"x": "category"}).feature_names[0].startswith("x=")


def test_a_target_is_read_the_same_way(load_csv):
    """Numbers to predict in a spelling of their own."""
    dataset = load_csv(table(x=[str(1.5 * i) for i in range(N)], y=GERMAN), separator=";", task="regression")
    y = np.concatenate([part.y for part in dataset.splits.values()])
    rows = np.concatenate([part.rows for part in dataset.splits.values()])
    np.testing.assert_array_equal(y[np.argsort(rows)], VALUES)
    assert any("the target 'y' is read as numbers" in note for note in sentences(dataset.notes))


def test_words_among_numbers_are_named_as_words(load_csv):
    """Advice is about the words, not about the spelling of the numbers."""
    cells = [*GERMAN[:-1], "unbekannt"]
    with pytest.raises(DataError, match=r"'unbekannt' in row 60 .*[Aa]dd 'unbekannt' to dataset\.missing"):
        load_csv(table(x=cells), separator=";")
    dataset = load_csv(table(x=cells), separator=";", missing=["unbekannt"])
    np.testing.assert_allclose(values_of(dataset, "x")[:-1], VALUES[:-1], rtol=1e-5)
    with pytest.raises(DataError, match="Received: 'unbekannt'"):
        load_csv(table(x=cells), separator=";", features={"x": "number"})


def test_units_that_differ_are_refused_for_a_number(load_csv):
    """Kilograms and pounds are no one column of numbers."""
    cells = [f"{i} {'kg' if i % 2 else 'lb'}" for i in range(N)]
    with pytest.raises(DataError, match="numbers of one unit. Received: lb and kg"):
        load_csv(table(x=cells), separator=";", features={"x": "number"})


@pytest.mark.parametrize(
    ("columns", "settings"),
    [
        ({"x": GERMAN}, {"decimal": ",", "thousands": "."}),
        ({"x": AMERICAN}, {"thousands": ","}),
        ({"x": [text.replace(".", "") for text in GERMAN]}, {"decimal": ","}),
        ({"x": [str(value) for value in VALUES]}, {}),
    ],
)
def test_init_writes_down_what_a_run_needs(tmp_path, load_csv, columns, settings):
    """What is found stands in the file, and reads the same numbers there."""
    path = tmp_path / "data.csv"
    path.write_text(table(**columns))
    found = inspect_table(path, "y")
    assert found.numbers.settings == settings
    as_written = load_csv(table(**columns), separator=";", **settings)
    unstated = load_csv(table(**columns), separator=";")
    assert as_written.train.x.tobytes() == unstated.train.x.tobytes()


def test_init_leaves_what_is_ambiguous_to_the_user(tmp_path):
    """A file that loads, and a question."""
    path = tmp_path / "data.csv"
    path.write_text(table(x=[f"{1 + i},{100 + i}" for i in range(N)]))
    found = inspect_table(path, "y")
    assert found.features == {"x": "category"}
    assert any("until you say what its numbers are" in note for note in sentences(found.notes))
    assert inspect_table(path, "y", decimal=",").numbers.settings == {"decimal": ","}
    assert inspect_table(path, "y", decimal=".").numbers.settings == {"thousands": ","}


def test_a_spelling_that_comes_late_in_a_large_table_is_read(load_csv, monkeypatch):
    """Cells beyond those that are looked at first count too, in memory and on the disk, and a number has one value."""
    values = np.arange(6000) / 8
    cells = [f"{value}" for value in values[:-1000]] + [f"{value:,.3f}" for value in values[-1000:] * 10]
    cells[-1] = cells[-2].replace(",", "")
    content = table(x=cells, y=["no", "yes"] * 3000)
    held = load_csv(content, separator=";")
    monkeypatch.setenv("OPTBENCH_LARGE_TABLE_MB", "0")
    stored = load_csv(content, separator=";")
    assert held.train.x.tobytes() == stored.train.x.tobytes()
    expected = np.where(np.arange(6000) < 5000, values, values * 10)
    expected[-1] = expected[-2]
    np.testing.assert_allclose(values_of(held, "x"), expected, rtol=1e-5, atol=1e-3)


def test_other_columns_decide_about_a_target_too(load_csv):
    """`1.234` to predict is a thousand beside decimal commas."""
    y = [f"{1 + i}.{100 + i}" for i in range(N)]
    dataset = load_csv(table(x=GERMAN, y=y), separator=";", task="regression")
    numbers = np.concatenate([part.y for part in dataset.splits.values()])
    assert sorted(numbers) == sorted(float(text.replace(".", "")) for text in y)


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_points_of_typed_numbers_are_before_decimals(ending, tmp_path, load_csv):
    """What a file holds as numbers is no text of people: neither other columns nor `decimal` make thousands of it."""
    frame = pd.DataFrame(
        {"f": [1.125 + i for i in range(60)], "s": [f"{i},5" for i in range(60)], "y": ["a", "b"] * 30}
    )
    if ending == "xlsx":
        pytest.importorskip("openpyxl")
    getattr(frame, {"parquet": "to_parquet", "xlsx": "to_excel"}[ending])(tmp_path / f"my.{ending}", index=False)
    content = (tmp_path / f"my.{ending}").read_bytes()
    for stated in ({}, {"decimal": ","}):
        dataset = load_csv(content, path=f"my.{ending}", **stated)
        fitted = dataset.facts["preprocessing"]
        assert fitted["f"]["median"] == frame["f"][dataset.train.rows].median()
        assert fitted["s"]["median"] == np.median(dataset.train.rows + 0.5)


def test_typed_points_are_no_evidence_for_texts(tmp_path, load_csv):
    """`1,234` stays a question, whatever floats stand beside it."""
    frame = pd.DataFrame(
        {"f": [0.5 + i for i in range(60)], "s": [f"{1 + i},234" for i in range(60)], "y": ["a", "b"] * 30}
    )
    frame.to_parquet(tmp_path / "my.parquet")
    with pytest.raises(DataError, match="has two readings"):
        load_csv((tmp_path / "my.parquet").read_bytes(), path="my.parquet")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_are_seconds(unit, tmp_path, load_csv):
    """A duration is a number with its unit, to the last digit, and negative ones are."""
    counts = [(i - 20) * 1_234_567 for i in range(60)]
    table = pa.table({"d": pa.array(counts, pa.duration(unit)), "x": [i % 7 for i in range(60)], "y": ["a", "b"] * 30})
    pq.write_table(table, tmp_path / "my.parquet")
    dataset = load_csv((tmp_path / "my.parquet").read_bytes(), path="my.parquet")
    seconds = np.array(counts) / {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert dataset.facts["preprocessing"]["d"]["median"] == np.median(seconds[dataset.train.rows])
    assert any("its unit is 's'" in note for note in sentences(dataset.notes))
    assert inspect_table(tmp_path / "my.parquet").features == {}


def test_init_says_what_two_readings_a_column_has_beside_a_stated_mark(tmp_path):
    """Where other columns contradict each other, the question names the readings, not words that are not there."""
    rows = "".join(f"{i}.5;{i},25;1.{100 + i};{'ab'[i % 2]}\n" for i in range(60))
    (tmp_path / "my.csv").write_text("x;q;p;y\n" + rows)
    notes = sentences(inspect_table(tmp_path / "my.csv", "y").notes)
    assert any("column 'p' is left a category until you say what its numbers are" in note for note in notes)
    assert not any("numbers and other texts" in note for note in notes)
