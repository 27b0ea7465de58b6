"""Philox written out draws what TensorFlow draws."""

from __future__ import annotations

import pytest

from optbench.training.engines.philox import uniform

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
