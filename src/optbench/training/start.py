"""Bring TensorFlow and Keras into a process: quickly, quietly, and with every setting that changes bits pinned."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import TYPE_CHECKING

from optbench.core.collector import collector_at_rest
from optbench.core.interpreter import without_working_directory
from optbench.core.worded import worded
from optbench.errors import MachineError
from optbench.training.gpu_share import gpu_memory_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config import TrainingConfig

# Keras imports these only if it finds them, for wrappers and adapters that optbench does not use.
# Together they are nearly half of the import time.
_NOT_NEEDED = ("sklearn", "matplotlib", "pandas", "IPython", "torch", "jax")


# What a process needs before TensorFlow is imported, whatever the experiment says.
_FIXED: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,  # a user's keras.json would change the float type and the image format
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "OMP_NUM_THREADS": "1",
}
# Families of variables that change numbers (`KERAS_MAX_EPOCHS`, `TF_XLA_FLAGS`, `ONEDNN_DEFAULT_FPMATH_MODE`, ...).
# An experiment is all that decides, so of these a process gets those above and those of the machine below.
_DECIDED_BY_EXPERIMENT = ("KERAS_", "TF_", "OMP_", "KMP_", "ONEDNN_DEFAULT_", "DNNL_DEFAULT_")
_OF_THE_MACHINE = (
    *("TF_CPP_", "TF_GPU_", "TF_CUDA_", "TF_FORCE_GPU_ALLOW_GROWTH"),
    *(
        "KMP_DUPLICATE_LIB_OK",
        "KMP_INIT_AT_FORK",
    ),  # scikit-learn sets them where it is imported; no number depends on them
)


def required_variables(*, onednn: bool, device: str) -> Mapping[str, str]:
    """Return the environment variables a process needs before TensorFlow is imported.

    Thread counts are not among them: they are set in the process (`configure_process`), because runs with
    different counts may be forked from one process that has imported TensorFlow.
    """
    variables = {**_FIXED, "TF_ENABLE_ONEDNN_OPTS": "1" if onednn else "0"}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = ""
    return variables


def recorded_environment(inherited: Mapping[str, str], *, onednn: bool, device: str) -> dict[str, str]:
    """Return all environment variables of a process that trains, from those of the process that starts it.

    Every executor starts its processes with these and no others, the first time and whenever it has to again.
    """
    kept = {name: value for name, value in without_working_directory(inherited).items() if not is_left_out(name)}
    return {**kept, **required_variables(onednn=onednn, device=device)}


def is_left_out(variable: str) -> bool:
    """Return True for an environment variable that could change numbers and is not the experiment's to set."""
    return variable.startswith(_DECIDED_BY_EXPERIMENT) and not variable.startswith(_OF_THE_MACHINE)


def import_backend() -> None:
    """Import Keras with its TensorFlow backend, without the optional packages it would load in passing."""
    if "keras" in sys.modules:
        return
    with _hidden(_NOT_NEEDED), _silent_stderr(), collector_at_rest():
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
        if training.devices > 1:
            parts = [tf.config.LogicalDeviceConfiguration()] * training.devices
            tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    else:
        gpus = tf.config.list_physical_devices("GPU")
        require_gpus(training.devices, len(gpus))
        if (limit := gpu_memory_limit(os.environ)) is not None:
            for gpu in gpus[: training.devices]:
                share = tf.config.LogicalDeviceConfiguration(memory_limit=limit)
                tf.config.set_logical_device_configuration(gpu, [share])
    if training.op_determinism:
        # the seed is replaced by the run's own before anything is drawn; determinism requires that one is set
        tf.random.set_seed(0)
        tf.config.experimental.enable_op_determinism()


def require_gpus(wanted: int, found: int) -> None:
    """Require that there are as many GPUs as an experiment trains on."""
    if not found:
        raise MachineError(
            worded(
                "need-gpu",
                "training.device: gpu needs a GPU that TensorFlow can see. Received: a machine without one. Use cpu.",
            ),
            code="machine-gpu-missing",
        )
    if found < wanted:
        raise MachineError(
            worded(
                "need-gpus",
                "training.devices: {wanted} needs as many GPUs that TensorFlow can see. Received: {found}. "
                "Set training.devices to {found}, which is another experiment with a key of its own.",
                wanted=wanted,
                found=found,
            ),
            code="machine-gpus-missing",
        )


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
