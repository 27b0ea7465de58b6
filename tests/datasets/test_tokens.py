"""Token sequences in arrays of the user's own."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.datasets import load_dataset, open_staged_dataset, stage_dataset
from optbench.errors import DataError


@pytest.fixture
def load(tmp_path, config):
    def run(x, *, tokens=True):
        y = np.arange(len(x)) % 2
        np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:4], y_test=y[:4])
        return load_dataset(config("npz", path="a.npz", tokens=tokens), base=tmp_path, data_dir=tmp_path)

    return run


@pytest.fixture
def sequences():
    return np.random.default_rng(0).integers(1, 9, size=(60, 5))


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
def test_tokens_stay_whole_numbers(load, sequences, dtype, tmp_path):
    """They are int32, padding and the largest token count for the vocabulary, and staging keeps both."""
    sequences[3, 2:] = 0
    dataset = load(sequences.astype(dtype))
    assert dataset.train.x.dtype == np.int32
    assert dataset.vocabulary_size == sequences.max() + 1
    assert dataset.input_shape == (5,)
    stage_dataset(dataset, tmp_path / "staged")
    again = open_staged_dataset(tmp_path / "staged")
    assert (again.vocabulary_size, again.split_digest) == (dataset.vocabulary_size, dataset.split_digest)


def test_whole_numbers_are_no_tokens_by_themselves(load, sequences):
    """Without being told, whole numbers are a table of numbers."""
    dataset = load(sequences, tokens=False)
    assert dataset.vocabulary_size is None
    assert dataset.train.x.dtype == np.float32


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: x - 5, r"tokens must be from 0, for padding, to 10000000\. .* with -"),
        (lambda x: x + 0.5, "tokens must be whole numbers"),
        (lambda x: x[..., np.newaxis], r"must have the shape \(examples, time\)"),
        (lambda x: np.where(np.arange(len(x))[:, np.newaxis] == 7, 0, x), "row 7 is padding only, and 1 rows"),
    ],
)
def test_what_cannot_be_tokens(load, sequences, change, sentence):
    """Negative and broken numbers, other shapes and empty sequences are refused with the place."""
    with pytest.raises(DataError, match=sentence):
        load(change(sequences))
