"""TensorFlow's counter-based generator written out in elementwise operations, for XLA, which has another one.

TensorFlow's kernel for stateless random numbers on the CPU is Philox. XLA would draw another stream; written out, it is
the same, and costs half a small step for two layers.

References
----------
Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, section 3.3 (Philox-4x32-10).
"""

from __future__ import annotations

import math
from typing import Any

_ROUNDS = 10
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_SCRAMBLE = (0x3EC8F720, 0x02461E29)  # the key with which TensorFlow makes key and counter from a seed


def uniform(shape: Any, seed: Any) -> Any:
    """Return what `tf.random.stateless_uniform(shape, seed)` returns on the CPU, bit for bit.

    Parameters
    ----------
    shape : fully known
    seed : (2,) int32

    Returns
    -------
    tensor of `shape`, float32 in [0, 1)
    """
    import tensorflow as tf

    size = math.prod(shape)
    key, high = _key_and_counter(tf.cast(seed, tf.int64))
    groups = -(-size // 4)
    low = tf.range(groups, dtype=tf.int32)
    zeros = tf.zeros((groups,), tf.uint32)
    words = _philox((tf.cast(low, tf.uint32), zeros, zeros + high[0], zeros + high[1]), key)
    bits = tf.reshape(tf.stack(words, axis=1), (-1,))[:size]
    # the upper bits of a float in [1, 2)
    ones = tf.bitwise.bitwise_or(tf.bitwise.bitwise_and(bits, tf.constant(0x7FFFFF, tf.uint32)), 127 << 23)
    return tf.reshape(tf.bitcast(ones, tf.float32) - 1, shape)


def _key_and_counter(seed: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return key and upper half of the counter that TensorFlow makes from a seed; the lower half is 0."""
    import tensorflow as tf

    words = [tf.cast(part, tf.uint32) for value in (seed[0], seed[1]) for part in (value, _high_word(value))]
    key = tuple(tf.constant(word, tf.uint32) for word in _SCRAMBLE)
    mixed = _philox(tuple(words), key)
    return (mixed[0], mixed[1]), (mixed[2], mixed[3])


def _high_word(value: Any) -> Any:
    import tensorflow as tf

    return tf.bitwise.right_shift(value, tf.constant(32, tf.int64))


def _philox(counter: tuple[Any, ...], key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the four words of Philox-4x32-10, each of the counter's shape.

    The rounds are a loop, not a chain: each round uses both results of the one before twice, and where XLA merges a
    chain into one kernel it computes them anew at each use, 2 ** 10 times (900 us a step instead of 10 to 14).
    """
    import tensorflow as tf

    beside = [1] * counter[0].shape.rank
    factors = tf.reshape(tf.constant(_MULTIPLIERS, tf.uint64), [2, *beside])
    weyl = tf.constant(_WEYL, tf.uint32)

    def round_(i: Any, even: Any, odd: Any, key: Any) -> tuple[Any, ...]:
        product = tf.cast(even, tf.uint64) * factors
        high = tf.cast(tf.bitwise.right_shift(product, tf.constant(32, tf.uint64)), tf.uint32)
        mixed = tf.bitwise.bitwise_xor(tf.reverse(high, [0]), odd)
        mixed = tf.bitwise.bitwise_xor(mixed, tf.reshape(key, [2, *beside]))
        return i + 1, mixed, tf.reverse(tf.cast(product, tf.uint32), [0]), key + weyl

    start = (tf.constant(0), tf.stack(counter[::2]), tf.stack(counter[1::2]), tf.stack(key))
    _, even, odd, _ = tf.while_loop(lambda i, *_: i < _ROUNDS, round_, start)
    return even[0], odd[0], even[1], odd[1]
