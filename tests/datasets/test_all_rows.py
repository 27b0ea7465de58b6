"""`split.all_rows`: every row of every split trains, preprocessing is that of all rows, and nothing is left to test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from optbench.config.dataset_sections import NamedDataset
from optbench.datasets import load_dataset, open_staged_dataset, stage_dataset


@pytest.fixture
def both(config, tmp_path):
    """Load data as it is split, and all of it for training."""

    def load(name, *, task="classification", split=None, **settings):
        return [
            load_dataset(
                config(name, split={**(split or {}), **rows}, **settings), base=tmp_path, data_dir=tmp_path, task=task
            )
            for rows in ({}, {"all_rows": True})
        ]

    return load


def _all(dataset, part):
    """A part of all splits in the order of the rows."""
    order = np.argsort(np.concatenate([split.rows for split in dataset.splits.values()]))
    return np.concatenate([getattr(split, part) for split in dataset.splits.values()])[order]


def require_all_for_training(split, whole):
    """Rows and targets are those of all splits; no other split has any."""
    assert whole.train.rows.tolist() == sorted(_all(split, "rows").tolist())
    assert np.array_equal(whole.train.y, _all(split, "y"))
    assert whole.validation is None
    assert (len(whole.test.x), whole.test.x.shape[1:]) == (0, split.input_shape)
    assert whole.data_digest == split.data_digest
    assert whole.class_names == split.class_names
    assert whole.facts["split"]["rows"] == {"train": len(whole.train.y), "test": 0}
    assert whole.notes[-1].code == "data-all-rows"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("digits", {}),
        ("breast_cancer", {"split": {"test": 0.5, "validation": 0.2}}),
        ("two_spirals", {"rows": 90}),
        ("friedman1", {"task": "regression", "rows": 40}),
        ("diabetes", {"task": "regression"}),
    ],
)
def test_every_row_of_named_data_trains(both, name, settings):
    """Whatever the fractions are."""
    require_all_for_training(*both(name, **settings))


def test_numbers_are_standardised_over_all_rows(tmp_path):
    """As scikit-learn does it."""
    section = NamedDataset.model_validate({"name": "breast_cancer", "split": {"all_rows": True}})
    found = load_dataset(section, base=tmp_path, data_dir=tmp_path)
    np.testing.assert_allclose(found.train.x, StandardScaler().fit_transform(load_breast_cancer().data), atol=1e-5)


@pytest.mark.parametrize(
    "split",
    [{"column": "part"}, {"group": "g"}, {"group": "duplicates"}, {"time": "day"}, {"test_path": "test.csv"}, {}],
    ids=str,
)
def test_test_rows_of_a_table_train_whoever_chose_them(both, tmp_path, split):
    """A column, groups, time or a second file say which rows tested; the inputs stay the same columns."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "y": np.tile(["no", "yes"], 30), "g": np.repeat(range(20), 3)})
    frame["day"] = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d")
    frame["part"] = np.resize(["train", "validation", "test"], 60)
    frame.to_csv(tmp_path / "data.csv", index=False)
    frame[:20].to_csv(tmp_path / "test.csv", index=False)
    drop = [name for name in ("g", "day", "part") if name not in split.values()]
    given, whole = both("csv", split=split, drop=drop)
    require_all_for_training(given, whole)
    assert whole.feature_names == given.feature_names
    inputs = frame["a"] if "test_path" not in split else pd.concat([frame["a"], frame["a"][:20]])
    np.testing.assert_allclose(whole.train.x[:, 0], (inputs - inputs.mean()) / inputs.std(ddof=0), atol=1e-5)


@pytest.mark.parametrize("has_validation", [False, True])
def test_an_official_test_set_trains(both, tmp_path, has_validation):
    """Images of bytes are scaled as before, one split like the other."""
    rng = np.random.default_rng(0)
    names = ("train", "test", "validation") if has_validation else ("train", "test")
    arrays = {f"x_{name}": rng.integers(0, 256, (12, 4, 4), dtype=np.uint8) for name in names}
    np.savez(tmp_path / "d.npz", **arrays, **{f"y_{name}": np.tile([0, 1], 6) for name in names})
    given, whole = both("npz", path="d.npz", split={"validation": 0.2})
    require_all_for_training(given, whole)
    assert np.array_equal(whole.train.x, _all(given, "x"))


def test_nothing_is_counted_where_there_are_no_rows(both, tmp_path):
    """Neither shares nor repetitions of other splits; zero rows survive staging."""
    _, whole = both("iris")
    assert whole.facts["class_counts"].keys() == whole.facts["majority"]["share"].keys() == {"train"}
    assert whole.facts["duplicates"].keys() == {"repeated_rows"}
    stage_dataset(whole, tmp_path / "staged")
    found = open_staged_dataset(tmp_path / "staged")
    assert found.split_digest == whole.split_digest
    assert found.test.x.shape == whole.test.x.shape
