"""Kinds of columns are inferred from their texts, with the reason."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.column_kinds import infer_kind, number_values
from optbench.datasets.columns import column_of_texts
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.number_texts import is_number, numbers_of, parse_texts, sorted_texts
from optbench.datasets.table_storage import TableStorage
from optbench.datasets.text_table import RowLines, TextTable
from optbench.errors import DataError
from optbench.words import sentence

MISSING = ("", "?", "NA")
NUMERIC = re.compile(r"[+-]?(nan|inf|infinity|[0-9]+e[0-9]+)", re.IGNORECASE)  # finite or not


def table_of(name, cells):
    storage, lines = TableStorage(), RowLines()
    lines.add(range(2, len(cells) + 2))
    column = column_of_texts(name, cells, storage)
    return TextTable((CheckedFile(None, "t.csv", "", 0),), (column,), (len(cells),), lines, storage)


def values_of(table, missing):
    return number_values(table, ExaminedColumn(table.columns[0], missing=missing))


def kind_of(name, cells):
    table = table_of(name, cells)
    return infer_kind(table, ExaminedColumn(table.columns[0], missing=MISSING), rows=np.arange(len(cells)))


def numbers(n):
    return [str(value) for value in range(n)]


@pytest.mark.parametrize(
    ("name", "cells", "kind", "reason"),
    [
        ("x", ["1", "2.5", "-3e4", "1"], "number", "all 4 values are numbers"),
        ("x", ["1", "", "2", "3", "4", "4"], "number", "all 5 values are numbers; 1 cell missing"),
        ("senior", ["0", "1", "0", "1"], "number", "2 different ones (codes? then set it to category)"),
        ("x", ["a", "b", "a", "b"], "category", "2 different texts"),
        ("x", ["a", "?", "a", "b"], "category", "2 different texts; 1 cell missing"),
        ("x", ["a", "", "a"], "category", "1 different text; 1 cell missing"),
        ("x", ["7", "7", "7"], "constant", "the same value in all 3 rows: '7'"),
        ("x", ["", "NA", "?"], "constant", "no value in any of the 3 rows"),
        ("who", ["7590-V", "5575-G", "3668-Q"], "id", "every one of its 3 texts is different"),
        (
            "customerID",
            ["31", "7", "12"],
            "id",
            "every one of its 3 whole numbers is different, and it is named as identifiers are",
        ),
        ("id", ["31", "7", "12"], "id", "every one of its 3 whole numbers"),
        ("row_number", ["31", "7", "12"], "id", "every one of its 3 whole numbers"),
        ("paid", ["31", "7", "12"], "number", "all 3 values are numbers"),
        ("customerID", ["3.5", "7.25", "1.5"], "number", "all 3 values are numbers"),
        ("n", numbers(30), "id", "it counts the rows: 0, 1, 2, ..."),
        ("n", numbers(30)[::-1], "id", "it numbers the rows: the whole numbers from 0 to 29, each once"),
        ("n", numbers(5), "number", "all 5 values are numbers"),
    ],
)
def test_kind_and_reason(name, cells, kind, reason):
    """Each kind comes with the facts it was inferred from."""
    inferred = kind_of(name, cells)
    assert inferred.kind == kind
    assert reason in sentence(inferred.reason)


def test_many_numbers_and_a_few_words_are_neither():
    """A column of numbers with words in it never becomes a category of thousands of levels."""
    with pytest.raises(DataError, match=r"30 of its different values are numbers, 1 is not, e\.g\. 'none' in row 31"):
        kind_of("x", [*numbers(30), "none"])


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-Infinity", "1e999"])
def test_cells_that_are_no_finite_number_are_refused_with_their_place(cell):
    """NaN and infinity spelled in a number column are errors that name row, line and column."""
    table = table_of("x", ["1", "2", cell, "3", cell])
    assert kind_of("x", ["1", "2", cell, "3", cell]).kind == "number"
    with pytest.raises(DataError) as caught:
        values_of(table, MISSING)
    assert str(caught.value) == (
        f"column 'x' must hold finite numbers. Received: {cell!r} in row 3 (line 4 of t.csv) and in 1 more row. "
        f"Correct the cells, add {cell!r} to dataset.missing, or set dataset.features: {{x: category}}."
    )


def test_missing_cells_are_nan_and_may_be_spelled_nan():
    """What the `missing` list names is missing, whatever it is."""
    table = table_of("x", ["1", "nan", "", "2"])
    values = values_of(table, ("", "nan"))
    assert np.array_equal(values, [1.0, np.nan, np.nan, 2.0], equal_nan=True)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_is_a_number(value):
    """Whatever Python writes for a finite float is read as that number."""
    assert is_number(repr(value))


@pytest.mark.parametrize("text", ["", "1_000", "1,5", "0x1F", "nan", "inf", "\N{MINUS SIGN}5", "5 ", "1e999", "٣"])
def test_what_only_python_reads_as_a_number_is_none(text):
    """Digits of other scripts, underscores, words and overflow are no numbers."""
    assert not is_number(text)


@given(st.lists(st.text(alphabet="019.eE+-\n _x", max_size=6), max_size=4))
def test_numbers_of_many_texts_are_those_of_each(texts):
    """The fast way over a whole column and the strict way over each text agree."""
    numbers = numbers_of(texts)
    finite = numbers is not None and np.isfinite(numbers).all()
    assert finite == all(is_number(text) for text in texts)
    if finite:
        assert numbers == [float(text) for text in texts]


def test_numbers_are_sorted_by_value_and_texts_by_code():
    """The order of classes and levels is the order a reader expects."""
    assert sorted_texts(["10", "9", "-1"]) == ["-1", "9", "10"]
    assert sorted_texts(["10", "9", "x"]) == ["10", "9", "x"]


@given(st.lists(st.text(alphabet="0129.eE+-naif, x", max_size=7), max_size=12), st.sampled_from(["", "?", "1", "-9.0"]))
def test_numbers_of_a_column_are_those_of_each_text(texts, missing):
    """Read all at once, texts are the numbers that Python reads one by one; others are told apart."""
    numbers = parse_texts(texts_of([*texts, None]), missing=(missing,))
    expected = [np.nan if text == missing else float(text) if is_number(text) else np.inf for text in texts]
    np.testing.assert_array_equal(numbers.values, [*expected, np.nan])
    words = [text != missing and not is_number(text) and not NUMERIC.fullmatch(text) for text in texts]
    assert (numbers.is_word is not None) == any(words)
    assert numbers.is_word is None or numbers.is_word.tolist() == [*words, False]
    if numbers.are_canonical:
        present = [text for text in texts if text != missing]
        assert [str(int(text)) for text in present] == present


@given(st.lists(st.integers(-(10**17), 10**17).map(str), min_size=1, max_size=9))
def test_whole_numbers_are_written_in_one_way(texts):
    """Plain whole numbers below 2^53 are found to be written as Python writes them."""
    exact = all(abs(int(text)) < 2**53 for text in texts)
    assert parse_texts(texts_of(texts), missing=()).are_canonical == exact
    assert not parse_texts(texts_of([*texts, "07"]), missing=()).are_canonical


def test_all_that_is_no_number_is_named_at_once(load_csv):
    """Each column with all its words, and all columns: what the message says to add is all there is to add."""
    cells = {3: "Infinity", 9: "NaN", 20: "-inf"}
    rows = [f"{cells.get(i, i * 0.5)},{'nan' if i == 5 else i * 1.5},{'ab'[i % 2]}" for i in range(60)]
    text = "\n".join(["x,z,y", *rows])
    with pytest.raises(DataError) as caught:
        load_csv(text)
    assert [finding.values["message"].split(" must")[0] for finding in caught.value.problems] == [
        "column 'x'",
        "column 'z'",
    ]
    assert "add 'Infinity', 'NaN', '-inf' to dataset.missing" in str(caught.value)
    assert load_csv(text, missing=["Infinity", "NaN", "-inf", "nan"]).feature_names == ("x", "z")
    wide = "\n".join(
        [",".join([*(f"c{i}" for i in range(14)), "y"])]
        + [",".join([*(["NaN" if row == 7 else f"{row}.5"] * 14), "ab"[row % 2]]) for row in range(60)]
    )
    with pytest.raises(DataError, match="'c9' .*\n4 more columns cannot be read"):
        load_csv(wide)
