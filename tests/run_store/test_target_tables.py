"""Predictions of numbers: an exact round trip, stable bytes, damage noticed."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.errors import StorageError
from optbench.regression_records import TargetPredictions
from optbench.run_store import read_predictions, read_target_predictions, write_target_predictions
from optbench.run_store.arrays import npy_bytes, pack


def some(n=5):
    y = np.linspace(-1e9, 1e9, n)
    return TargetPredictions(y, np.where(np.arange(n) == 1, np.nan, y / 3), np.arange(n))


def test_what_is_written_is_read(tmp_path):
    """NaN included; the same values are the same bytes; numpy reads the file."""
    path, again = tmp_path / "a.npz", tmp_path / "b.npz"
    written = {"test": some(4), "train": some()}
    write_target_predictions(path, written)
    write_target_predictions(again, dict(reversed(written.items())))
    assert path.read_bytes() == again.read_bytes()
    found = read_target_predictions(path)
    assert list(found) == ["train", "test"]
    for split, one in written.items():
        for name in ("y_true", "y_pred", "rows"):
            assert getattr(found[split], name).tobytes() == getattr(one, name).tobytes()
    with np.load(path, allow_pickle=False) as arrays:
        assert set(arrays.files) == {f"{name}_{split}" for name in ("y_true", "y_pred", "row") for split in written}


@pytest.mark.parametrize(
    "changed",
    [
        {"y_pred_train": None},
        {"y_pred_train": np.zeros(4)},
        {"y_true_train": np.zeros(5, dtype=np.float32)},
        {"row_train": np.zeros((5, 1), dtype=np.int64)},
    ],
)
def test_arrays_that_do_not_belong_together_are_damage(changed, tmp_path):
    """A missing array, another length, type or shape."""
    one = some()
    arrays = {"y_true_train": one.y_true, "y_pred_train": one.y_pred, "row_train": one.rows} | changed
    kept = {f"{name}.npy": npy_bytes(array) for name, array in arrays.items() if array is not None}
    (tmp_path / "a.npz").write_bytes(pack(kept))
    with pytest.raises(StorageError, match="do not belong together"):
        read_target_predictions(tmp_path / "a.npz")


def test_they_are_no_class_probabilities(tmp_path):
    """Read as those of a classifier, the file is refused."""
    write_target_predictions(tmp_path / "a.npz", {"train": some()})
    with pytest.raises(StorageError, match="class_names"):
        read_predictions(tmp_path / "a.npz")
