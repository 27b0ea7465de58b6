"""Everything that training changes, as named arrays: weights, dropout counters, optimizer slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.errors import StorageError
from optbench.training.engines.interface import MODEL, OPTIMIZER
from optbench.training.keras_internals import array_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    from numpy.typing import NDArray

    from optbench.training.engines.interface import Arrays


def model_arrays(model: keras.Model) -> Arrays:
    """Return every variable of the model, seed generators and moving statistics included.

    Names are numbers in Keras' order: its own names depend on what the process built before.
    """
    return {f"{MODEL}{i:05d}": array_of(variable) for i, variable in enumerate(model.variables)}


def optimizer_arrays(model: keras.Model) -> Arrays:
    """Return every variable of the optimizer: iterations, learning rate, slots, averages, accumulators."""
    return {f"{OPTIMIZER}{i:05d}": array_of(variable) for i, variable in enumerate(model.optimizer.variables)}


def load_arrays(model: keras.Model, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Assign arrays made by `model_arrays` and `optimizer_arrays` back.

    Raises
    ------
    StorageError
        If a variable is missing or its shape or dtype differs: the arrays belong to another experiment.
    """
    for prefix, variables in (("model", model.variables), ("optimizer", model.optimizer.variables)):
        found = sorted(name for name in arrays if name.startswith(prefix + "/"))
        if prefix == "optimizer" and not found:
            continue
        if len(found) != len(variables):
            raise StorageError(
                f"a checkpoint must hold {len(variables)} {prefix} variables. Received: {len(found)}.",
                code="storage-checkpoint-foreign",
            )
        for name, variable in zip(found, variables, strict=True):
            array = arrays[name]
            if tuple(variable.shape) != array.shape or variable.dtype != array.dtype.name:
                raise StorageError(
                    f"{name} must be {variable.dtype} {tuple(variable.shape)}. Received: {array.dtype} {array.shape}.",
                    code="storage-checkpoint-foreign",
                )
            variable.assign(array)


def all_finite(arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Return True if no floating-point array holds NaN or infinity."""
    return all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f")
