"""The table of what Keras takes is what the installed Keras takes."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import pytest

from optbench.catalog import keras_api

TOOL = Path(__file__).resolve().parents[2] / "tools" / "write_keras_api.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("write_keras_api", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_the_committed_table_is_the_installed_keras(tool):
    """The file is what the tool writes; write it again with `python tools/write_keras_api.py`."""
    assert tool.TABLE.read_text() == tool.table_text(tool.keras_table())


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_what_is_left_out_exists(tool):
    """No reason is given for a name that Keras does not have."""
    import keras

    assert [name for name in keras_api.optimizers_left_out() if not hasattr(keras.optimizers, name)] == []
    assert [name for name in keras_api.layers_left_out() if not hasattr(keras.layers, name)] == []
    assert [name for name in tool.SCHEDULES_LEFT_OUT if not hasattr(keras.optimizers.schedules, name)] == []


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_every_class_is_in_the_table_or_left_out(tool):
    """Each public optimizer, schedule and layer of Keras can be named or says why not."""
    import keras

    told = {
        keras.optimizers: {*keras_api.optimizer_signatures(), *keras_api.optimizers_left_out()},
        keras.optimizers.schedules: {*keras_api.schedule_signatures(), *tool.SCHEDULES_LEFT_OUT},
        keras.layers: {*keras_api.layer_signatures(), *keras_api.layers_left_out()},
    }
    for module, names in told.items():
        # a class may be there under two names
        public = {name: value.__name__ for name, value in vars(module).items() if isinstance(value, type)}
        assert [name for name, other in public.items() if not {name, other} & names] == []


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_defaults_build_every_optimizer():
    """Keras takes every optimizer with all the defaults of the table."""
    import keras

    for name, arguments in keras_api.optimizer_signatures().items():
        built = getattr(keras.optimizers, name)(**{key: argument.default for key, argument in arguments.items()})
        assert type(built).__name__ == name


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_losses_and_activations_exist():
    """Every loss and every activation that a file can name is one of Keras."""
    import keras

    from optbench.config.losses import known_losses

    for name in known_losses()[1:]:
        assert keras.losses.get(name) is not None
    for name in keras_api.activations():
        assert inspect.isfunction(keras.activations.get(name))


def test_the_table_reads_without_keras():
    """Signatures are read from the table alone."""
    rate = keras_api.optimizer_signatures()["Adam"]["learning_rate"]
    assert (rate.type, rate.default, rate.minimum, rate.required) == ("rate", 0.001, 0, False)
    assert keras_api.layer_signatures()["Dense"]["units"].required


def test_defaults_keep_their_own_rules():
    """No default of Keras is refused by the type and the bounds that the table states for it."""
    from optbench.config.arguments import broken_rule

    tables = (keras_api.optimizer_signatures(), keras_api.schedule_signatures(), keras_api.layer_signatures())
    refused = [
        f"{name}.{key}"
        for table in tables
        for name, arguments in table.items()
        for key, argument in arguments.items()
        if not argument.required and argument.default is not None and broken_rule(argument.default, argument)
    ]
    assert refused == []
