"""A user's own arrays, from npz files and Python functions: checked, never guessed at, never unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from optbench.array_digests import arrays_digest
from optbench.datasets import load_dataset
from optbench.errors import DataError
from optbench.words import sentences

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), np.arange(60) % 3
X_TEST, Y_TEST = RNG.normal(size=(15, 4)), np.arange(15) % 3
GOOD = {"x_train": X, "y_train": Y, "x_test": X_TEST, "y_test": Y_TEST}


def refused(load, sentence, **arrays):
    with pytest.raises(DataError) as caught:
        load(**{**GOOD, **arrays})
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 3


def test_given_test_set_is_kept_and_validation_drawn_from_training(load_npz):
    """The test rows are the user's; validation is a fraction of the others; rows count on over both."""
    dataset = load_npz(**GOOD)
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 54, "validation": 6, "test": 15}
    assert np.array_equal(dataset.test.rows, np.arange(60, 75))
    assert np.array_equal(dataset.test.x, X_TEST.astype(np.float32))
    assert np.array_equal(dataset.train.x, X[dataset.train.rows].astype(np.float32))
    assert np.array_equal(dataset.train.y, Y[dataset.train.rows])
    assert dataset.facts["split"]["official_test"] is True
    assert dataset.data_digest == arrays_digest(GOOD)


def test_given_validation_set_is_kept(load_npz):
    """`x_validation, y_validation` are taken as they are; without them and a fraction of 0 there is no validation."""
    dataset = load_npz(**GOOD, x_validation=X_TEST[:5], y_validation=Y_TEST[:5])
    assert np.array_equal(dataset.train.rows, np.arange(60))
    assert np.array_equal(dataset.validation.rows, np.arange(60, 65))
    assert np.array_equal(dataset.test.rows, np.arange(65, 80))
    assert dataset.facts["duplicates"] == {"validation_in_train": 0, "test_in_train": 0, "repeated_rows": 5}
    assert load_npz(**GOOD, split={"validation": 0.0}).validation is None


def test_test_fraction_beside_a_test_set_is_refused(load_npz):
    """A test fraction would be ignored, so it is an error."""
    with pytest.raises(DataError, match=r"split\.test must be left out here: the test rows are given by the data set"):
        load_npz(**GOOD, split={"test": 0.2})


def test_rows_of_the_test_set_in_training_are_counted(load_npz):
    """Repeated examples across the splits are counted and said, whatever the type of the arrays."""
    dataset = load_npz(**{**GOOD, "x_test": X[:15], "split": {"validation": 0.0}})
    assert dataset.facts["duplicates"]["test_in_train"] == 15
    said = "15 of 15 test rows have the same inputs as a training row: almost the whole test split was seen in training"
    assert f"{said}, so its scores may be memory, not learning" in sentences(dataset.notes)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["b ", "a", "c"]), ("a", "b", "c")),
        (np.array([10, 9, 1], dtype=np.uint8), ("1", "9", "10")),
        (np.array([2.0, 0.0, 1.0]), ("0", "1", "2")),
        (np.array([True, False, True]), ("0", "1")),
        (np.array([[2], [0], [1]]), ("0", "1", "2")),
    ],
)
def test_labels_of_any_plain_type(load_npz, labels, names):
    """Labels may be texts, whole numbers of any type, truth values, and a column of them."""
    dataset = load_npz(**{**GOOD, "y_train": labels[Y], "y_test": labels[Y_TEST]})
    assert dataset.class_names == names
    given = [str(labels[number].item()).strip() for number in Y_TEST]
    back = [dataset.class_names[number] for number in dataset.test.y]
    as_number = {"True": 1.0, "False": 0.0}
    if names[0].isdigit():
        assert [as_number.get(text) if text in as_number else float(text) for text in given] == list(map(float, back))
    else:
        assert given == back


def test_images_are_scaled_and_get_a_channel_axis(load_npz):
    """Arrays of uint8 with three or more dimensions are images: 0 to 1, with channels; other arrays stay as given."""
    images = RNG.integers(0, 256, size=(75, 6, 5), dtype=np.uint8)
    dataset = load_npz(**{**GOOD, "x_train": images[:60], "x_test": images[60:]})
    assert dataset.input_shape == (6, 5, 1)
    assert dataset.test.x.dtype == np.float32
    assert np.array_equal(dataset.test.x[..., 0], images[60:] / np.float32(255))
    sequences = images / 255
    dataset = load_npz(**{**GOOD, "x_train": sequences[:60], "x_test": sequences[60:]})
    assert dataset.input_shape == (6, 5)
    colours = np.repeat(images[..., np.newaxis], 3, axis=-1)
    assert load_npz(**{**GOOD, "x_train": colours[:60], "x_test": colours[60:]}).input_shape == (6, 5, 3)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"x_train": X[:, 0]},
            (
                "x_train must have a row per example and at least one feature. Received: x_train of "
                "shape (60,) and float64"
            ),
        ),
        (
            {"x_train": X[:59]},
            "x_train and y_train must have the same number of examples. Received: x_train of shape (59, 4)",
        ),
        (
            {"x_test": X_TEST[:, :3]},
            (
                "examples of x_test must have the shape of x_train's. Received: x_train of shape "
                "(60, 4), x_test of shape (15, 3)."
            ),
        ),
        ({"x_train": X.astype(str)}, "x_train must hold numbers."),
        ({"x_train": X * 1j}, "x_train must hold numbers."),
        ({"x_train": X[:0], "y_train": Y[:0]}, "x_train must hold at least one example and one feature."),
        ({"y_train": np.eye(3)[Y]}, "If it is one-hot encoded, use y_train.argmax(axis=1)."),
        ({"y_train": Y + 0.5}, "y_train must hold whole numbers or texts. Received: float64, e.g. 0.5."),
        ({"y_train": np.where(Y == 0, np.nan, Y)}, "y_train must hold whole numbers or texts. Received: float64"),
        ({"y_train": Y * 0, "y_test": Y_TEST * 0}, "must hold at least two classes. Received: '0' in all 75 rows."),
        (
            {"y_test": Y_TEST + 1},
            "class '3' has rows in the test split (5) and none in training: a model cannot learn it. Correct the label",
        ),
        (
            {"x_train": np.where(X[3, 2] == X, np.nan, X)},
            "x_train must hold finite numbers. Received: nan at position (3, 2), shape (60, 4); 1 such values in all.",
        ),
        (
            {"x_test": np.where(X_TEST[0, 0] == X_TEST, -np.inf, X_TEST)},
            "x_test must hold finite numbers. Received: -inf at position (0, 0)",
        ),
        ({"x_train": X * 1e300}, "x as float32 must hold finite numbers."),
        ({"x_validation": X}, "must hold the array 'y_validation'."),
    ],
)
def test_unfit_arrays_are_refused(load_npz, arrays, sentence):
    """Shapes, types and values that no model can take are refused with what was received."""
    refused(load_npz, sentence, **arrays)


def test_missing_array_lists_those_found(tmp_path, config):
    """A misspelt name is answered with the nearest one and the list."""
    np.savez(tmp_path / "d.npz", x_trian=X, y_train=Y, x_test=X_TEST, y_test=Y_TEST)
    with pytest.raises(DataError, match=r"d.npz must hold the array 'x_train'. Did you mean 'x_trian'\? The arrays"):
        load_dataset(config("npz", path="d.npz"), base=tmp_path, data_dir=Path("none"))


def test_pickled_objects_are_never_loaded(tmp_path, config):
    """An npz file with Python objects is refused, and nothing of it is executed."""

    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    objects = np.empty(60, dtype=object)
    objects[:] = [Bomb()] * 60
    np.savez(tmp_path / "d.npz", **{**GOOD, "y_train": objects})
    with pytest.raises(DataError, match="it holds Python objects, which are not loaded: store numbers or texts"):
        load_dataset(config("npz", path="d.npz"), base=tmp_path, data_dir=Path("none"))
    assert not (tmp_path / "executed").exists()


def test_damaged_npz_files_are_refused(tmp_path, config):
    """Missing, foreign, cut and altered files each end in a sentence."""

    def told(content: bytes | None):
        if content is not None:
            (tmp_path / "d.npz").write_bytes(content)
        with pytest.raises(DataError) as caught:
            load_dataset(config("npz", path="d.npz"), base=tmp_path, data_dir=Path("none"))
        return str(caught.value)

    assert "d.npz does not exist" in told(None)
    assert "is not an npz file. Write it with numpy.savez" in told(b"x_train,y_train\n")
    np.savez(tmp_path / "d.npz", **GOOD)
    whole = (tmp_path / "d.npz").read_bytes()
    assert "d.npz" in told(whole[: len(whole) // 2])
    middle = whole.index(X.tobytes()) + 100
    assert "cannot be read as an npz file" in told(whole[:middle] + b"\xff\xff\xff" + whole[middle + 3 :])
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for name in GOOD:
            archive.writestr(f"{name}.npy", "text, not an array")
    assert "cannot be read as an npz file" in told(None)


def test_npz_that_does_not_fit_into_memory_is_refused_before_it_is_unpacked(tmp_path, config, free_memory):
    """What a small file unpacks to is known from its directory: too much is an error, not a killed process."""
    free_memory(10_000)
    packed = {**GOOD, "x_train": np.zeros((60, 1000))}
    np.savez_compressed(tmp_path / "d.npz", **packed)
    with pytest.raises(DataError, match="unpacking d.npz needs 0.0 GiB of memory, and 0.0 GiB are free. Store fewer"):
        load_dataset(config("npz", path="d.npz"), base=tmp_path, data_dir=Path("none"))


def test_absurd_declared_shape_is_refused(tmp_path, config):
    """A header that promises more than any machine has is an error."""
    np.savez(tmp_path / "d.npz", **GOOD)
    with zipfile.ZipFile(tmp_path / "d.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["x_train.npy"] = members["x_train.npy"].replace(b"(60, 4), }       ", b"(60, 4000000000)}", 1)
    assert b"4000000000" in members["x_train.npy"]
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="cannot be read as an npz file"):
        load_dataset(config("npz", path="d.npz"), base=tmp_path, data_dir=Path("none"))


SOURCE = """
import numpy as np

def load(size=30, scale=1.0):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(size, 2)) * scale, np.arange(size) % 2
    return (x[5:], y[5:]), (x[:5], y[:5])
"""


def test_python_function_gets_its_arguments(load_python):
    """The function's arrays are the data; the record names the function and the sha256 of its file."""
    import hashlib

    dataset = load_python(SOURCE, size=40)
    assert {name: len(part.y) for name, part in dataset.splits.items()} == {"train": 31, "validation": 4, "test": 5}
    assert dataset.facts["function"] == "problem.py:load"
    assert dataset.facts["sha256"] == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert load_python(SOURCE, size=40).split_digest == dataset.split_digest
    assert load_python(SOURCE, size=40, scale=2.0).data_digest != dataset.data_digest


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return 1 / 0", "load() of problem.py raised ZeroDivisionError: division by zero"),
        ("return None", "load() of problem.py must return (x_train, y_train), (x_test, y_test). Received: NoneType."),
        ("return [1], [2]", "Received: a tuple of 2: a list of 1: int, a list of 1: int."),
        ("import numpy; return numpy.zeros(3)", "Received: an array of shape (3,)."),
        ("return ([[1, 2], [3]], [0, 1]), ([[1]], [0])", "load() of problem.py: x_train cannot become one array"),
        ("return ([1, 2], [0, 1]), ([1], [0])", "x_train must have a row per example and at least one feature."),
        ("return ([[{}]], [0]), ([[{}]], [0])", "x_train must hold numbers."),
    ],
)
def test_python_functions_that_fail_or_return_something_else(load_python, body, sentence):
    """What the user's function does wrong is said in the user's terms."""
    with pytest.raises(DataError) as caught:
        load_python(f"def load():\n    {body}\n")
    assert sentence in str(caught.value)


def test_exception_shows_the_users_own_line(load_python, tmp_path):
    """The place is the innermost line of the user's file, not of ours."""
    source = "def helper(n):\n    return [1][n]\n\ndef load():\n    return helper(5)\n"
    with pytest.raises(DataError, match="raised IndexError: list index out of range") as caught:
        load_python(source)
    assert f"{tmp_path / 'problem.py'}:2: return [1][n]" in str(caught.value)


def test_wrong_arguments_and_functions_are_data_errors(load_python):
    """An argument the function does not take, and a function that is not there."""
    with pytest.raises(DataError, match="unexpected keyword argument 'sise'"):
        load_python(SOURCE, sise=3)
    with pytest.raises(DataError, match=r"has no function 'load'. It defines: fetch"):
        load_python("def fetch():\n    pass\n")
