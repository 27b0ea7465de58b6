"""Attributes of Keras and TensorFlow that are another thing while a block of code runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from optbench.training.keras_internals.access import imported, replaced
from optbench.training.keras_internals.assumed import WAITING, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras


@contextlib.contextmanager
def dropout_replaced(make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """Let all dropout of Keras be another function in this block.

    Parameters
    ----------
    make : given TensorFlow's function, returns `f(x, *, rate, seed, noise_shape=None)`
    """
    import tensorflow as tf

    checked()
    owner = tf.nn.experimental
    with replaced(owner, "stateless_dropout", make(owner.stateless_dropout)):
        yield


@contextlib.contextmanager
def shared_reads(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """While a step is traced, let an optimizer update all weights with one reading of its step counter and rate.

    Keras' optimizers compute their bias corrections for each weight anew, from variables; TensorFlow merges equal
    operations, but not reads of a variable. Read once, all that follows from them is merged: the same operations on
    the same numbers, so the same bits, and 13 % less time for a step of Adam.

    Of a wrapper, which hands its gradients on to other optimizers, the replaced method is not called.
    """
    import tensorflow as tf

    checked()
    original, counter = optimizer._backend_update_step, optimizer._iterations

    def update(gradients: Any, variables: Any, learning_rate: Any) -> None:
        with replaced(optimizer, "_iterations", tf.convert_to_tensor(counter)):
            original(gradients, variables, tf.convert_to_tensor(learning_rate))

    with replaced(optimizer, "_backend_update_step", update):
        yield


@contextlib.contextmanager
def decay_read_from(optimizer: keras.optimizers.Optimizer, variable: Any) -> Iterator[None]:
    """While a step is traced, let an optimizer read its weight decay from a variable, once a step.

    Parameters
    ----------
    optimizer : one whose decay is read in `_apply_weight_decay` and nowhere else; no wrapper
    variable : float32
    """
    import tensorflow as tf

    checked()
    original = optimizer._apply_weight_decay

    def apply(variables: Any) -> None:
        with replaced(optimizer, "weight_decay", tf.convert_to_tensor(variable)):
            original(variables)

    with replaced(optimizer, "_apply_weight_decay", apply):
        yield


@contextlib.contextmanager
def gradients_summed_before(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """While a step over several devices is traced, let an optimizer take gradients as the sums over the devices.

    By itself it adds those of the devices up, but only after it has clipped each.
    """
    checked()
    with replaced(optimizer, "_all_reduce_sum_gradients", list):
        yield


@contextlib.contextmanager
def weights_kept(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Hold back what `fit` does at its end: with EMA it would overwrite the weights after every epoch."""
    checked()
    with replaced(optimizer, "finalize_variable_values", lambda _variables: None):
        yield


@contextlib.contextmanager
def global_seed_kept() -> Iterator[None]:
    """Leave TensorFlow's global seed alone in this block, whatever sets it.

    Setting it drops what TensorFlow has prepared for the process, and the next step of another model would optimize its
    graphs again, within its training time. Keras' layers draw their seeds from Python's generator, not from it.
    """
    import tensorflow as tf

    checked()
    with replaced(tf.random, "set_seed", lambda _seed: None):
        yield


def wrap_train_step(model: keras.Model, around: Callable[..., Any]) -> None:
    """Let `fit` call `around(train_step, data)` in the place of the model's `train_step(data)`, from now on."""
    checked()
    original = model.train_step
    model.train_step = lambda data: around(original, data)


@contextlib.contextmanager
def saved_uncompiled(model: keras.Model) -> Iterator[None]:
    """Let a model be saved in this block without its optimizer and loss."""
    checked()
    compiled = model.compiled
    model.compiled = False
    try:
        yield
    finally:
        model.compiled = compiled


@contextlib.contextmanager
def variables_only_named() -> Iterator[list[keras.Variable]]:
    """Let layers say in this block which variables they would make, and make none.

    Returns
    -------
    list of keras.Variable
        It grows as layers are built; they have shape and dtype and no value, and never get one.
    """
    import keras

    checked()
    state = imported("keras.src.backend.common", "global_state")
    named: list[keras.Variable] = []
    before = state.get_global_attribute(WAITING, [])
    state.set_global_attribute(WAITING, named)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield named
    finally:
        state.set_global_attribute(WAITING, before)
