"""Weight decay held in a variable, so that runs which differ in it share a traced step.

Keras reads it as a number of Python's and casts it to the dtype of the weights; a float32 variable holds what that
gives, so the bits are the same. Momentum, betas and the like are calculated with in Python's precision before the cast
(`1 - beta_1`), which no variable can repeat: they stay part of the graph.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from optbench.training.optimizers import inner_optimizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

# Keras' optimizers whose weight decay is read in no other place than the one that is replaced here.
HOLDS_DECAY = frozenset(
    {"adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "nadam", "rmsprop", "sgd"}
)


def make_held_decay(optimizer: keras.optimizers.Optimizer, name: str) -> Any:
    """Return a variable with the weight decay of an optimizer, or None if it has none that can be held.

    Parameters
    ----------
    name : as in the experiment file
    """
    import tensorflow as tf

    decay = getattr(inner_optimizer(optimizer), "weight_decay", None)
    if decay is None or name.lower() not in HOLDS_DECAY:
        return None
    return tf.Variable(decay, dtype=tf.float32, trainable=False)


@contextlib.contextmanager
def held_decay(optimizer: keras.optimizers.Optimizer, variable: Any) -> Iterator[None]:
    """While a step is traced, let `optimizer` read its weight decay from `variable`, once a step; None changes nothing.

    Side effects: replaces the optimizer's `_apply_weight_decay` and puts it back.
    """
    import tensorflow as tf

    if variable is None:
        yield
        return
    inner = inner_optimizer(optimizer)
    original = inner._apply_weight_decay  # noqa: SLF001 - the contract test tells if Keras renames it

    def apply(variables: Any) -> None:
        number = inner.weight_decay
        vars(inner)["weight_decay"] = tf.convert_to_tensor(variable)
        try:
            original(variables)
        finally:
            vars(inner)["weight_decay"] = number

    vars(inner)["_apply_weight_decay"] = apply
    try:
        yield
    finally:
        del vars(inner)["_apply_weight_decay"]
