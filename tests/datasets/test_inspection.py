"""A table is looked at before there is an experiment file; what is suggested loads."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from optbench.datasets import inspect_table, load_dataset
from optbench.errors import DataError
from optbench.words import sentence, sentences


@pytest.fixture
def inspect(tmp_path):
    def inspected(content, target=None, **settings):
        path = tmp_path / "my.csv"
        path.write_text(content)
        return inspect_table(path, target, **settings)

    return inspected


def kinds(found):
    return {column.name: column.kind for column in found.columns}


def test_columns_with_kind_and_reason(inspect, table):
    """Every column has a kind and the reason for it; the target has its classes and their counts."""
    found = inspect(table(), "y")
    assert kinds(found) == {"a": "number", "b": "number", "c": "category", "y": "target"}
    assert [sentence(column.reason) for column in found.columns][:3] == [
        "all 60 values are numbers",
        "all 60 values are numbers",
        "3 different texts",
    ]
    assert (found.target, sentence(found.target_reason), found.rows, found.rows_without_target) == (
        "y",
        "as given",
        60,
        0,
    )
    assert found.class_counts == {"no": 30, "yes": 30}
    assert found.positive_class == "yes"
    assert found.features == {}
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(inspect, table, separator):
    """The separator comes from the file."""
    found = inspect(table(separator=separator), "y")
    assert found.storage.separator == separator
    assert len(found.columns) == 4


@pytest.mark.parametrize(
    ("header", "target", "reason"),
    [
        ("a,b,c,y", "y", "its name is one that targets have"),
        ("a,b,Label,k", "Label", "its name is one that targets have"),
        ("a,b,c,k", "k", "it is the last column"),
    ],
)
def test_target_is_suggested_with_the_reason(inspect, table, header, target, reason):
    """Without a target the likeliest column is suggested: by its name, then by its place."""
    found = inspect(table(header=header))
    assert found.target == target
    assert reason in sentence(found.target_reason)


def test_only_column_of_two_values_is_suggested(inspect):
    """In front of a column of numbers, the one with two values is meant."""
    found = inspect("flag,x\n" + "".join(f"{'no' if i % 3 else 'yes'},{i * 1.5}\n" for i in range(60)))
    assert (found.target, sentence(found.target_reason)) == ("flag", "suggested: it is the only column of two values")


def test_without_a_possible_target_the_columns_are_listed(inspect):
    """Where nothing can be a label, the error lists the columns and the flag."""
    content = "a,b\n" + "".join(f"x{i},y{i}\n" for i in range(60))
    with pytest.raises(DataError, match=r"The 2 columns found are: a, b\. Name one with --target\."):
        inspect(content)
    with pytest.raises(DataError, match=r"the target must name a column of my.csv. Received: 'B'. Did you mean 'b'"):
        inspect(content, "B")


@pytest.mark.parametrize(
    "header, target, reason",
    [
        ("size,a,b", "b", "suggested: it is the last column, and it holds numbers to predict"),
        ("target,a,b", "target", "suggested: its name is one that targets have"),
        ("price,a,b", "price", "suggested: its name is one that targets have"),
    ],
)
def test_a_number_to_predict_is_suggested(inspect, header, target, reason):
    """Where nothing repeats like a label, what is predicted is a number, and it loads as one."""
    found = inspect(f"{header}\n" + "".join(f"{i * 0.5},{i % 7}.25,{i * 0.25}\n" for i in range(60)))
    assert (found.task, found.target, sentence(found.target_reason)) == ("regression", target, reason)
    assert found.class_counts == {}
    assert found.positive_class is None


@pytest.mark.parametrize("values, task", [(2, "classification"), (20, "classification"), (21, "regression")])
def test_few_numbers_are_classes(inspect, values, task):
    """Up to twenty different ones."""
    found = inspect("a,y\n" + "".join(f"{i}.5,{i % values}\n" for i in range(100)), "y")
    assert found.task == task


def test_missing_words_in_columns_of_numbers_are_suggested(inspect):
    """A word that stands among numbers is suggested as missing; the same word in a category is not the reason."""
    rows = [f"{i * 0.5 if i % 9 else 'null'},{'None' if i % 2 else 'some'},{'yn'[i % 2]}" for i in range(60)]
    found = inspect("\n".join(["x,c,y", *rows]), "y")
    assert found.missing == ("", "?", "NA", "null")
    assert kinds(found)["x"] == "number"
    assert "'null' stands in columns of numbers or dates and is taken for a missing value" in sentences(found.notes)
    levels = inspect("x,c,y\n" + "".join(f"{i / 2},{'none' if i % 2 else '5'},{'yn'[i % 2]}\n" for i in range(60)), "y")
    assert levels.missing == ("", "?", "NA")
    given = inspect("\n".join(["x,c,y", *rows]), "y", missing=["", "some"])
    assert given.missing == ("", "some")


def test_column_of_numbers_and_texts_is_said_not_refused(inspect):
    """What `run` would refuse is given a kind here, with a note, so that a file can be written."""
    rows = [f"{i * 0.5 if i % 12 else f'broken {i}'},{i % 7},{'yn'[i % 2]}" for i in range(60)]
    found = inspect("\n".join(["x,z,y", *rows]), "y")
    assert found.features == {"x": "category"}
    assert kinds(found)["x"] == "category"
    assert any("column 'x' holds numbers and other texts" in note for note in sentences(found.notes))


@pytest.mark.parametrize("word", [".", "missing", "#DIV/0!", "<0.1", "broken", "tbd"])
def test_a_rare_word_among_numbers_is_a_gap(inspect, word):
    """Whatever it says: a number each would be a category of its own. Not if another column has it, as a class may."""
    cells = [word if i % 30 == 7 else f"{i * 0.5}" for i in range(60)]
    found = inspect("\n".join(["x,c,y", *(f"{x},{'uv'[i % 2]},{'yn'[i % 3 > 0]}" for i, x in enumerate(cells))]), "y")
    assert (found.missing[-1], kinds(found)["x"]) == (word, "number")
    assert f"{word!r} stands in columns of numbers or dates and is taken for a missing value" in sentences(found.notes)
    if word not in (".", "missing", "#DIV/0!"):
        found = inspect(
            "\n".join(["x,c,y", *(f"{x},{(word, 'v')[i % 2]},{'yn'[i % 3 > 0]}" for i, x in enumerate(cells))])
        )
        assert (found.missing, kinds(found)["x"]) == (("", "?", "NA"), "category")


def test_a_target_by_name_may_have_many_classes(inspect):
    """Where nothing else is likelier; a column of no such name is asked for."""
    rows = "".join(f"{i * 0.37:.3f},c{i % 30}\n" for i in range(120))
    assert (inspect("x,label\n" + rows).target, inspect("x,label\n" + rows).task) == ("label", "classification")
    with pytest.raises(DataError, match="a target is needed"):
        inspect("x,words\n" + rows)


def test_what_is_suggested_loads(inspect, table, tmp_path, config):
    """The suggested settings, put into an experiment file, load the table."""
    content = table(header="a,b,c,y").replace(",u,", ",unknown,")
    lines = [
        line if i % 11 else line.replace(line.split(",")[0], "n/a", 1) for i, line in enumerate(content.splitlines())
    ]
    found = inspect("\n".join([content.splitlines()[0], *lines[1:]]))
    made = config(
        "csv",
        path="my.csv",
        target=found.target,
        separator=found.storage.separator,
        missing=list(found.missing),
        features=dict(found.features),
        positive_class=found.positive_class,
    )
    dataset = load_dataset(made, base=tmp_path, data_dir=tmp_path)
    assert dict.fromkeys(dataset.class_names, 30) == dict(found.class_counts)
    assert {column["name"]: column["kind"] for column in dataset.facts["columns"]} == kinds(found)


def test_parquet_is_inspected_too(tmp_path):
    """A Parquet file needs no separator."""
    pq.write_table(pa.table({"x": [i / 2 for i in range(40)], "y": ["a", "b"] * 20}), tmp_path / "t.parquet")
    found = inspect_table(tmp_path / "t.parquet")
    assert (found.target, found.class_counts, kinds(found)["x"]) == ("y", {"a": 20, "b": 20}, "number")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_of_a_large_file_the_first_rows_are_looked_at(ending, table, tmp_path, monkeypatch):
    """What it finds there it says, and that it looked no further; small files are read whole."""
    content = table(200, separator=";")
    path = tmp_path / f"my.{ending}"
    if ending == "csv":
        path.write_text(content)
    else:
        pandas = pytest.importorskip("pandas")
        pandas.read_csv(io.StringIO(content), sep=";").to_parquet(path)
    whole = inspect_table(path)
    monkeypatch.setenv("OPTBENCH_LARGE_TABLE_MB", "0")
    head = inspect_table(path, most_rows=50)
    assert (whole.rows, head.rows) == (200, 50)
    assert sentence(head.notes[0]).startswith("the file is large: only its first 50 rows were looked at")
    assert (head.storage, head.target, kinds(head)) == (whole.storage, whole.target, kinds(whole))


def test_a_large_file_that_is_no_text_is_refused(tmp_path, monkeypatch):
    """The wrong byte is named, although no more than the first lines would be read."""
    monkeypatch.setenv("OPTBENCH_LARGE_TABLE_MB", "0")
    (tmp_path / "my.csv").write_bytes(b"a,y\n1,\xff\n")
    with pytest.raises(DataError, match="byte 0xff in line 2"):
        inspect_table(tmp_path / "my.csv", encoding="utf-8")


def test_texts_that_are_nearly_all_different_are_the_same_for_init_and_for_every_split(tmp_path, load_csv):
    """Whether the few that repeat are training rows decides between category and identifier; `init` settles it."""
    lines = [f"{i * 7 % 31},k{max(i, 1)},{'ab'[i * 7 % 13 % 2]}\n" for i in range(60)]
    content = "x,c,y\n" + "".join(lines)
    (tmp_path / "my.csv").write_text(content)
    found = inspect_table(tmp_path / "my.csv", "y")
    assert found.features == {"c": "category"}
    assert any("nearly all of the 59 texts of column 'c' are different" in told for told in sentences(found.notes))
    for seed in range(3):
        dataset = load_csv(content, features=dict(found.features), split={"seed": seed})
        assert dataset.facts["columns"][1]["kind"] == "category"


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        ([f"{1 + i % 12:02}/{1 + i // 12:02}/2019" for i in range(58)], "date_order"),
        ([f"{1 + i % 12:02}/{1 + i // 12:02}/19" for i in range(58)], "date_order"),
        ([f"2019-W{1 + i % 52:02}-{1 + i // 52}" for i in range(58)], "weeks of ISO 8601"),
        ([f"{i}.5k" for i in range(58)], "thousands, millions or billions"),
        ([f"{i} kg" if i % 3 else f"{i}" for i in range(58)], "some with the unit 'kg' and some without"),
    ],
)
def test_what_is_asked_about_a_column_is_asked_although_nearly_all_its_texts_differ(tmp_path, cells, asked):
    """To write it down as a category would be an answer."""
    lines = [f"{i * 7 % 31},{cell},{'ab'[i * 7 % 13 % 2]}\n" for i, cell in enumerate([*cells, *cells[:2]])]
    (tmp_path / "my.csv").write_text("x,c,y\n" + "".join(lines))
    found = inspect_table(tmp_path / "my.csv", "y")
    assert "c" not in found.features
    (told,) = [sentence(use.reason) for use in found.columns if use.name == "c"]
    assert asked in told
