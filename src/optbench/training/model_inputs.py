"""Inputs of a model that takes several: named parts of the one array in which the rows lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.records import InputPart


def model_inputs(x: Any, parts: Sequence[InputPart]) -> Any:
    """Return rows as a model takes them: by name, each part in its own type; the rows themselves without parts.

    Parameters
    ----------
    x : (n, ...) ndarray or tensor; with parts (n, columns of all of them) float32
    """
    if not parts:
        return x
    return {part.name: _typed(x[:, part.first : part.after], part.dtype) for part in parts}


def keras_inputs(input_shape: tuple[int, ...], *, vocabulary_size: int | None, parts: Sequence[InputPart]) -> Any:
    """Return the `keras.Input` of a model, or a dictionary of those of its parts."""
    import keras

    if parts:
        return {part.name: keras.Input((part.width,), dtype=part.dtype, name=part.name) for part in parts}
    return keras.Input(input_shape, dtype="float32" if vocabulary_size is None else "int32", name="input")


def _typed(x: Any, dtype: str) -> Any:
    if x.dtype == dtype:
        return x
    if isinstance(x, np.ndarray):
        return x.astype(dtype)
    import tensorflow as tf

    return tf.cast(x, dtype)
