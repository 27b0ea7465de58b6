"""Labels are what the file says: one number is one class, anything else is as it is written, no word is invented."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.datasets import inspect_table, load_dataset
from optbench.datasets.label_spellings import are_plain_numbers
from optbench.datasets.labels import label_order
from optbench.datasets.no_value_words import reads_like_no_value
from optbench.errors import DataError
from optbench.words import dropped_rows, sentences


def csv_of(labels, *, repeat=20):
    """Return a table whose rows have these labels in turn."""
    rng = np.random.default_rng(0)
    return "x,y\n" + "".join(f'{rng.normal():.4f},"{label}"\n' for _ in range(repeat) for label in labels)


@pytest.mark.parametrize(
    ("labels", "classes", "reading"),
    [
        (["1", "1.0", "0", "0.00"], ("0", "1"), None),
        (["-1", "1", "-1.0"], ("-1", "1"), None),
        (["0.5", ".5", "1.5"], (".5", "1.5"), None),
        (["10", "9", "1e1"], ("9", "10"), None),
        (["9007199254740992", "9007199254740993"], ("9007199254740992", "9007199254740993"), "exact numbers"),
        (["0.1", "0.1000000000000000001"], ("0.1", "0.1000000000000000001"), "exact numbers"),
        (["1", "01", "2"], ("01", "1", "2"), "as written"),
        (["-1", "+1"], ("+1", "-1"), "as written"),
        (["1", "+1", "2.0", "2"], ("+1", "1", "2", "2.0"), "as written"),
        (["-01", "-1"], ("-01", "-1"), "as written"),
        (["00.5", "0.5"], ("0.5", "00.5"), "as written"),
        (["01", "02", "10"], ("01", "02", "10"), None),
        (["1", "1.0", "a"], ("1", "1.0", "a"), None),
    ],
)
def test_numbers_are_compared_as_exact_numbers_and_anything_else_as_written(labels, classes, reading, load_csv):
    """A plus sign, or a zero before another digit, makes texts of all; only what differs from before is recorded."""
    dataset = load_csv(csv_of(labels))
    assert dataset.class_names == classes
    assert dataset.reading == ({} if reading is None else {"labels": {"y": reading}})


def test_whole_numbers_of_a_parquet_file(config, tmp_path):
    """Numbers of 64 bits are no floats on their way."""
    numbers = [2**53, 2**53 + 1, 2**62, 2**62 + 1]
    table = pa.table({"x": np.random.default_rng(0).normal(size=80), "y": pa.array(numbers * 20, pa.int64())})
    pq.write_table(table, tmp_path / "t.parquet")
    dataset = load_dataset(config("csv", path="t.parquet"), base=tmp_path, data_dir=tmp_path)
    assert dataset.class_names == tuple(map(str, numbers))


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3), min_size=1, max_size=8))
def test_classes_of_numbers_are_the_different_values_in_order(values):
    """Whatever their spelling, by Python's exact decimals."""
    texts = {form for value in values for form in (f"{value:f}", f"{value:f}0", str(value))}
    if are_plain_numbers(texts):
        order = label_order(texts)
        assert [Decimal(name) for name in order.class_names] == sorted(set(values))
        assert all(Decimal(text) == Decimal(order.class_names[number]) for text, number in order.class_of.items())


@given(st.sets(st.text(alphabet="ab01+.- ", min_size=1, max_size=4), min_size=1, max_size=8))
def test_no_two_texts_are_one_class_unless_they_are_one_number(texts):
    """Nor is any text left without a class."""
    order = label_order(texts)
    assert set(order.class_of) == texts
    if not are_plain_numbers(texts):
        assert order.class_names == tuple(sorted(texts))


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (["no", "No", "yes"], "'No', 'no' differ"),
        (["cat", "cat\u200b", "dog"], r"'cat', 'cat\u200b' differ"),
        (["cat", "\u2060cat", "dog"], r"'cat', '\u2060cat' differ"),
        (["New York", "New  York", "New\u00a0York", "x"], r"'New  York', 'New York', 'New\u00a0York' differ"),
        (["caf\u00e9", "cafe\u0301", "x"], "'cafe\\u0301', 'caf\u00e9' differ"),
        (["Straße", "STRASSE", "x"], "'STRASSE', 'Straße' differ"),
        (["no", "no.", "yes"], "'no', 'no.' differ"),
    ],
)
def test_labels_that_look_alike_are_named(labels, named, load_csv):
    """They stay classes of their own; what cannot be seen is written as an escape, and the remedy follows."""
    dataset = load_csv(csv_of(labels))
    assert set(dataset.class_names) == set(labels)
    (note,) = [note for note in sentences(dataset.notes) if "spell them alike in the file" in note]
    assert named in note
    assert list(dataset.reading["labels"]["y"]) == ["alike"]


def test_labels_that_differ_are_not_named(load_csv):
    """Another letter or accent is another label."""
    dataset = load_csv(csv_of(["resume", "résumé", "a-b", "ab"]))
    assert dataset.reading == {}
    assert not [note for note in sentences(dataset.notes) if "alike" in note]


def test_a_test_file_that_ends_its_labels_in_full_stops(load_csv, tmp_path):
    """As that of Adult: one class each, as ever; a full stop in the same file is another label."""
    (tmp_path / "test.csv").write_text(csv_of([">50K.", "<=50K."]))
    dataset = load_csv(csv_of([">50K", "<=50K"]), split={"test_path": "test.csv"})
    assert (dataset.class_names, dataset.reading) == (("<=50K", ">50K"), {})
    assert load_csv(csv_of([">50K.", "<=50K.", ">50K", "<=50K"])).reading != {}


WORDS = ["nan", "NaN", "None", "NULL", "n/a", "N/A", "#N/A", "<NA>", "-", "--", "unknown", "Unknown", "NaT", "\\N", "?"]
WORDS += ["N/D", "Desconocido", "sin informaci\u00f3n", "\u200b"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("others", [["0", "1"], ["no", "yes"]], ids=["numbers", "texts"])
def test_a_word_for_no_value_is_refused_with_both_remedies(word, others, load_csv):
    """Each of which then works; the rows are counted."""
    content = csv_of([*others, word])
    with pytest.raises(DataError) as caught:
        load_csv(content, missing=[""])
    assert f"Received: {word!r}, which reads like 'no value', in 20 of 60 rows, first in row 3 (line 4" in str(
        caught.value
    )
    assert "write dataset.missing: [" in str(caught.value)
    assert "write dataset.target_missing: class" in str(caught.value)
    left = load_csv(content, missing=["", word])
    assert left.class_names == tuple(others)
    assert dropped_rows(left.facts["rows_dropped"], "en") == [("no value in y", 20)]
    kept = load_csv(content, missing=[""], target_missing="class")
    assert set(kept.class_names) == {*others, word}


def test_what_cannot_be_seen_is_written_as_it_has_to_be_in_the_experiment(load_csv):
    """The remedy for an invisible label holds it as an escape, which YAML reads."""
    with pytest.raises(DataError, match=re.escape('dataset.missing: ["", "\\u2060"]')):
        load_csv(csv_of(["no", "yes", "\u2060"]), missing=[""])


def test_the_country_with_the_code_na_is_a_class_for_whom_it_is_one(load_csv):
    """NA is missing by default; `target_missing: class` makes it a label, and empty cells stay missing."""
    content = csv_of(["NA", "DE", "ZA", ""])
    assert load_csv(content).class_names == ("DE", "ZA")
    dataset = load_csv(content, target_missing="class")
    assert dataset.class_names == ("DE", "NA", "ZA")
    assert dropped_rows(dataset.facts["rows_dropped"], "en") == [("no value in y", 20)]


@pytest.mark.parametrize("word", ["no", "nano", "0", "-1", "other", "Nanette", "a", "none of these", "ninguno", "ND"])
def test_other_words_are_labels(word):
    """A label that only begins like one of them is no such word."""
    assert not reads_like_no_value(word)


def test_target_missing_is_for_classes(load_csv):
    """A number to predict has none."""
    content = "x,y\n" + "".join(f"{row}.5,{row}.25\n" for row in range(40))
    with pytest.raises(DataError, match=r"dataset\.target_missing has a meaning for classes only"):
        load_csv(content, task="regression", target_missing="class")


@pytest.mark.parametrize("labels", [["0", "1", "nan"], ["no", "yes", "unknown"]])
def test_init_writes_what_validate_reads(labels, load_csv, tmp_path):
    """Words in the target stand among the missing ones, with a note on how they stay classes."""
    content = csv_of(labels[:2]) + "".join(f"0.{i},{labels[-1]}\n" for i in range(4))
    (tmp_path / "data.csv").write_text(content)
    for target in ("y", None):
        found = inspect_table(tmp_path / "data.csv", target)
        assert found.target == "y"
        assert labels[-1] in found.missing
        assert [note for note in sentences(found.notes) if "write dataset.target_missing: class" in note]
        dataset = load_csv(content, missing=list(found.missing))
        assert tuple(found.class_counts) == dataset.class_names == tuple(labels[:2])


def test_large_numbers_are_as_many_classes_for_init(load_csv, tmp_path):
    """It counts labels as a run does."""
    content = csv_of(["9007199254740992", "9007199254740993", "9007199254740994"])
    dataset = load_csv(content)
    assert tuple(inspect_table(tmp_path / "data.csv", "y").class_counts) == dataset.class_names


CYRILLIC_A, CYRILLIC_E, EN_DASH, NO_WIDTH = "\u0430", "\u0435", "\N{EN DASH}", "\N{ZERO WIDTH SPACE}"
DRAWN_ALIKE = {
    "another alphabet": ("cat", f"c{CYRILLIC_A}t", "'c\\u0430t'"),
    "a capital of Greek": ("Bonn", "\N{GREEK CAPITAL LETTER BETA}onn", "'\\u0392onn'"),
    "a dash": ("18-25", f"18{EN_DASH}25", "'18\\u201325'"),
    "no width": ("cat", f"cat{NO_WIDTH}", "'cat\\u200b'"),
}


@pytest.mark.parametrize(("one", "other", "shown"), DRAWN_ALIKE.values(), ids=DRAWN_ALIKE)
def test_labels_that_are_drawn_alike_are_told_as_what_they_are(load_csv, one, other, shown):
    """They are two classes, and the note shows which has other characters."""
    found = load_csv("x,y\n" + "".join(f"{n % 31},{(one, other, 'dog')[n % 3]}\n" for n in range(90)))
    assert set(found.class_names) == {one, other, "dog"}
    (told,) = [sentence for sentence in sentences(found.notes) if "differ in nothing but" in sentence]
    assert shown in told
    with pytest.raises(DataError, match=re.escape(f"{shown} looks the same and has other characters")):
        load_csv("x,y\n" + "".join(f"{n % 31},{(other, 'dog')[n % 2]}\n" for n in range(90)), positive_class=one)


def test_alphabets_that_are_not_mixed_are_not_doubted(load_csv):
    """Words of one alphabet are words."""
    found = load_csv("x,y\n" + "".join(f"{n % 31},{('вода', 'сок', 'рис')[n % 3]}\n" for n in range(90)))
    assert not any("differ in nothing but" in sentence for sentence in sentences(found.notes))


def test_names_of_columns_that_are_drawn_alike_are_told(load_csv):
    """Two of one look, and one that was typed with other letters."""
    rows = "".join(f"{n % 31},{n % 7},{'ab'[n % 2]}\n" for n in range(90))
    found = load_csv(f"age,{CYRILLIC_A}ge,y\n{rows}")
    assert any("the columns 'age', '\\u0430ge' have names that look the same" in one for one in sentences(found.notes))
    assert not any("names that look the same" in one for one in sentences(load_csv(f"Age,age,y\n{rows}").notes))
    told = "Received: 'label'. 'lab\\u0435l' looks the same and has other characters: copy it from the file"
    with pytest.raises(DataError, match=re.escape(told)):
        load_csv(f"x,z,lab{CYRILLIC_E}l\n{rows}", target="label")


@pytest.mark.parametrize(
    ("form", "told"),
    [("{}.5M", "thousands, millions or billions"), ("~{}", "digits with other signs"), ("{}-99", "such as '0-99'")],
)
def test_numbers_in_other_forms_are_no_identifier(load_csv, form, told):
    """Of a target of very many labels it is said what they look like."""
    with pytest.raises(DataError, match="holds 90 different values in 90 rows") as caught:
        load_csv("x,y\n" + "".join(f"{n % 31},{form.format(n)}\n" for n in range(90)))
    assert any(told in sentence for sentence in sentences(caught.value.findings))
