"""What only the training process can tell: of its software, and of the optimizer it has built."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.keras_api import snake_case
from optbench.catalog.optimizers import BESIDE, SHARED_ARGUMENTS
from optbench.training.keras_internals import is_decayed, rate_source
from optbench.training.optimizers import current_learning_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_NOT_ARGUMENTS = ("name", *BESIDE)
_MOST_NUMBERS = 100  # of an array in the user's own configuration


def software_facts() -> dict[str, Any]:
    """Return TensorFlow's build, the thread pools in force, oneDNN, precision and devices, as JSON values."""
    import keras
    import tensorflow as tf

    build = tf.sysconfig.get_build_info()
    return {
        "tensorflow": {
            "version": tf.__version__,
            "git_version": tf.version.GIT_VERSION,
            "compiler": tf.version.COMPILER_VERSION,
            "cuda_build": bool(build.get("is_cuda_build", False)),
        },
        "keras": {
            "version": keras.__version__,
            "backend": keras.backend.backend(),
            "floatx": keras.config.floatx(),
            "image_data_format": keras.config.image_data_format(),
            "dtype_policy": keras.config.dtype_policy().name,
        },
        "threads": {
            "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        },
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        "onednn_max_cpu_isa": os.environ.get("ONEDNN_MAX_CPU_ISA"),
        "op_determinism": bool(tf.config.experimental.is_op_determinism_enabled())
        if hasattr(tf.config.experimental, "is_op_determinism_enabled")
        else None,
        "devices": [device.device_type for device in tf.config.get_visible_devices()],
    }


def optimizer_facts(optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]) -> dict[str, Any]:
    """Return what a built optimizer is, read from the object, as JSON values.

    Parameters
    ----------
    variables : what it trains

    Returns
    -------
    dict
        `class`; `is_keras`, whether that is Keras' own class or the user's; `arguments`, by the names of Keras, a
        schedule as `{"schedule": name, argument: value, ...}`, a wrapper that scales the loss as `loss_scale`;
        `undecayed`, the paths of variables that weight decay leaves alone; `parts`, the same of the optimizers that a
        MultiOptimizer chooses among, which then has no arguments and no `undecayed` of its own
    """
    import keras

    # a wrapper of the user's own may have an `inner_optimizer` too: what it does with it is its own business
    is_scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    inner = optimizer.inner_optimizer if is_scaled else optimizer
    parts = inner.optimizers if isinstance(inner, keras.optimizers.MultiOptimizer) else []
    arguments = {} if parts else _arguments(inner)
    if is_scaled:
        wrapper = optimizer.get_config()
        arguments["loss_scale"] = {name: _plain(wrapper[name]) for name in ("initial_scale", "dynamic_growth_steps")}
    return {
        "class": type(inner).__name__,
        "is_keras": getattr(keras.optimizers, type(inner).__name__, None) is type(inner),
        "arguments": arguments,
        "undecayed": None if parts else [variable.path for variable in variables if not is_decayed(inner, variable)],
        "parts": [optimizer_facts(part, variables) for part in parts],
    }


def _arguments(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Return what the object says of itself; where a class of the user's is silent, what every optimizer has."""
    shared = {name: getattr(optimizer, name) for name in SHARED_ARGUMENTS if hasattr(optimizer, name)}
    try:
        own = dict(optimizer.get_config())
    except Exception:  # noqa: BLE001 - the user's own method may raise anything, and no run should fail over its record
        own = {}
    arguments = {name: _plain(value) for name, value in {**shared, **own}.items() if name not in _NOT_ARGUMENTS}
    return {**arguments, "learning_rate": _rate(optimizer)}


def _rate(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the learning rate as an experiment file writes it: a number, or a schedule; a function is one too."""
    import keras

    rate = rate_source(optimizer)
    if isinstance(rate, keras.Variable):
        value = current_learning_rate(optimizer)
        return value if math.isfinite(value) else None
    try:
        own = dict(rate.get_config())
    except Exception:  # noqa: BLE001 - a function has none, and the user's own class may raise anything
        own = {}
    arguments = {name: _plain(value) for name, value in own.items() if name != "name"}
    return {"schedule": snake_case(getattr(rate, "__name__", type(rate).__name__)), **arguments}


def _plain(value: Any) -> Any:
    """Return a JSON value; of an object that is none, the name of its class."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if hasattr(value, "numpy") or isinstance(value, np.generic | np.ndarray):
        return _plain(np.asarray(value).tolist()) if np.size(value) <= _MOST_NUMBERS else f"<{type(value).__name__}>"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # strict JSON has no such number
    return value if value is None or isinstance(value, bool | int | float | str) else f"<{type(value).__name__}>"
