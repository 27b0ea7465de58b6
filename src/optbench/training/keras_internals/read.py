"""Attributes and texts of Keras and TensorFlow that are read, or set for good."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from optbench.training.keras_internals.access import imported, replaced
from optbench.training.keras_internals.assumed import (
    CALLING,
    DETERMINISM,
    LOADING,
    ONEDNN,
    OPERATIONS,
    checked,
    is_of_keras,
)
from optbench.training.keras_internals.declared import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


def steps_taken(optimizer: keras.optimizers.Optimizer) -> int:
    """Return how many batches an optimizer has seen; its public `iterations` counts updates of the weights."""
    checked()
    return int(optimizer._iterations)


def rate_source(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return where an optimizer has its learning rate from: a variable, a schedule or a function."""
    checked()
    return optimizer._learning_rate


def state_weight_decay(optimizer: keras.optimizers.Optimizer, decay: float) -> None:
    """Let an optimizer say that it decays weights by `decay`, for the archive of the model; no traced step reads it."""
    checked()
    optimizer.weight_decay = decay


def is_decayed(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> bool:
    """Return whether an optimizer, if it decays weights, decays this one; leaves no trace in its cache."""
    checked()
    with replaced(optimizer, "_exclude_from_weight_decay_cache", {}):
        return bool(optimizer._use_weight_decay(variable.value))


def tensors_of(operation: keras.Operation) -> list[keras.KerasTensor]:
    """Return what goes into and comes out of a layer of a graph, wherever in the graph it is called."""
    checked()
    nodes = operation._inbound_nodes
    return [tensor for node in nodes for tensor in (*node.input_tensors, *node.output_tensors)]


def last_operation(model: keras.Model) -> Any:
    """Return the layer or operation that makes the only output, (n, units), of a graph of layers; None without one."""
    import keras

    checked()
    outputs: Sequence[Any] = getattr(model, "outputs", None) or ()
    # a class that computes in its own way can have a graph all the same, and never go by it
    if len(outputs) != 1 or len(outputs[0].shape) != 2 or not is_of_keras(type(model).call):  # noqa: PLR2004
        return None
    made_of: Sequence[Any] = model.layers if isinstance(model, keras.Sequential) else getattr(model, "operations", ())
    last = made_of[-1] if made_of else None
    return last if getattr(last, "output", None) is outputs[0] else None


def is_activation_alone(last: Any, units: int) -> bool:
    """Return True for a softmax layer, and for `keras.ops.sigmoid` and `softmax`, which are no layers.

    Parameters
    ----------
    units : 1 asks for a sigmoid, more for a softmax over them
    """
    import keras

    checked()
    operation = imported(OPERATIONS, "Sigmoid" if units == 1 else "Softmax")
    known = (operation,) if units == 1 else (operation, keras.layers.Softmax)
    return type(last) in known and getattr(last, "axis", -1) in (-1, 1)


def reason_behind(error: BaseException) -> str:
    """Return what Keras gives as the reason why it cannot load something, on one line.

    Before it Keras repeats the whole configuration; what does not do so is returned as it is.
    """
    checked()
    return " ".join(str(error).rpartition(LOADING)[2].split())


def lines_behind(error: BaseException) -> list[str]:
    """Return what Keras says of a call that failed, line by line, without the first: where it happened."""
    checked()
    lines = [line for line in map(str.strip, _COLOUR.sub("", str(error)).splitlines()) if line]
    return lines[1:] if len(lines) > 1 and lines[0].startswith(CALLING) else lines


def is_op_determinism_enabled() -> bool:
    """Return whether TensorFlow's operations are deterministic in this process.

    Nothing but the name is checked for it: it is asked before the first step of a process, when nothing may run yet.
    """
    import keras
    import tensorflow as tf

    require([DETERMINISM], keras, tf)
    return bool(imported("tensorflow.python.framework.config", "is_op_determinism_enabled")())


def has_onednn() -> bool:
    """Return whether TensorFlow uses oneDNN in this process, whatever its variable says; checked like the above."""
    import keras
    import tensorflow as tf

    require([ONEDNN], keras, tf)
    return bool(imported("tensorflow.python.util._pywrap_util_port", "IsMklEnabled")())


def array_of(variable: keras.Variable) -> NDArray[Any]:
    """Return a copy of a variable's value, in a third of the time that NumPy takes to ask Keras for it."""
    checked()
    copied: NDArray[Any] = variable.value.value().numpy()
    return copied
