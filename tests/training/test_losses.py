"""Labels as losses want them, and class weights."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.errors import ModelError
from optbench.training.losses import build_loss, class_weights, encode_labels
from optbench.training.preflight import preflight

Y = np.array([0, 2, 1, 1], dtype=np.int64)


def test_each_loss_gets_its_form_of_the_labels():
    """One unit: a column of 0 and 1; sparse: class numbers; otherwise one-hot rows."""
    binary = encode_labels(np.array([0, 1, 1]), loss="binary_crossentropy", units=1, num_classes=2)
    assert binary.tolist() == [[0.0], [1.0], [1.0]]
    assert encode_labels(Y, loss="sparse_categorical_crossentropy", units=3, num_classes=3).tolist() == [
        0,
        2,
        1,
        1,
    ]
    one_hot = encode_labels(Y, loss="categorical_crossentropy", units=3, num_classes=3)
    assert one_hot.sum(axis=1).tolist() == [1.0] * 4
    assert one_hot.argmax(axis=1).tolist() == Y.tolist()


def test_a_loss_that_would_train_nothing_is_refused():
    """categorical_crossentropy on one unit is constant: the message says so and names the right loss."""
    with pytest.raises(ModelError, match="it is constant, so nothing would be trained. Use binary_crossentropy"):
        encode_labels(np.array([0, 1]), loss="categorical_crossentropy", units=1, num_classes=2)


def test_balanced_weights_are_those_of_scikit_learn():
    """`balanced` equals scikit-learn's sample weights."""
    from sklearn.utils.class_weight import compute_sample_weight

    found = class_weights("balanced", y=Y, class_names=("a", "b", "c"))
    assert found == pytest.approx(compute_sample_weight("balanced", Y))


def test_named_weights_and_unknown_labels():
    """Labels not named weigh 1; a label the data lacks is refused with the labels it has."""
    assert class_weights({"b": 3.0}, y=Y, class_names=("a", "b", "c")).tolist() == [1.0, 1.0, 3.0, 3.0]
    with pytest.raises(ModelError, match="labels the data does not have: d. Its labels are: a, b, c"):
        class_weights({"d": 3.0}, y=Y, class_names=("a", "b", "c"))


@pytest.mark.tensorflow
def test_a_users_loss_is_called_with_their_code(tmp_path):
    """`python:file.py:function` is the loss: one value per example."""
    (tmp_path / "mine.py").write_text(
        "import keras\n\ndef absolute(y_true, y_pred):\n    return keras.ops.sum(abs(y_true - y_pred), axis=-1)\n"
    )
    loss = build_loss("python:mine.py:absolute", base=tmp_path)
    values = loss(np.array([[1.0, 0.0], [0.0, 1.0]], "float32"), np.array([[0.5, 0.5], [0.0, 1.0]], "float32"))
    assert np.asarray(values).tolist() == [1.0, 0.0]


OWN_LOSSES = """
import keras

def good(y_true, y_pred):
    return keras.losses.categorical_crossentropy(y_true, y_pred)

def scalar(y_true, y_pred):
    return keras.ops.mean(keras.losses.categorical_crossentropy(y_true, y_pred))

def sparse(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

def leaves(y_true, y_pred):
    raise SystemExit(0)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scalar", r"must return one number per row, of shape \(8,\). Received: shape \(\)"),
        ("sparse", r"(?s)own\.py:11: return keras\.losses\.sparse.*y_true of shape \(8, 3\) \(one-hot\)"),
        ("leaves", r"raised SystemExit: 0\n.*own\.py:14: raise SystemExit"),
    ],
)
def test_a_users_loss_is_tried_before_a_run(name, expected, make_dataset, make_config, tmp_path):
    """What it does wrong is told with the user's own line and the shapes it got; a good one passes."""
    (tmp_path / "own.py").write_text(OWN_LOSSES)
    dataset = make_dataset(classes=3)
    preflight(make_config(dataset, training={"loss": "python:own.py:good"}), dataset, base=tmp_path)
    with pytest.raises(ModelError, match=expected):
        preflight(make_config(dataset, training={"loss": f"python:own.py:{name}"}), dataset, base=tmp_path)
