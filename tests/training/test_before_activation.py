"""What a model computes before its last activation: of every end that Keras shows, with the weights of the moment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from optbench.errors import ModelError
from optbench.training.before_activation import before_activation, known_before_activation
from optbench.training.forward import ForwardPass

pytestmark = pytest.mark.tensorflow
X = np.linspace(-3, 3, 40, dtype=np.float32).reshape(10, 4)


def ends(units):
    """Models by the name of how they end."""
    import keras

    name = "sigmoid" if units == 1 else "softmax"
    layers, x = keras.layers, keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh")(x)
    plain = layers.Dense(units)(hidden)
    made = {
        "dense": keras.Model(x, layers.Dense(units, activation=name, kernel_regularizer="l2")(hidden)),
        "activation": keras.Model(x, layers.Activation(name)(plain)),
        "operation": keras.Model(x, getattr(keras.ops, name)(plain)),
        "sequential": keras.Sequential(
            [keras.Input((4,)), layers.Dense(5, activation="relu"), layers.Dense(units, activation=name)]
        ),
        "several inputs": _of_two_inputs(layers, units, name),
    }
    return {**made, **({} if units == 1 else {"softmax layer": keras.Model(x, layers.Softmax()(plain))})}


def _of_two_inputs(layers, units, name):
    import keras

    inputs = {"a": keras.Input((4,), name="a"), "b": keras.Input((4,), name="b")}
    return keras.Model(inputs, layers.Dense(units, activation=name)(layers.Concatenate()(list(inputs.values()))))


@pytest.mark.parametrize("units", [1, 3])
def test_the_activation_of_logits_is_what_the_model_says(units):
    """Of every end, also after the model has got other weights; nothing is drawn for the copy of the last layer."""
    import keras

    activation = expit if units == 1 else lambda logits: softmax(logits, axis=1)
    for name, model in ends(units).items():
        keras.utils.set_random_seed(3)
        before = before_activation(model)
        drawn = keras.random.uniform((3,))
        keras.utils.set_random_seed(3)
        assert np.array_equal(drawn, keras.random.uniform((3,))), name
        is_one = name != "several inputs"
        given = X if is_one else {"a": X, "b": X[::-1]}
        forward = ForwardPass(before.model)  # traced once, as in a process that trains run after run
        for factor in (1.0, 40.0):
            model.set_weights([factor * each for each in model.get_weights()])
            before.refresh()
            found = forward.outputs(X) if is_one else before.model(given, training=False)
            logits = np.asarray(found, dtype=np.float64)
            assert activation(logits) == pytest.approx(np.asarray(model(given, training=False)), abs=2e-6), name


def test_other_ends_are_not_known():
    """Another activation, a softmax over rows, two outputs, a layer or model of the user's own: None, and no error."""
    import keras

    layers, x = keras.layers, keras.Input((4,))
    hidden = layers.Dense(5)(x)

    class Own(layers.Dense):
        pass

    class Called(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(1, activation="sigmoid")

        def call(self, inputs):
            return self.last(inputs)

    class Turned(keras.Model):  # it has a graph, and answers otherwise
        def call(self, inputs):
            return 1 - super().call(inputs)

    called = Called()
    called(X)
    others = [
        called,
        Turned(x, layers.Dense(1, activation="sigmoid")(hidden)),
        keras.Model(x, Own(1, activation="sigmoid")(hidden)),
        keras.Model(x, layers.Dense(1, activation="hard_sigmoid")(hidden)),
        keras.Model(x, layers.Dense(3, activation="sigmoid")(hidden)),
        keras.Model(x, layers.Softmax(axis=0)(hidden)),
        keras.Model(x, [layers.Dense(1, activation="sigmoid")(hidden), hidden]),
        keras.Model(x, layers.Rescaling(1.0)(layers.Dense(1, activation="sigmoid")(hidden))),
    ]
    assert [before_activation(model) for model in others] == [None] * len(others)
    with pytest.raises(ModelError, match="the model of r must end with the sigmoid or softmax that it had"):
        known_before_activation(called, shown="the model of r")
