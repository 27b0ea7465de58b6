"""A user's own table becomes a data set, or an error with exit code 3 that says what to change."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.datasets import load_dataset
from optbench.errors import DataError, MachineError
from optbench.words import sentences


def refused(load, content, sentence, **settings):
    with pytest.raises(DataError) as caught:
        load(content, **settings)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 3


def test_types_shapes_and_names(load_csv, table):
    """Inputs are float32, labels int64 positions of the classes, rows say where each example stands."""
    dataset = load_csv(table())
    assert dataset.name == "csv"
    assert dataset.train.x.dtype == np.float32
    assert {part.y.dtype for part in dataset.splits.values()} == {np.dtype(np.int64)}
    assert {part.rows.dtype for part in dataset.splits.values()} == {np.dtype(np.int64)}
    assert dataset.feature_names == ("a", "b", "c=u", "c=v", "c=w", "c=(unknown)")
    assert dataset.input_shape == (6,)
    assert dataset.class_names == ("no", "yes")
    assert dataset.facts["split"]["rows"] == {"train": 42, "validation": 6, "test": 12}
    assert all(np.array_equal(part.y, part.rows % 2) for part in dataset.splits.values())


def test_positive_class(load_csv, table):
    """The positive class is the user's, else the last of two, and then a note says so; three classes have none."""
    assert load_csv(table(), positive_class="no").positive_class == 0
    dataset = load_csv(table())
    assert dataset.positive_class == 1
    assert "positive class: 'yes', the last of the labels in order (dataset.positive_class names another)" in (
        sentences(dataset.notes)
    )
    three = "a,y\n" + "".join(f"{i},{'uvw'[i % 3]}\n" for i in range(0, 90, 2))
    assert load_csv(three).positive_class is None
    refused(
        load_csv,
        table(),
        "Received: 'Yes'. Did you mean 'yes'? The labels found are: 'no', 'yes'.",
        positive_class="Yes",
    )
    refused(load_csv, three, "has a meaning for two classes only", positive_class="u")


def test_numeric_labels_are_in_order_of_value(load_csv):
    """Classes named by numbers are ordered as numbers: 9 before 10."""
    content = "a,y\n" + "".join(f"{i * 0.5},{[10, 9, -1][i % 3]}\n" for i in range(60))
    assert load_csv(content).class_names == ("-1", "9", "10")


def test_preprocessing_is_of_the_training_rows(load_csv, table):
    """Number columns have mean 0 and standard deviation 1 over the training rows, not over all."""
    dataset = load_csv(table(200))
    np.testing.assert_allclose(dataset.train.x[:, :2].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(dataset.train.x[:, :2].std(axis=0), 1, atol=1e-6)
    assert abs(dataset.test.x[:, :2].mean(axis=0)).max() > 1e-3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.sampled_from(["0", "-7.5", "1e9", "", "?", "0.25"]), min_size=12, max_size=12))
def test_changing_test_rows_never_changes_training_arrays(load_csv, table, cells):
    """Numbers, categories, identifiers and constants of the test rows leave the training arrays as they are."""
    lines = [f"{line},k{number}" for number, line in enumerate(table().splitlines())]
    lines[0] = "a,b,c,y,key"
    before = load_csv("\n".join(lines))
    for row, cell in zip(before.test.rows.tolist(), cells, strict=True):
        _, _, _, y, _ = lines[row + 1].split(",")
        lines[row + 1] = f"{cell},{cell},new,{y},same"
    after = load_csv("\n".join(lines))
    assert after.feature_names == before.feature_names
    assert after.train.x.tobytes() == before.train.x.tobytes()
    assert after.train.y.tobytes() == before.train.y.tobytes()
    assert not np.array_equal(after.test.x, before.test.x)


def test_split_by_a_column(load_csv):
    """A column names each row's split, in the usual words; it is no input."""
    words = ["train", "Training", "val", "test", "train"]
    content = "a,s,y\n" + "".join(f"{(i * 7) % 50}.5,{words[i % 5]},{i // 5 % 2}\n" for i in range(50))
    dataset = load_csv(content, split={"column": "s"})
    assert dataset.facts["split"] == {
        "method": "column",
        "official_test": False,
        "rows": {"train": 30, "validation": 10, "test": 10},
        "column": "s",
    }
    assert np.array_equal(dataset.test.rows, np.arange(3, 50, 5))
    assert dataset.feature_names == ("a",)
    without = load_csv(content.replace(",val,", ",train,"), split={"column": "s"})
    assert without.facts["split"]["rows"] == {"train": 36, "validation": 4, "test": 10}
    assert "'s' names no validation rows: split.validation takes them from the training rows" in sentences(
        without.notes
    )
    none = load_csv(content.replace(",val,", ",train,"), split={"column": "s", "validation": 0.0})
    assert none.validation is None
    refused(
        load_csv,
        content.replace(",val,", ",holdout,", 1),
        "must hold train, validation or test in every row. Received: 'holdout' in row 3 (line 4 of data.csv).",
        split={"column": "s"},
    )
    refused(load_csv, content.replace(",test,", ",train,"), "names no test row", split={"column": "s"})
    refused(load_csv, content, "Received: 'S'. Did you mean 's'?", split={"column": "S"})


def test_split_by_a_second_file(load_csv, table, tmp_path):
    """Rows of the second file are the test split; its columns may stand in another order."""
    rows = [line.split(",") for line in table(30, seed=1).splitlines()]
    (tmp_path / "test.csv").write_text("\n".join(",".join(reversed(row)) for row in rows))
    dataset = load_csv(table(), split={"test_path": "test.csv"})
    assert dataset.facts["split"]["rows"] == {"train": 54, "validation": 6, "test": 30}
    assert dataset.facts["rows_read"] == 90
    assert np.array_equal(dataset.test.rows, np.arange(60, 90))
    assert [file["name"] for file in dataset.facts["files"]] == ["data.csv", "test.csv"]
    same = load_csv(table(), split={"test_path": "data.csv"})
    assert same.facts["duplicates"]["test_in_train"] == 54
    (tmp_path / "test.csv").write_text("a,c,y,d\n1,u,no,2\n")
    refused(
        load_csv,
        table(),
        "test.csv must have the columns of data.csv: it lacks b and it adds d.",
        split={"test_path": "test.csv"},
    )
    refused(load_csv, table(), "absent.csv does not exist", split={"test_path": "absent.csv"})


def test_labels_of_test_rows_unseen_in_training_are_refused(load_csv, table, tmp_path):
    """A class that only the test rows have cannot be learned: an error, not a zero in the report."""
    (tmp_path / "test.csv").write_text("a,b,c,y\n1,2,u,maybe\n1,2,u,no\n")
    refused(
        load_csv,
        table(),
        "class 'maybe' has rows in the test split (1) and none in training",
        split={"test_path": "test.csv"},
    )


def test_test_fraction_and_given_test_rows_exclude_each_other(load_csv, table, tmp_path):
    """Beside given test rows a fraction would be silently ignored, so it is refused."""
    (tmp_path / "test.csv").write_text(table(20))
    with pytest.raises(
        DataError, match=r"split\.test must be left out here: the test rows are given by split\.test_path"
    ):
        load_csv(table(), split={"test": 0.3, "test_path": "test.csv"})
    lines = table().splitlines()
    words = ["s", *(["train", "validation", "test"] * 20)]
    content = "\n".join(f"{line},{word}" for line, word in zip(lines, words, strict=True))
    assert load_csv(content, split={"column": "s"}).facts["split"]["rows"]["test"] == 20
    with pytest.raises(DataError, match=r"split\.test must be left out here: the test rows are given by split\.column"):
        load_csv(content, split={"test": 0.3, "column": "s"})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty: a table needs a header line and rows."),
        ("a,b,y\n", "holds a header line and no rows"),
        ("\x00\x01\x02", "is a binary file, not CSV text"),
        ("a,y\n1,no\n2\n", "line 3 has 1 field, the header has 2"),
        ("a,y\n1,no\n2,no\n3,no\n4,no\n", "must hold at least two classes. Received: 'no' in all 4 rows."),
        ("a,y\n1,\n2,?\n", "the target 'y' of data.csv must hold labels. Received: no value in any row."),
        (
            "a,y\n1,0.5\n2,0.75\n3,0.2\n4,0.9\n",
            "Are these numbers to predict? Then set ",
        ),
        (
            "id,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)),
            "leaves no column to learn from: id (id), y (target: dataset.target).",
        ),
        ("a,label\n1,x\n", "dataset.target must name a column of data.csv. Received: 'y'."),
    ],
)
def test_bad_files_are_data_errors(load_csv, content, sentence):
    """Every unfit file ends in one sentence with exit code 3."""
    refused(load_csv, content, sentence)


def test_missing_file_is_a_data_error(config, tmp_path):
    """A path that leads nowhere says from where paths start."""
    with pytest.raises(DataError, match="does not exist. A path in an experiment file is relative to"):
        load_dataset(config("csv", path="no.csv"), base=tmp_path, data_dir=Path("none"))


def test_class_of_one_row_under_stratification(load_csv, table):
    """A class that cannot be in every split is named; without stratification its absence from training is."""
    content = table() + "1,2,u,rare\n"
    refused(load_csv, content, "class 'rare' has 1 row; a stratified split needs at least 3")
    told = []
    for seed in range(20):
        try:
            load_csv(content, split={"stratify": False, "seed": seed})
        except DataError as error:
            told.append(str(error))
    assert 0 < len(told) < 20
    assert all("none in training: a model cannot learn it. Set split.stratify: true" in text for text in told)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"target": "Y"}, "Received: 'Y'. Did you mean 'y'?"),
        ({"drop": ["A"]}, "dataset.drop must name a column of data.csv. Received: 'A'. Did you mean 'a'?"),
        ({"features": {"bb": "number"}}, "dataset.features must name a column of data.csv. Received: 'bb'."),
        ({"drop": ["y"]}, "dataset.drop names the target 'y'. Remove it from dataset.drop."),
        ({"drop": ["a"], "features": {"a": "number"}}, "dataset.drop and dataset.features both name a."),
        ({"features": {"c": "number"}}, "column 'c' must hold finite numbers. Received: '"),
        ({"drop": ["a", "b", "c"]}, "leaves no column to learn from: a (dropped: dataset.drop)"),
    ],
)
def test_wrong_settings_are_data_errors(load_csv, table, settings, sentence):
    """What the experiment file says about columns is checked against the columns found."""
    refused(load_csv, table(), sentence, **settings)


def test_matrix_beyond_the_disk_is_refused(load_csv, table, monkeypatch):
    """A table whose inputs do not fit names the widest column before anything is written."""
    monkeypatch.setenv("OPTBENCH_LARGE_TABLE_MB", "0.001")
    free = iter([10**9, 100])
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=next(free)))
    sentence = "the matrix of 60 rows and 6 model inputs (4 of them from the column 'c') needs 0.0 GB of temporary disk"
    with pytest.raises(MachineError, match=re.escape(sentence)):
        load_csv(table())


def test_wide_header_is_read_in_reasonable_time(load_csv):
    """Thousands of columns are no reason to hang."""
    width = 1000
    header = ",".join(f"f{i}" for i in range(width)) + ",y\n"
    rows = "".join(",".join(str((i * 7 + j) % 11) for j in range(width)) + f",{i % 2}\n" for i in range(30))
    assert load_csv(header + rows).input_shape[0] > 600


def test_digest_ignores_path_and_order_of_columns_is_data(load_csv, table):
    """The data digest is of the content: another file name keeps it, another row order does not."""
    content = table()
    first = load_csv(content)
    assert load_csv(content, path="other name.csv").data_digest == first.data_digest
    lines = content.splitlines()
    assert load_csv("\n".join([lines[0], *reversed(lines[1:])])).data_digest != first.data_digest
    assert load_csv(content, split={"seed": 1}).data_digest == first.data_digest
    assert load_csv(content, split={"seed": 1}).split_digest != first.split_digest


def test_digests_are_the_same_everywhere(load_csv):
    """Two digests written down once: another platform, version or release that changes them changes run keys."""
    rows = "".join(f"{(i * 37 % 101) / 8},{'uvw'[i % 3]},{'no' if i % 2 else 'yes'}\n" for i in range(40))
    dataset = load_csv("a,c,y\n" + rows)
    assert dataset.data_digest == "42d9965bc586cf6495f606332fba2e9cf42398c70174b74d9c1118093bc2a5c8"
    assert dataset.split_digest == "aa1bdcc72e7a45cbf4ee381a6808e56efa3047fac6bfa1db9367d84bfb474c97"


def test_blank_cells_are_always_missing(load_csv, table):
    """A `missing` list without the empty text adds to it: blanks never become a category or an error."""
    lines = table().splitlines()
    lines[5], lines[6] = " ,1,u,no", "1,  ,-,yes"
    dataset = load_csv("\n".join(lines), missing=[" - "])
    counts = {name: column["missing"] for name, column in dataset.facts["preprocessing"].items()}
    assert counts == {"a": 1, "b": 1, "c": 1}
