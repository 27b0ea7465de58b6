"""The data sets with a name: official shapes, order of classes, official test sets."""

from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

from optbench.array_digests import array_digest
from optbench.config import resolve
from optbench.datasets import DATASETS, fetch, load_dataset
from optbench.datasets.array_sources import read_idx
from optbench.datasets.forms import READERS
from optbench.errors import DataError, UsageError

EMBEDDED = [name for name, entry in DATASETS.items() if entry.is_embedded]


@pytest.fixture(scope="module")
def embedded(config, tmp_path_factory):
    none = tmp_path_factory.mktemp("none")
    return {
        name: load_dataset(config(name), base=none, data_dir=none / "data", task=DATASETS[name].task)
        for name in EMBEDDED
    }


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_an_entry_of_the_catalogue_can_be_read(entry):
    """Its form has a reader, a table says what its target is, labels and positive class are those of its classes."""
    assert entry.form in READERS
    assert (entry.table is not None) == (entry.form == "table")
    assert bool(entry.files) == (not entry.is_embedded)
    assert not entry.labels or len(entry.labels) == entry.classes
    assert entry.positive_class is None or entry.classes == 2
    assert not entry.labels or entry.positive_class in (None, *entry.labels)


def test_a_mistake_of_the_catalogue_is_told_as_none_of_the_users(config, tmp_path):
    """A `ValueError` of ours passes through loading, to end the command as an internal error."""
    wrong = {"mnist": replace(DATASETS["mnist"], form="table", files=())}
    with pytest.raises(ValueError, match="has the form of a table and no table"):
        load_dataset(config("mnist"), base=tmp_path, data_dir=tmp_path, known=wrong)


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_data_is_scikit_learns(embedded, name):
    """Rows, shape, classes and labels are those of scikit-learn's loader; nothing is downloaded."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    dataset, entry = embedded[name], DATASETS[name]
    assert dataset.facts["rows_read"] == entry.rows == len(bunch.target)
    assert dataset.input_shape == entry.shape
    assert dataset.num_classes == entry.classes
    for part in dataset.splits.values() if entry.classes else ():
        given = [str(bunch.target_names[number]) for number in bunch.target[part.rows]]
        assert [dataset.class_names[number] for number in part.y] == given
    assert fetch(name, data_dir=None, quiet=True) == []


def test_embedded_tables_are_standardised_on_training_rows(embedded):
    """Columns keep scikit-learn's names and order, scaled by the training rows as StandardScaler does it."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.preprocessing import StandardScaler

    dataset, bunch = embedded["breast_cancer"], load_breast_cancer()
    assert dataset.feature_names == tuple(bunch.feature_names)
    scaler = StandardScaler().fit(bunch.data[dataset.train.rows])
    np.testing.assert_allclose(dataset.test.x, scaler.transform(bunch.data[dataset.test.rows]), rtol=1e-5, atol=1e-6)


def test_the_target_of_diabetes_is_a_number(embedded):
    """Numbers as scikit-learn has them, drawn without strata; classes have no place in the record."""
    from sklearn.datasets import load_diabetes

    dataset, target = embedded["diabetes"], load_diabetes().target
    assert dataset.task == "regression"
    assert dataset.num_outputs == 1
    for name, part in dataset.splits.items():
        assert np.array_equal(part.y, target[part.rows])
        told = dataset.facts["target_values"][name]
        assert told == {"mean": part.y.mean(), "sd": part.y.std(), "min": part.y.min(), "max": part.y.max()}
    assert not {"classes", "class_counts", "majority", "positive_class"} & dataset.facts.keys()
    assert dataset.facts["split"]["stratify"] is False


def test_positive_class_of_breast_cancer_is_the_illness(embedded):
    """ROC and recall speak of malignant tumours; scikit-learn counts them as class 0."""
    dataset = embedded["breast_cancer"]
    assert dataset.class_names == ("benign", "malignant")
    assert dataset.class_names[dataset.positive_class] == "malignant"


def test_digits_are_images_for_a_cnn(embedded):
    """Digits are 8 x 8 x 1 float32 in 0 to 1, and a `cnn` can be resolved for them."""
    from sklearn.datasets import load_digits

    dataset = embedded["digits"]
    assert dataset.train.x.dtype == np.float32
    images = load_digits().images[dataset.train.rows]
    assert np.array_equal(dataset.train.x[..., 0], (images / 16).astype(np.float32))
    assert (dataset.train.x.min(), dataset.train.x.max()) == (0.0, 1.0)


def test_cnn_on_digits_resolves(tmp_path, embedded):
    """The input shape of digits lets the convolutional model be built."""
    from optbench.config import layer_specs, load_experiment

    path = tmp_path / "c.yaml"
    path.write_text("name: c\ndataset: {name: digits}\nmodel: {name: cnn}\noptimizer: {name: adam}\n")
    shape = embedded["digits"].input_shape
    resolved = resolve(load_experiment(path).config, seed=0, num_classes=10, input_shape=shape, official_test=False)
    names = [spec.class_name for spec in layer_specs(resolved.model, input_shape=shape)]
    assert "Conv2D" in names
    assert "Reshape" not in names


def test_resolved_split_gives_the_same_data_set(embedded, config):
    """The default test fraction written out gives the same split: a resolved config reproduces its run."""
    again = load_dataset(config("iris", split={"test": 0.2}), base=None, data_dir=None)
    assert again.split_digest == embedded["iris"].split_digest
    other = load_dataset(config("iris", split={"test": 0.4, "validation": 0.0}), base=None, data_dir=None)
    assert {name: len(part.y) for name, part in other.splits.items()} == {"train": 90, "test": 60}
    assert other.data_digest == embedded["iris"].data_digest


@pytest.mark.data
def test_fashion_mnist_keeps_its_test_set(fashion):
    """10000 test images stay together; validation is 10 % of the other 60000, every class alike."""
    assert {name: len(part.y) for name, part in fashion.splits.items()} == {
        "train": 54_000,
        "validation": 6_000,
        "test": 10_000,
    }
    assert np.array_equal(fashion.test.rows, np.arange(60_000, 70_000))
    assert set(np.bincount(fashion.validation.y)) == {600}
    assert set(np.bincount(fashion.test.y)) == {1000}
    assert fashion.class_names == DATASETS["fashion_mnist"].labels
    assert fashion.input_shape == (28, 28, 1)
    assert fashion.train.x.dtype == np.float32
    assert (float(fashion.train.x.min()), float(fashion.train.x.max())) == (0.0, 1.0)


@pytest.mark.data
def test_fashion_mnist_pixels_and_labels_are_those_of_the_files(fashion, data_dir):
    """Decoded by hand, the first test image and its label (an ankle boot) are those of the files."""
    folder = data_dir / "fashion_mnist"
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    assert bytes(np.rint(fashion.test.x[0] * 255).astype(np.uint8)) == images[16 : 16 + 784]
    assert bytes(fashion.test.y.astype(np.uint8)) == labels[8:]
    assert fashion.class_names[fashion.test.y[0]] == "Ankle boot"


@pytest.mark.data
def test_test_fraction_of_an_official_test_set_is_refused(config, data_dir):
    """Fashion-MNIST's test set cannot be made another one by a fraction that would be ignored."""
    with pytest.raises(DataError, match=r"split\.test must be left out here: .* given by the data set itself"):
        load_dataset(config("fashion_mnist", split={"test": 0.1}), base=None, data_dir=data_dir)


@pytest.mark.data
def test_named_table_is_the_users_own_table(telco, telco_path, config):
    """`telco_churn` and the same file as `csv` with the same settings are the same data."""
    made = config("csv", path=telco_path.name, target="Churn", positive_class="Yes")
    own = load_dataset(made, base=telco_path.parent, data_dir=None)
    assert (own.data_digest, own.split_digest) == (telco.data_digest, telco.split_digest)


def idx(content: bytes, tmp_path):
    path = tmp_path / "f.gz"
    path.write_bytes(content)
    return path


def test_idx_files_are_checked_before_they_are_shaped(tmp_path):
    """Magic number, sizes and the archive itself are checked."""
    header = (2051).to_bytes(4, "big") + b"".join(size.to_bytes(4, "big") for size in (2, 3, 4))
    good = gzip.compress(header + bytes(range(24)), mtime=0)
    assert array_digest(read_idx(idx(good, tmp_path))) == array_digest(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    for content, sentence in [
        (good[:-12], "cannot be unpacked"),
        (b"no gzip", "cannot be unpacked"),
        (gzip.compress(header + bytes(23)), r"holds 23 bytes, its header promises an array of \[2, 3, 4\]"),
        (gzip.compress(b"\0\0\0\7" + bytes(30)), "its magic number is 7"),
        (gzip.compress(b""), "its magic number is 0"),
    ]:
        with pytest.raises(DataError, match=sentence):
            read_idx(idx(content, tmp_path))


def test_unknown_name_to_fetch(tmp_path):
    """A misspelt data set is a wrong argument, with the nearest name."""
    with pytest.raises(UsageError, match="no data set 'mnits' to fetch. Did you mean 'mnist'"):
        fetch("mnits", data_dir=tmp_path, quiet=True)


def test_defaults_of_missing_words_agree():
    """An experiment file and a look at a table take the same words for "no value"."""
    from optbench.catalog.dataset import DEFAULT_MISSING
    from optbench.config import CsvConfig

    assert tuple(CsvConfig(name="csv", path="a", target="y").missing) == DEFAULT_MISSING
