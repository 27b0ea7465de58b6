"""Layers described as data, applied to a tensor; each constructed right after seeding with a number of its own."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from optbench.config import INPUT, OPERATION, LayerSpec
from optbench.errors import ModelError
from optbench.random_streams import component_seed
from optbench.training.keras_internals import lines_behind

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAKE_A_LIST = ("Add", "Concatenate")
_OPERATION = re.compile(r"\{\{.*?\}\}|\[Op:.*")
# what is said of pooling and convolutions that are wider than their input
_TOO_SMALL = ("Negative dimension size", "output size would be zero or negative")


def apply_specs(inputs: Any, specs: Sequence[LayerSpec], *, seed: int, prefix: str = "", setting: str = "") -> Any:
    """Apply layers to the model's input and return the output of the last; what it was given if there is none.

    Parameters
    ----------
    inputs : a tensor, or a list of those of a model of several inputs
    prefix : what the layers' names begin with; another one draws from other streams
    setting : the list of the experiment file that holds the layers one by one, for messages; "" if there is none

    Raises
    ------
    ModelError
        If a layer cannot be applied to what it stands behind.
    """
    import keras
    import tensorflow as tf

    given = inputs if isinstance(inputs, list) else [inputs]
    counts: Counter[str] = Counter()
    outputs: list[Any] = []
    for position, spec in enumerate(specs):
        number = counts[spec.class_name]
        counts[spec.class_name] += 1
        keras.utils.set_random_seed(component_seed(seed, "layer", prefix + spec.class_name, number))
        behind = spec.inputs or (position - 1,)
        tensors = [given[INPUT - source] if source <= INPUT else outputs[source] for source in behind]
        try:
            outputs.append(_applied(spec, tensors, name=f"{prefix}{spec.class_name.lower()}_{number}"))
        except (ValueError, TypeError, AttributeError, IndexError, tf.errors.InvalidArgumentError) as exception:
            reason = _reason(exception)
            if setting:
                raise ModelError(
                    refusal(f"{setting}[{position}]", spec.class_name, reason), code="model-layer-refused"
                ) from exception
            raise ModelError(
                f"layer {position + 1} ({spec.class_name}) cannot be applied to an input of shape "
                f"{tuple(tensors[0].shape[1:])}: {reason}"
                + (f" Received: {dict(spec.arguments)}." if spec.arguments else ""),
                code="model-layer-unfit",
            ) from exception
    return outputs[-1] if outputs else inputs


def _reason(exception: Exception) -> str:
    """Return what Keras means: behind its line on where the exception was met, without colours and operations."""
    lines = (_OPERATION.sub("", line).strip() for line in lines_behind(exception))
    reason = next(filter(None, lines), "")
    if any(words in reason for words in _TOO_SMALL):
        reason = (
            "the input has become too small for it. Take fewer stages (a shorter model.filters), or larger examples "
            "(dataset.size, for a folder of images)."
        )
    return reason


def refusal(place: str, class_name: str, reason: str) -> str:
    """Return what Keras says against a layer, its first sentence alone, with the place in the experiment file."""
    sentence = re.split(r"(?<=[.!?])\s", reason.strip(), maxsplit=1)[0]
    return f"{place} ({class_name}): {sentence}"


def _applied(spec: LayerSpec, tensors: list[Any], *, name: str) -> Any:
    import keras

    if spec.class_name.startswith(OPERATION):
        return getattr(keras.ops, spec.class_name.removeprefix(OPERATION))(*tensors, **spec.arguments)
    # a name of our own: Keras' counters depend on what the process built before
    layer = make_layer(spec, name=name)
    return layer(tensors) if spec.class_name in _TAKE_A_LIST else layer(*tensors)


def make_layer(spec: LayerSpec, *, name: str) -> Any:
    """Return the Keras layer of a spec, not yet applied to anything."""
    import keras

    arguments = {key: _keras_value(value, name=f"{name}_{key}") for key, value in spec.arguments.items()}
    return getattr(keras.layers, spec.class_name)(name=name, **arguments)


def _keras_value(value: Any, *, name: str) -> Any:
    """Return a layer for a spec, Keras' regularizer for `{l1: ..., l2: ...}`, other values as they are."""
    import keras

    if isinstance(value, LayerSpec):
        return make_layer(value, name=name)
    return keras.regularizers.L1L2(**value) if isinstance(value, dict) else value
