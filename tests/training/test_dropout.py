"""Dropout in fewer operations is the dropout of Keras, bit for bit, compiled or not."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.training.engines.dropout import short_dropout

pytestmark = pytest.mark.tensorflow

LAYERS = {
    "dropout": (lambda keras: keras.layers.Dropout(0.3, seed=11), (16, 10)),
    "spatial": (lambda keras: keras.layers.SpatialDropout1D(0.5, seed=3), (4, 5, 6)),
    "noise shape": (lambda keras: keras.layers.Dropout(0.2, noise_shape=(None, 1), seed=5), (16, 10)),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("case", LAYERS)
def test_masks_and_gradients_are_those_of_keras(case, compiled):
    """Three calls in a row: outputs, gradients and counters; TensorFlow's own function is put back."""
    import keras
    import tensorflow as tf

    make, shape = LAYERS[case]
    x = tf.constant(np.random.Generator(np.random.Philox(1)).normal(size=shape), tf.float32)
    original = tf.nn.experimental.stateless_dropout

    def of(layer):
        def call(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, training=True)
                loss = tf.reduce_sum(y * y)
            return y, tape.gradient(loss, x)

        return call

    plain = tf.function(of(make(keras)))
    with short_dropout(compiled=compiled):
        ours = tf.function(of(make(keras)), jit_compile=compiled).get_concrete_function(x)
    assert tf.nn.experimental.stateless_dropout is original
    for _ in range(3):
        for mine, keras_value in zip(ours(x), plain(x), strict=True):
            assert mine.numpy().tobytes() == keras_value.numpy().tobytes()
