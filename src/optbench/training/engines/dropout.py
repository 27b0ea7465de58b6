"""Dropout with the numbers of Keras in fewer operations, and under XLA with the masks that Keras draws.

All dropout of Keras ends in `tf.nn.experimental.stateless_dropout`. Its gradient looks for axes to sum over, and there
are none; and under XLA it draws from another generator, in ten times the time of the rest of a small step.
"""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any

from optbench.training.engines.philox import uniform
from optbench.training.keras_internals import check_generator, dropout_replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def short_dropout(*, compiled: bool) -> Iterator[None]:
    """While a step is traced, let dropout be the operations of this file.

    Parameters
    ----------
    compiled : the step is traced for XLA

    Raises
    ------
    MachineError
        If Keras' dropout or TensorFlow's generator is not what this file takes it for.
    """
    import tensorflow as tf

    if compiled:
        _check_generator()

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def dropout(x: Any, *, rate: float, seed: Any, noise_shape: Any = None) -> Any:
            shape = tf.shape(x) if noise_shape is None else noise_shape
            if not compiled:
                return _dropped(x, rate, tf.random.stateless_uniform(shape, seed=seed, dtype=x.dtype))
            if x.dtype != tf.float32:  # which `uniform` cannot draw
                return original(x, rate=rate, seed=seed, noise_shape=noise_shape)
            return _dropped(x, rate, uniform(_known(x, noise_shape), seed))

        return dropout

    with dropout_replaced(make):
        yield


@cache
def _check_generator() -> None:
    import tensorflow as tf

    with tf.init_scope(), tf.device("CPU:0"):
        check_generator(uniform, tf)


def _known(x: Any, noise_shape: Any) -> list[int]:
    """Return the numbers of a noise shape, in which Keras has put a tensor where it is the length of `x`."""
    if not isinstance(noise_shape, list | tuple):
        return list(x.shape)
    return [mine if isinstance(mine, int) else int(length) for mine, length in zip(noise_shape, x.shape, strict=True)]


def _dropped(x: Any, rate: float, drawn: Any) -> Any:
    """Return x / (1 - rate) where `drawn` is at least `rate`, else 0; the gradient is the same of the gradient."""
    import tensorflow as tf

    kept = drawn >= tf.cast(rate, drawn.dtype)
    scale = tf.cast(1 / (1 - rate), x.dtype)
    zero = tf.zeros((), x.dtype)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def drop(values: Any) -> Any:
        return tf.where(kept, values * scale, zero), lambda gradient: tf.where(kept, gradient, zero) * scale

    return drop(x)
