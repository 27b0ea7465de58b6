"""Models: what is built from a section, and that its first weights depend on the seed and its layers alone."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.errors import ModelError
from optbench.training.models import build_model

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def build(make_dataset, make_config, tmp_path):
    """Build the model of a section for data of a shape and a number of classes."""

    def make(section, *, shape=(6,), classes=2, seed=0, loss=None):
        dataset = make_dataset(shape, classes=classes)
        training = {"loss": loss} if loss else {}
        config = make_config(dataset, model=section, training=training)
        return build_model(
            config.model,
            loss=config.training.loss,
            input_shape=shape,
            num_classes=classes,
            seed=seed,
            base=tmp_path,
        )

    return make


def layer_classes(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("section", "shape", "classes", "expected"),
    [
        ({"name": "logistic"}, (6,), 2, ["InputLayer", "Dense"]),
        ({"name": "logistic"}, (8, 8, 1), 3, ["InputLayer", "Flatten", "Dense"]),
        (
            {"name": "mlp", "hidden_units": [5, 4], "dropout": 0.1, "batch_normalization": True},
            (6,),
            3,
            ["InputLayer", *["Dense", "BatchNormalization", "Dropout"] * 2, "Dense"],
        ),
        (
            {"name": "cnn", "filters": [4, 8], "hidden_units": [5], "dropout": 0.1},
            (8, 8, 1),
            3,
            ["InputLayer", *["Conv2D", "MaxPooling2D"] * 2, "Flatten", "Dropout", "Dense", "Dense"],
        ),
        (
            {"name": "layers", "layers": [{"conv1d": {"filters": 4, "kernel_size": 2}}, {"ReLU": None}]},
            (6, 2),
            3,
            ["InputLayer", "Conv1D", "ReLU", "Flatten", "Dense"],
        ),
    ],
)
def test_layers_of_a_section(build, section, shape, classes, expected):
    """Input and output layers are added, images are flattened, and the output is a probability per class."""
    model = build(section, shape=shape, classes=classes)
    assert layer_classes(model) == expected
    assert model.output_shape == (None, 1 if classes == 2 else classes)
    scores = model(np.zeros((3, *shape), dtype="float32")).numpy()
    assert ((scores >= 0) & (scores <= 1)).all()
    if classes > 2:
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_categorical_crossentropy_has_a_unit_per_class(build):
    """An explicit loss for one-hot labels gives two softmax units for two classes."""
    model = build({"name": "mlp"}, loss="categorical_crossentropy")
    assert model.output_shape == (None, 2)


def test_first_weights_depend_on_the_seed_and_the_layers_alone(build):
    """Equal seeds give equal weights, other seeds others, and adding Dropout changes no weight."""
    plain = {"name": "mlp", "hidden_units": [5, 4]}
    first, again, other = build(plain), build(plain), build(plain, seed=1)
    with_dropout = build({**plain, "dropout": 0.5})
    for mine, same, dropped in zip(first.get_weights(), again.get_weights(), with_dropout.get_weights(), strict=True):
        assert mine.tobytes() == same.tobytes() == dropped.tobytes()
    assert first.get_weights()[0].tobytes() != other.get_weights()[0].tobytes()


def test_regularizers_are_keras_own(build):
    """`{l2: 0.1}` adds what Keras' L2 adds: 0.1 times the sum of squares."""
    section = {"name": "layers", "layers": [{"Dense": {"units": 3, "kernel_regularizer": {"l2": 0.1}}}]}
    model = build(section)
    kernel = model.layers[1].kernel.numpy()
    assert float(model.losses[0]) == pytest.approx(0.1 * (kernel**2).sum(), rel=1e-5)


def test_layers_that_do_not_fit_are_named(build):
    """The message names the layer, its place and the shape it met."""
    section = {"name": "layers", "layers": [{"Dense": {"units": 3}}, {"Conv2D": {"filters": 2, "kernel_size": 3}}]}
    with pytest.raises(ModelError, match=r"layer 2 \(Conv2D\) cannot be applied to an input of shape \(3,\)"):
        build(section)


USER_MODELS = """
import keras

def good(input_shape, num_classes, width):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(width, activation="relu"),
                             keras.layers.Dense(num_classes, activation="softmax")])

def unbuilt(input_shape, num_classes):
    return keras.Sequential([keras.layers.Dense(num_classes, activation="softmax")])

def number(input_shape, num_classes):
    return 3

def wide(input_shape, num_classes):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(num_classes + 4)])

def broken(input_shape, num_classes):
    return undefined_name
"""


@pytest.fixture
def user_file(tmp_path):
    (tmp_path / "own.py").write_text(USER_MODELS)


def user(function, **arguments):
    return {"name": "python", "function": f"own.py:{function}", "arguments": arguments}


def test_a_model_of_the_users_own(build, user_file):
    """The function gets shape, classes and its arguments; an unbuilt model is built; weights follow the seed."""
    model = build(user("good", width=7), classes=3)
    assert model.layers[0].units == 7
    assert build(user("unbuilt"), classes=3).output_shape == (None, 3)
    again, other = build(user("good", width=7), classes=3), build(user("good", width=7), classes=3, seed=1)
    assert again.get_weights()[0].tobytes() == model.get_weights()[0].tobytes()
    assert other.get_weights()[0].tobytes() != model.get_weights()[0].tobytes()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("number", "must return a keras.Model. Received: int"),
        ("wide", r"must return a model with outputs of shape \(3,\)"),
        ("broken", r"NameError: name 'undefined_name' is not defined\n.*own.py:18: return undefined_name"),
        ("absent", "has no function 'absent'. It defines: broken, good, number, unbuilt, wide"),
    ],
)
def test_wrong_models_are_refused_with_the_reason(build, user_file, function, expected):
    """What the user's function does wrong is told in a sentence, with the user's own line where there is one."""
    with pytest.raises(ModelError, match=expected):
        build(user(function), classes=3)


@pytest.mark.parametrize(
    ("section", "shape", "kernels"),
    [
        ({"name": "logistic"}, (6,), 1),
        ({"name": "mlp", "hidden_units": [5, 4]}, (6,), 3),
        ({"name": "cnn"}, (8, 8, 1), 4),
    ],
)
def test_l2_penalises_every_kernel(build, section, shape, kernels):
    """l2 times the sum of squares of all kernels, the output layer's included, no bias; none without it."""
    model = build({**section, "l2": 0.01}, shape=shape)
    found = [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")]
    assert len(found) == kernels
    expected = 0.01 * sum(float((kernel.astype("float64") ** 2).sum()) for kernel in found)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    assert build(section, shape=shape).losses == []
