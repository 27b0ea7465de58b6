"""A withheld test split: the other rows are the same, and nothing tells what the test rows are."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.config import NpzConfig, SplitConfig
from optbench.config.dataset_sections import NamedDataset
from optbench.datasets import load_dataset, open_staged_dataset, stage_dataset, without_test_rows
from optbench.words import sentences


@pytest.fixture
def both(tmp_path):
    """Load a data set as it is, and with its test split withheld."""

    def load(name):
        def one(withhold):
            config = NamedDataset(name=name, split=SplitConfig(withhold_test=withhold))
            return load_dataset(config, base=tmp_path, data_dir=tmp_path)

        return one(False), one(True)

    return load


@pytest.mark.parametrize("name", ["iris", "digits", "breast_cancer"])
def test_other_splits_are_the_same_to_the_bit(both, name):
    """Split first, emptied afterwards: training and validation rows do not notice."""
    whole, withheld = both(name)
    for split in ("train", "validation"):
        for part in ("x", "y", "rows"):
            assert np.array_equal(getattr(whole.splits[split], part), getattr(withheld.splits[split], part))
    assert withheld.test.x.shape == (0, *whole.input_shape)
    assert len(withheld.test.y) == len(withheld.test.rows) == 0
    assert whole.data_digest == withheld.data_digest
    assert whole.split_digest != withheld.split_digest


def test_nothing_counted_on_test_rows_is_left(both):
    """Class counts, shares and repetitions of the test split are not in the record."""
    whole, withheld = both("iris")
    assert whole.facts["class_counts"].keys() - withheld.facts["class_counts"].keys() == {"test"}
    assert "test" not in withheld.facts["majority"]["share"]
    assert "test_in_train" not in withheld.facts["duplicates"]
    assert withheld.facts["split"]["rows"]["test"] == 0
    assert not [note for note in sentences(withheld.notes) if " test rows " in note]
    assert withheld.notes[-1].code == "data-test-withheld"


def test_a_test_set_of_its_own_is_withheld_too(tmp_path):
    """An official test set is emptied just the same."""
    x, y = np.arange(40.0).reshape(20, 2), np.tile([0, 1], 10)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    config = NpzConfig(name="npz", path="d.npz", split=SplitConfig(validation=0.2, withhold_test=True))
    withheld = load_dataset(config, base=tmp_path, data_dir=tmp_path)
    assert [len(split.y) for split in withheld.splits.values()] == [16, 4, 0]
    assert not [note for note in sentences(withheld.notes) if " test rows " in note]


def test_it_survives_staging(both, tmp_path):
    """Zero rows come back with their shape and type; withholding twice changes nothing."""
    _, withheld = both("iris")
    stage_dataset(withheld, tmp_path / "staged")
    found = open_staged_dataset(tmp_path / "staged")
    assert (found.test.x.shape, found.test.x.dtype) == (withheld.test.x.shape, withheld.test.x.dtype)
    assert found.split_digest == withheld.split_digest == without_test_rows(withheld).split_digest
