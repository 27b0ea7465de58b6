"""Dropout under XLA draws what Keras draws without it."""

from __future__ import annotations

import pytest

from optbench.training.engines.philox import dropout_of_keras, uniform

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("shape", [(32, 64), (5, 7), (3,), (2, 3, 5)])
def test_uniform_has_the_bits_of_tensorflow(shape):
    """Compiled or not, for seeds from all of int32."""
    import tensorflow as tf

    compiled = tf.function(lambda seed: uniform(shape, seed), jit_compile=True)
    for pair in ((0, 0), (5, 17), (-3, 2**31 - 1), (-(2**31), 1)):
        seed = tf.constant(pair, tf.int32)
        expected = tf.random.stateless_uniform(shape, seed=seed).numpy()
        assert uniform(shape, seed).numpy().tobytes() == expected.tobytes()
        assert compiled(seed).numpy().tobytes() == expected.tobytes()


def test_compiled_dropout_is_that_of_keras():
    """The layer's mask and its counter go on as without XLA; TensorFlow's function is put back."""
    import keras
    import tensorflow as tf

    original = tf.nn.experimental.stateless_dropout
    x = tf.ones((16, 10))
    plain, compiled = (keras.layers.Dropout(0.3, seed=11) for _ in range(2))
    function = tf.function(lambda x: compiled(x, training=True), jit_compile=True)
    with dropout_of_keras():
        function = function.get_concrete_function(x)
    assert tf.nn.experimental.stateless_dropout is original
    for _ in range(3):
        assert (function(x).numpy() == plain(x, training=True).numpy()).all()
