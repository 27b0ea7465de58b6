"""Bring TensorFlow and Keras into a process: quickly, quietly, and with every setting that changes bits pinned."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING

from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config import TrainingConfig

# Keras imports these only if it finds them, for wrappers and adapters that optbench does not use.
# Together they are nearly half of the import time.
_NOT_NEEDED = ("sklearn", "matplotlib", "pandas", "IPython", "torch", "jax")


def worker_environment(*, onednn: bool, device: str) -> Mapping[str, str]:
    """Return the environment variables a process needs before TensorFlow is imported.

    Thread counts are not among them: they are set in the process (`configure_process`), because runs with
    different counts may be forked from one process that has imported TensorFlow.
    """
    variables = {
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": os.devnull,  # a user's keras.json would change floatx and image format
        "TF_ENABLE_ONEDNN_OPTS": "1" if onednn else "0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
    }
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = ""
    return variables


def import_backend() -> None:
    """Import Keras with its TensorFlow backend, without the optional packages it would load in passing."""
    if "keras" in sys.modules:
        return
    with _hidden(_NOT_NEEDED), _silent_stderr(), _no_garbage_collection():
        importlib.import_module("keras")


def configure_process(training: TrainingConfig) -> None:
    """Pin threads, devices and op determinism; must run before the first operation of the process.

    Raises
    ------
    MachineError
        If a GPU is asked for and there is none.

    Side effects: process-wide TensorFlow settings, never taken back (there is no public way).
    """
    import_backend()
    import tensorflow as tf

    if not isinstance(training.threads, int):
        raise TypeError(f"threads must be resolved to a number. Received: {training.threads!r}.")
    tf.config.threading.set_intra_op_parallelism_threads(training.threads)
    tf.config.threading.set_inter_op_parallelism_threads(training.threads)
    # TensorFlow would regroup sums, such as the gradients that meet at a residual connection, by what stands in the
    # graph around them: two engines would differ in the last bits. Not regrouped, they are added in Keras' order.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    if training.device == "cpu":
        with _silent_stderr():  # probing for CUDA is reported as an error on machines without it
            tf.config.set_visible_devices([], "GPU")
    elif not tf.config.list_physical_devices("GPU"):
        raise MachineError(
            "training.device: gpu needs a GPU that TensorFlow can see. Received: a machine without one. Use cpu."
        )
    if training.op_determinism:
        # the seed is replaced by the run's own before anything is drawn; determinism requires that one is set
        tf.random.set_seed(0)
        tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    # a None entry makes `import name` fail at once; what is loaded already is left alone
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    # what modules define stays; looking through it again and again takes a sixth of the import
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    # TensorFlow's C++ side greets on file descriptor 2 before its log level applies
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(nowhere)
        os.close(saved)
