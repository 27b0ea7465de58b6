"""imdb, reuters and cifar10: files made here in the form of the originals, read without executing anything."""

from __future__ import annotations

import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from every_kind import written_in_place_of

from optbench.catalog.datasets import DATASETS
from optbench.datasets import load_dataset
from optbench.datasets.pickled_lists import read_arrays_and_lists
from optbench.errors import DataError

TEXTS = [[5, 1, 9000, 7], [2, 3], [4] * 300, [8, 6, 1, 2, 3, 9]] * 30


def objects(rows):
    made = np.empty(len(rows), dtype=object)
    made[:] = rows
    return made


@pytest.fixture
def install(tmp_path):
    """Let a file made here stand for the file of a named data set; returns what loads a section of it."""

    def run(name, content):
        known = {name: written_in_place_of(name, content, tmp_path)}
        return lambda section: load_dataset(section, base=tmp_path, data_dir=tmp_path, known=known)

    return run


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_imdb(install, config):
    """Tokens are Keras' numbers: 1 starts, 2 is unknown, word n is n + 3, 0 pads; the beginning is kept."""
    labels = np.array([0, 1, 0, 1] * 30)
    load = install("imdb", npz(x_train=objects(TEXTS), y_train=labels, x_test=objects(TEXTS[:8]), y_test=labels[:8]))
    section = config("imdb", text={"max_tokens": 100, "length": 8})
    dataset = load(section)
    assert dataset.test.x[:2].tolist() == [[1, 8, 4, 2, 10, 0, 0, 0], [1, 5, 6, 0, 0, 0, 0, 0]]
    assert dataset.test.x[2].tolist() == [1, *[7] * 7]
    assert (dataset.class_names, dataset.positive_class) == (("negative", "positive"), 1)
    assert dataset.vocabulary_size == dataset.train.x.max() + 1
    assert dataset.train.x.dtype == np.int32


def test_imdb_is_what_keras_loads(install, config):
    """Rows have the tokens that `keras.datasets` documents for them: the same words, before Keras shuffles."""
    load = install(
        "imdb", npz(x_train=objects(TEXTS), y_train=[0, 1] * 60, x_test=objects(TEXTS[:8]), y_test=[0, 1] * 4)
    )
    dataset = load(config("imdb", text={"length": 400, "max_tokens": 8000}))
    for row, words in zip(dataset.test.x, TEXTS, strict=False):
        expected = [1, *(word + 3 if word + 3 < 8000 else 2 for word in words)]
        assert row[row > 0].tolist() == expected


def test_reuters_is_split_here(install, config):
    """One array of texts: the test rows are split off, topics keep their numbers in order."""
    load = install("reuters", npz(x=objects(TEXTS), y=np.array([0, 2, 10, 1] * 30)))
    dataset = load(config("reuters", split={"test": 0.25}))
    assert dataset.class_names == ("0", "1", "2", "10")
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 78, "validation": 12, "test": 30}
    assert not dataset.facts["split"]["official_test"]


@pytest.mark.parametrize("protocol", range(5))
def test_every_protocol_of_pickles_is_read(tmp_path, protocol):
    """Files written by old and new Pythons hold the same lists."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (2,)})
    content = header.getvalue() + pickle.dumps(objects([[1, 2], [3]]), protocol=protocol)
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.npz", "w") as packed:
        packed.writestr("x.npy", content)
    assert read_arrays_and_lists(tmp_path / "a.npz", ("x",), shown="a.npz") == {"x": [[1, 2], [3]]}


class _Attack:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "row", [_Attack(os.system, "touch HERE"), _Attack(eval, "1"), _Attack(open, "HERE", "w"), ["text"], [1.5], [[1]], 3]
)
def test_nothing_in_a_file_is_executed(tmp_path, row, monkeypatch):
    """A pickle that names a function, or holds anything but lists of whole numbers, is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npz").write_bytes(npz(x=objects([[1, 2], row])))
    with pytest.raises(DataError, match=r"a\.npz is not the file it should be: it (names|holds)"):
        read_arrays_and_lists(tmp_path / "a.npz", ("x",), shown="a.npz")
    assert not (tmp_path / "HERE").exists()


@pytest.mark.parametrize("cut", [10, 200, 300])
def test_cut_files_are_refused(tmp_path, cut):
    """A file cut anywhere is an error in a sentence."""
    (tmp_path / "a.npz").write_bytes(npz(x=objects(TEXTS))[:cut])
    with pytest.raises(DataError, match=r"a\.npz is not the file it should be"):
        read_arrays_and_lists(tmp_path / "a.npz", ("x",), shown="a.npz")


def archive(parts):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for name, content in parts.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def batches():
    rng = np.random.default_rng(0)
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    made = {}
    for name in names:
        records = rng.integers(0, 256, size=(20, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(20) % 10
        made[name] = records
    return made


def test_cifar10(install, config, batches):
    """Images are 32 x 32 x 3 from 0 to 1, red first; the test batch is the test split."""
    load = install("cifar10", archive({name: records.tobytes() for name, records in batches.items()}))
    dataset = load(config("cifar10"))
    assert dataset.input_shape == (32, 32, 3)
    assert dataset.class_names == DATASETS["cifar10"].labels
    record = batches["test_batch"][4]
    assert np.allclose(dataset.test.x[4, 5, 7] * 255, [record[1 + 1024 * c + 32 * 5 + 7] for c in range(3)])
    assert dataset.test.y.tolist() == (np.arange(20) % 10).tolist()
    assert len(dataset.train.y) + len(dataset.validation.y) == 100


def test_damaged_cifar10_is_refused(install, config, batches):
    """A missing batch and a batch that is no whole number of images are named."""
    parts = {name: records.tobytes() for name, records in batches.items()}
    parts["data_batch_2"] = parts["data_batch_2"][:-1]
    load = install("cifar10", archive(parts))
    with pytest.raises(DataError, match=r"data_batch_2\.bin must hold images of 3073 bytes\. Received: 61459 bytes"):
        load(config("cifar10"))
