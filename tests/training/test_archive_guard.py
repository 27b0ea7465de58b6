"""Archives that would take far more than they hold are refused before Keras builds anything. 4 seconds."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from optbench.errors import ModelError
from optbench.training.archive_guard import why_too_large
from optbench.training.keras_internals import variables_only_named
from optbench.training.shipped import keras_model

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:__array__ implementation")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A model with layers of several kinds, as Keras saves it."""
    import keras

    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    hidden = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5)(hidden))
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name="inner")
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(inner(hidden)))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    path = tmp_path_factory.mktemp("archive") / "model.keras"
    model.save(path)
    return path


def forged(archive, folder, change, *, packed=False):
    """Copy an archive with another configuration."""
    target = folder / "forged.keras"
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w", kind) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == "config.json" else data)
    return target


def replaced(old, new):
    def change(data):
        assert old in data
        return data.replace(old, new)

    return change


def test_what_keras_saves_is_let_through(archive):
    """And is the model it was, afterwards: nothing was made on the way that stays."""
    import keras

    assert why_too_large(archive) == ""
    model, needs_code = keras_model(archive, dict, shown="it", own=None)
    assert not needs_code
    rows = np.ones((3, 6), np.float32)
    np.testing.assert_array_equal(model(rows), keras.saving.load_model(archive, compile=False)(rows))


def test_what_asks_for_more_weights_than_the_file_has_is_refused(archive, tmp_path):
    """2e9 units: before a byte of them is asked for, in an inner model too."""
    for units in (b'"units": 4', b'"units": 3'):
        huge = forged(archive, tmp_path, replaced(units, b'"units": 2000000000'))
        with pytest.raises(ModelError, match=r"its layers declare \d+ bytes of weights, and the file has \d+"):
            keras_model(huge, dict, shown="it", own=None)


def test_what_makes_a_giant_of_a_row_is_refused(tmp_path):
    """Layers without weights can take memory, too."""
    import keras

    layers = [keras.Input((6,)), keras.layers.RepeatVector(3), keras.layers.GlobalAveragePooling1D()]
    path = tmp_path / "model.keras"
    keras.Sequential([*layers, keras.layers.Dense(2)]).save(path)
    giant = forged(path, tmp_path, replaced(b'"n": 3', b'"n": 1000000000'))
    assert why_too_large(path) == ""
    assert "makes 6000000000 numbers of one example" in why_too_large(giant)


def test_what_is_packed_is_refused(archive, tmp_path):
    """A gigabyte of blanks takes a megabyte if it is packed; Keras packs nothing."""
    packed = forged(archive, tmp_path, lambda data: data + b" " * 10_000_000, packed=True)
    assert "is packed, which Keras does not do" in why_too_large(packed)
    blank = forged(archive, tmp_path, lambda data: data + b" " * (1 << 24))
    assert "are read" in why_too_large(blank)
    empty = tmp_path / "empty.keras"
    empty.write_bytes(b"")
    assert "no archive of Keras" in why_too_large(empty)


def test_variables_that_are_only_named_stay_so():
    """Nobody gives them values later, when Keras does so for those that wait."""
    import keras

    with variables_only_named() as variables:
        keras.layers.Dense(5).build((None, 7))  # nothing is made
    assert [tuple(variable.shape) for variable in variables] == [(7, 5), (5,)]
    with keras.StatelessScope():
        pass
    assert all(variable._value is None for variable in variables)
