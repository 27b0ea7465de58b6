"""Numbers to predict, from every source of data; what is no number is refused with the way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optbench.datasets import load_dataset, open_staged_dataset, stage_dataset, without_test_rows
from optbench.errors import DataError
from optbench.words import error_text, sentences

RNG = np.random.default_rng(0)
ROWS = [(f"{a:.3f}", "uvw"[i % 3], f"{1000 + 7 * a:.2f}") for i, a in enumerate(RNG.normal(size=60))]


@pytest.fixture
def load(config, tmp_path):
    """Load a dataset section for regression; `rows` is what data.csv holds."""

    def run(name="csv", *, rows=ROWS, header="a,c,y", **settings):
        (tmp_path / "data.csv").write_text("\n".join([header, *map(",".join, rows)]) + "\n")
        section = config(name, **settings)
        return load_dataset(section, base=tmp_path, data_dir=tmp_path / "none", task="regression")

    return run


def arrays(y):
    x = RNG.normal(size=(len(y), 3))
    return {"x_train": x, "y_train": y, "x_test": x[:5], "y_test": y[:5]}


def test_a_table_gives_its_numbers(load):
    """Targets are the cells, float64, in their own unit; nothing is made of classes; the split has no strata."""
    dataset = load()
    assert dataset.task == "regression"
    assert dataset.class_names == ()
    assert dataset.num_outputs == 1
    for part in dataset.splits.values():
        assert part.y.dtype == np.float64
        assert part.y.tolist() == [float(ROWS[row][2]) for row in part.rows]
    assert dataset.facts["split"]["stratify"] is False
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 42, "validation": 6, "test": 12}


def test_a_row_without_a_target_is_dropped(load):
    """And said so."""
    dataset = load(rows=[*ROWS, ("0.5", "u", "NA")])
    assert sum(len(part.y) for part in dataset.splits.values()) == 60
    assert "1 of 61 rows has no value in 'y' and is dropped" in sentences(dataset.notes)


@pytest.mark.parametrize(
    "cells, says",
    [
        (["yes", "no"] * 30, r"must hold finite numbers .* Received: 'yes' in row 1 .* Leave out 'task: regression'"),
        ([*["1.5", "2.5"] * 29, "twelve", "3"], r"Received: 'twelve' in row 59 .* add 'twelve' to dataset.missing"),
        ([*["1.5", "2.5"] * 29, "1e999", "3"], r"finite numbers .* Received: '1e999'"),
        (["1e300", "-1e300"] * 30, r"must have a variance that is a finite number. Received: values up to 1e\+300 in"),
        (["7"] * 60, r"must vary over the training rows. Received: 7 in all 42 training rows"),
        (["NA"] * 60, r"must hold numbers. Received: no value in any row"),
    ],
)
def test_what_is_no_number_to_predict_is_refused(load, cells, says):
    """With the cell, its place and the remedy."""
    with pytest.raises(DataError, match=says):
        load(rows=[(a, c, cell) for (a, c, _), cell in zip(ROWS, cells, strict=True)])


def test_a_test_file_and_a_split_column(load, tmp_path):
    """Given test rows are kept, and validation rows are drawn from the others, here too."""
    (tmp_path / "test.csv").write_text("a,c,y\n0.1,u,990\n0.2,v,1010\n")
    dataset = load(split={"test_path": "test.csv", "validation": 0.1})
    assert dataset.test.y.tolist() == [990.0, 1010.0]
    assert len(dataset.validation.y) == 6
    rows = [(*row, "test" if i < 9 else "train") for i, row in enumerate(ROWS)]
    dataset = load(rows=rows, header="a,c,y,part", split={"column": "part", "validation": 0.0})
    assert dataset.test.rows.tolist() == list(range(9))


def test_parquet_holds_the_same_numbers(load, tmp_path):
    """A table is the same data set in both forms, target included."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS, columns=["a", "c", "y"]).astype({"a": float, "y": float})
    frame.to_parquet(tmp_path / "data.parquet")
    whole, again = load(), load(path="data.parquet")
    for name, part in whole.splits.items():
        assert part.y.tolist() == again.splits[name].y.tolist()
        np.testing.assert_array_equal(part.x, again.splits[name].x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
def test_arrays_of_numbers(load, tmp_path, dtype):
    """An npz file's y is taken as it is; a column (n, 1) too."""
    y = RNG.integers(0, 200, size=40).astype(dtype)
    for shaped in (y, y.reshape(-1, 1)):
        np.savez(tmp_path / "d.npz", **arrays(shaped))
        dataset = load("npz", path="d.npz")
        assert dataset.test.y.tolist() == y[:5].astype(float).tolist()
        assert dataset.validation is not None


@pytest.mark.parametrize(
    "y, says",
    [
        (np.array(["a", "b"] * 20), "y_train must hold numbers for task: regression"),
        (np.array([True, False] * 20), "must hold numbers for task: regression"),
        (np.array([1.0, np.nan] * 20), "y_train must hold finite numbers. Received: nan at position 1"),
        (np.ones(40), "must vary over the training rows"),
        (np.ones((40, 2)), "one label per example|one number per example"),
    ],
)
def test_unfit_arrays_are_refused(load, tmp_path, y, says):
    """Texts, truth values, NaN, a constant, several targets."""
    np.savez(tmp_path / "d.npz", **arrays(y))
    with pytest.raises(DataError, match=says):
        load("npz", path="d.npz")


def test_a_users_function(load, tmp_path):
    """It returns numbers, and they arrive."""
    (tmp_path / "p.py").write_text(
        "import numpy as np\n\ndef load():\n    x = np.arange(40.0).reshape(-1, 2)\n    y = x[:, 0] * 2.5\n"
        "    return (x[:15], y[:15]), (x[15:], y[15:])\n"
    )
    dataset = load("python", function="p.py:load", split={"validation": 0.2})
    assert dataset.test.y.tolist() == [75.0, 80.0, 85.0, 90.0, 95.0]


def test_classes_and_numbers_of_one_table_are_two_splits(load, config, tmp_path):
    """The data digest is that of the cells; the split's is another one."""
    rows = [(a, c, str(i % 2)) for i, (a, c, _) in enumerate(ROWS)]
    numbers = load(rows=rows)
    classes = load_dataset(config("csv"), base=tmp_path, data_dir=Path("none"))
    assert numbers.data_digest == classes.data_digest
    assert numbers.split_digest != classes.split_digest
    assert classes.facts["split"]["stratify"] is True


def test_staging_and_withholding_keep_the_task(load, tmp_path):
    """A worker opens the same numbers; a withheld test split leaves no trace of its targets."""
    dataset = load()
    stage_dataset(dataset, tmp_path / "staged")
    opened = open_staged_dataset(tmp_path / "staged")
    assert opened.task == "regression"
    assert opened.train.y.tobytes() == dataset.train.y.tobytes()
    withheld = without_test_rows(dataset)
    assert withheld.task == "regression"
    assert set(withheld.facts["target_values"]) == {"train", "validation"}


def test_a_named_data_set_of_the_other_task_is_refused(load, config, tmp_path):
    """Also where no experiment file was checked before."""
    with pytest.raises(DataError, match="iris is for task: classification"):
        load("iris")
    with pytest.raises(DataError, match="diabetes is for task: regression"):
        load_dataset(config("diabetes"), base=tmp_path, data_dir=Path("none"))


def test_many_numbers_under_classification_are_pointed_out(config, tmp_path):
    """A target that looks like a quantity says how to predict it."""
    cells = [f"{row % 40}" for row in range(200)]
    (tmp_path / "data.csv").write_text("a,y\n" + "".join(f"{i}.5,{cell}\n" for i, cell in enumerate(cells)))
    section = config("csv", split={"stratify": False})
    dataset = load_dataset(section, base=tmp_path, data_dir=Path("none"))
    assert any("40 different numbers" in note and "task: regression" in note for note in sentences(dataset.notes))


def test_a_quantity_that_cannot_be_stratified_says_so(load_csv):
    """scikit-learn's diabetes as a table: 214 values in 442 rows, some of them once."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    text = "a,y\n" + "".join(f"{a:.4f},{target:g}\n" for a, target in zip(x[:, 2], y, strict=True))
    with pytest.raises(DataError, match="a stratified split needs at least") as refused:
        load_csv(text)
    assert "the target has 214 different numbers: to predict a quantity, set task: regression" in error_text(
        refused.value
    )


@pytest.mark.parametrize(
    ("cell", "remedy", "wrong"),
    [
        ("{i}.5", "Then set task: regression", "identifier"),
        ("${i}00.25", "Then set task: regression", "identifier"),
        ("2019-01-{i:02}", "A date is not predicted", "task: regression"),
        ("k{i}", "Is it an identifier", "task: regression"),
    ],
)
def test_what_labels_of_every_row_may_be(load_csv, cell, remedy, wrong):
    """What is advised can be done: numbers in any spelling can be predicted, dates and names cannot."""
    text = "x;y\n" + "".join(f"{i * 7 % 11};{cell.format(i=i)}\n" for i in range(1, 10)) * 3
    text += "".join(f"{i};{cell.format(i=i)}\n" for i in range(10, 32))
    with pytest.raises(DataError) as caught:
        load_csv(text, separator=";")
    assert remedy in str(caught.value)
    assert wrong not in str(caught.value)
    if "regression" in remedy:
        assert len(load_csv(text, separator=";", task="regression").train.y)


def test_spellings_of_a_target_are_no_matter_of_features(load_csv):
    """Two readings, or two units, of numbers to predict: the remedies are those of a target."""
    for cells, code in ((["1,234", "2,345"], "two readings"), (["2 kg", "3 lb"], "of one unit")):
        text = "x;y\n" + "".join(f"{i};{cells[i % 2]}\n" for i in range(60))
        with pytest.raises(DataError, match=code) as caught:
            load_csv(text, separator=";", task="regression")
        assert "leave out task: regression" in str(caught.value)
        assert "features" not in str(caught.value)
