"""The proof that what an experiment fixes is in force in this process: read back, before the first step.

A setting that was made is not one that holds: TensorFlow reads some variables once, while it is imported, a process may
have been started by something else than an executor, and code that runs when Python starts may change both. What is not
in force would change a run's last bits in silence, and the run would be skipped as finished ever after.
"""

from __future__ import annotations

import itertools
import os
import platform
import sys
from typing import TYPE_CHECKING

from optbench.training.engines.kind import Setting
from optbench.training.keras_internals import has_onednn, is_op_determinism_enabled
from optbench.training.start import is_left_out, required_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config import TrainingConfig


# Of what rewrites a graph nothing but this is set; the two others are what TensorFlow says of itself when it is asked.
_GRAPH_OPTIONS = {"arithmetic_optimization": False, "disable_model_pruning": False, "disable_meta_optimizer": False}


def variables_in_force() -> dict[str, str]:
    """Return the environment variables as libraries in C read them, which `os.environ` need not know of."""
    import ctypes

    try:
        pointers = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    except (OSError, ValueError):  # a system without such a table
        return dict(os.environ)
    entries = itertools.takewhile(lambda entry: entry is not None, (pointers[i] for i in itertools.count()))
    pairs = (os.fsdecode(entry).partition("=") for entry in entries)
    return {name: value for name, _, value in pairs}


def variable_settings(training: TrainingConfig, variables: Mapping[str, str]) -> Iterator[Setting]:
    """Yield the environment variables that must have a value, and those that must not be there."""
    required = required_variables(onednn=training.onednn, device=training.device)
    for name, value in required.items():
        yield Setting(name, value, variables.get(name))
    for name, value in variables.items():
        if is_left_out(name) and name not in required:
            yield Setting(name, None, value)


def process_settings(training: TrainingConfig) -> Iterator[Setting]:
    """Yield what Python, Keras and TensorFlow say of themselves; nothing is executed on a device for it."""
    import keras
    import tensorflow as tf

    yield Setting("randomised hashing", 0, sys.flags.hash_randomization)
    yield Setting("Keras' backend", "tensorflow", keras.config.backend())
    yield Setting("the float type", "float32", keras.config.floatx())
    yield Setting("Keras' epsilon", 1e-7, keras.config.epsilon())
    yield Setting("the image format", "channels_last", keras.config.image_data_format())
    yield Setting("the dtype policy", "float32", keras.config.dtype_policy().name)
    yield Setting("Keras' most epochs", None, keras.config.max_epochs())
    yield Setting("Keras' most steps", None, keras.config.max_steps_per_epoch())
    yield Setting(
        "threads within an operation", training.threads, tf.config.threading.get_intra_op_parallelism_threads()
    )
    yield Setting(
        "threads between operations", training.threads, tf.config.threading.get_inter_op_parallelism_threads()
    )
    yield Setting("op determinism", training.op_determinism, is_op_determinism_enabled())
    yield Setting("functions run eagerly", False, tf.config.functions_run_eagerly())
    yield Setting("automatic XLA", "", tf.config.optimizer.get_jit())
    options = tf.config.optimizer.get_experimental_options()
    yield Setting("graph rewriting", _GRAPH_OPTIONS, dict(options))
    yield Setting("a GPU in use", training.device == "gpu", bool(tf.config.get_visible_devices("GPU")))
    parts = tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0])
    on_cpu = training.devices if training.device == "cpu" else 1
    yield Setting("devices of the CPU", on_cpu, 1 if parts is None else len(parts))
    if _may_have_onednn():
        yield Setting("oneDNN", training.onednn, has_onednn())


def _may_have_onednn() -> bool:
    """Return True where TensorFlow's published builds have oneDNN; elsewhere the variable is all there is to prove."""
    return sys.platform == "linux" and platform.machine() == "x86_64"
