"""What an experiment fixes is proved in the process that trains, and a process in which it does not hold refuses."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from optbench.errors import RunFailedError
from optbench.training.engines.kind import Setting, require_in_force
from optbench.training.in_force import process_settings, variable_settings, variables_in_force
from optbench.training.start import recorded_environment, required_variables

TRAINING = SimpleNamespace(threads=1, device="cpu", devices=1, op_determinism=True, onednn=True)
# of a shell whose owner has tried things out
EXPORTED = {
    "PATH": "/usr/bin",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "TF_NUM_INTRAOP_THREADS": "8",
    "TF_CPP_VMODULE": "x=1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "OMP_NUM_THREADS": "7",
    "OMP_DYNAMIC": "true",
    "KMP_AFFINITY": "none",
    "KMP_INIT_AT_FORK": "FALSE",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "PYTHONHASHSEED": "random",
}


def broken(settings) -> dict[str, object]:
    return {setting.name: setting.actual for setting in settings if not setting.holds}


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize("onednn", [True, False])
def test_the_recorded_environment_proves_itself_whatever_was_exported(onednn, device):
    """Of what changes numbers only the experiment decides; what tells of the machine stays."""
    variables = recorded_environment(EXPORTED, onednn=onednn, device=device)
    training = SimpleNamespace(**{**vars(TRAINING), "onednn": onednn, "device": device})
    assert broken(variable_settings(training, variables)) == {}
    assert {name: variables[name] for name in ("PATH", "TF_CPP_VMODULE", "TF_FORCE_GPU_ALLOW_GROWTH")} == {
        name: EXPORTED[name] for name in ("PATH", "TF_CPP_VMODULE", "TF_FORCE_GPU_ALLOW_GROWTH")
    }
    assert ("CUDA_VISIBLE_DEVICES" in variables) == (device == "cpu")


def test_every_exported_variable_that_changes_numbers_is_named():
    """A process that was started with them does not train."""
    names = broken(variable_settings(TRAINING, EXPORTED))
    harmless = {"PATH", "TF_CPP_VMODULE", "TF_FORCE_GPU_ALLOW_GROWTH", "KMP_INIT_AT_FORK"}
    assert set(names) == {*EXPORTED, *required_variables(onednn=True, device="cpu")} - harmless


def test_a_refusal_names_all_that_does_not_hold():
    """One sentence, with what it is and what it has to be."""
    with pytest.raises(RunFailedError, match=r"a is 2 instead of 1; b is None instead of 'x'\. Nothing was trained"):
        require_in_force([Setting("a", 1, 2), Setting("b", "x", None), Setting("c", 0, 0)])
    require_in_force([Setting("c", 0, 0)])


def test_what_tensorflow_and_keras_say_of_themselves():
    """This process is configured like a worker, but for the hash seed."""
    assert set(broken(process_settings(TRAINING))) <= {"randomised hashing"}


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"threads": 2}, "threads within an operation"),
        ({"threads": 2}, "threads between operations"),
        ({"op_determinism": False}, "op determinism"),
        ({"device": "gpu"}, "a GPU in use"),
        pytest.param(
            {"onednn": False}, "oneDNN", marks=pytest.mark.skipif(os.uname().machine != "x86_64", reason="no oneDNN")
        ),
    ],
)
def test_a_process_configured_for_another_experiment_does_not_pass(wrong, name):
    """Each of what can differ between experiments is read back."""
    training = SimpleNamespace(**{**vars(TRAINING), **wrong})
    assert name in broken(process_settings(training))


def test_variables_are_read_as_libraries_in_c_read_them():
    """`os.putenv` changes what TensorFlow reads, and `os.environ` does not know."""
    os.putenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    try:
        assert "TF_XLA_FLAGS" not in os.environ
        assert broken(variable_settings(TRAINING, variables_in_force()))["TF_XLA_FLAGS"] == "--tf_xla_auto_jit=2"
    finally:
        os.unsetenv("TF_XLA_FLAGS")


def test_any_option_of_the_graph_optimizer_is_seen():
    """One that was set before optbench set its own, such as lower precision."""
    import tensorflow as tf
    from tensorflow.python.eager import context

    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
    try:
        assert "graph rewriting" in broken(process_settings(TRAINING))
    finally:
        # set to False it would still be one that was set, and TensorFlow has no call that forgets it
        del context.context()._optimizer_experimental_options["auto_mixed_precision_onednn_bfloat16"]


@pytest.mark.parametrize(
    ("change", "restore", "name"),
    [
        (lambda keras: keras.config.set_floatx("float64"), lambda keras: keras.config.set_floatx("float32"), "float"),
        (lambda keras: keras.config.set_epsilon(1e-3), lambda keras: keras.config.set_epsilon(1e-7), "epsilon"),
        (
            lambda keras: keras.config.set_image_data_format("channels_first"),
            lambda keras: keras.config.set_image_data_format("channels_last"),
            "image format",
        ),
        (
            lambda keras: keras.config.set_dtype_policy("mixed_bfloat16"),
            lambda keras: keras.config.set_dtype_policy("float32"),
            "dtype policy",
        ),
    ],
)
def test_what_a_keras_configuration_file_could_change_is_read_back(change, restore, name):
    """A `keras.json` in the home directory sets these."""
    import keras

    change(keras)
    try:
        assert any(name in one for one in broken(process_settings(TRAINING)))
    finally:
        restore(keras)
