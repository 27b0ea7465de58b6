"""The proof that what an experiment fixes is in force in this process: read back, before the first step.

A setting that was made is not one that holds: TensorFlow reads some variables once, while it is imported, a process may
have been started by something else than an executor, and code that runs when Python starts may change both. What is not
in force would change a run's last bits in silence, and the run would be skipped as finished ever after.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.errors import RunFailedError
from optbench.training.keras_internals import has_onednn, is_op_determinism_enabled
from optbench.training.start import is_left_out, required_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from optbench.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that an experiment fixes.

    Attributes
    ----------
    name : an environment variable, or words
    required, actual : what it has to be, and what it is in this process
    """

    name: str
    required: Any
    actual: Any

    @property
    def holds(self) -> bool:
        """True if it is what it has to be."""
        return bool(self.required == self.actual)


def prove_in_force(training: TrainingConfig) -> None:
    """Prove that this process is as an experiment fixes it; called after `configure_process`, before anything is built.

    Raises
    ------
    RunFailedError
        If something that the experiment fixes is not in force; nothing has been computed.
    """
    require_in_force([*variable_settings(training, os.environ), *process_settings(training)])


def require_in_force(settings: Iterable[Setting]) -> None:
    """Refuse to train unless every setting holds.

    Raises
    ------
    RunFailedError
        With all that do not.
    """
    broken = [f"{s.name} is {s.actual!r} instead of {s.required!r}" for s in settings if not s.holds]
    if broken:
        raise RunFailedError(
            f"a process that trains must have in force what the experiment fixes. Received: {'; '.join(broken)}. "
            "Nothing was trained in it. Give the command again; if this stays, something that runs when Python starts "
            "(sitecustomize, a wrapper) changes it."
        )


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
    rewriting = tf.config.optimizer.get_experimental_options().get("arithmetic_optimization", True)
    yield Setting("regrouping of sums", False, rewriting)
    yield Setting("a GPU in use", training.device == "gpu", bool(tf.config.get_visible_devices("GPU")))
    if _may_have_onednn():
        yield Setting("oneDNN", training.onednn, has_onednn())


def _may_have_onednn() -> bool:
    """Return True where TensorFlow's published builds have oneDNN; elsewhere the variable is all there is to prove."""
    return sys.platform == "linux" and platform.machine() == "x86_64"
