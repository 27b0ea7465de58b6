"""Weight decay held in a variable, so that runs which differ in it share a traced step.

Keras reads it as a number of Python's and casts it to the dtype of the weights; a float32 variable holds what that
gives, so the bits are the same. Momentum, betas and the like are calculated with in Python's precision before the cast
(`1 - beta_1`), which no variable can repeat: they stay part of the graph.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from optbench.catalog.optimizers import optimizer_facts
from optbench.training.keras_internals import decay_read_from
from optbench.training.optimizers import inner_optimizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras

    from optbench.config import ExperimentConfig


def held_number(config: ExperimentConfig) -> float | None:
    """Return the weight decay of an experiment if it is one that a variable holds, else None."""
    decay = config.optimizer.arguments.get("weight_decay")
    is_held = optimizer_facts(config.optimizer.name).holds_decay and config.training.engine != "keras"
    return decay if is_held and isinstance(decay, float) else None


def make_held_decay(config: ExperimentConfig) -> Any:
    """Return a variable with the weight decay of an experiment, or None if it has none that is held."""
    import tensorflow as tf

    decay = held_number(config)
    return None if decay is None else tf.Variable(decay, dtype=tf.float32, trainable=False)


@contextlib.contextmanager
def held_decay(optimizer: keras.optimizers.Optimizer, variable: Any) -> Iterator[None]:
    """While a step is traced, let `optimizer` read its weight decay from `variable`; None changes nothing."""
    if variable is None:
        yield
        return
    with decay_read_from(inner_optimizer(optimizer), variable):
        yield
