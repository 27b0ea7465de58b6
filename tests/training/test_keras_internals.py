"""What is not promised by Keras and TensorFlow is checked before it is used, and used in one room."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest

from optbench.errors import MachineError
from optbench.training import keras_internals
from optbench.training.engines.philox import uniform
from optbench.training.keras_internals import (
    INTERNALS,
    check_generator,
    check_internals,
    lines_behind,
    reason_behind,
)

pytestmark = pytest.mark.tensorflow

SOURCE = Path(keras_internals.__file__).parents[2]


class Without:
    """An object as it is, but for one attribute."""

    def __init__(self, what, name, instead=None):
        self._what, self._name, self._instead = what, name, instead

    def __getattr__(self, name):
        if name == self._name:
            if self._instead is None:
                raise AttributeError(name)
            return self._instead
        return getattr(self._what, name)


def keras_without(name, instead=None):
    import keras

    optimizer = Without(keras.optimizers.Optimizer, name, instead)
    return Without(keras, "optimizers", types.SimpleNamespace(Optimizer=optimizer))


def test_all_holds_in_the_versions_that_are_installed():
    """Whoever raises the versions reads here, in a sentence, what else has to change."""
    import keras
    import tensorflow as tf

    check_internals(keras, tf)
    assert len({internal.name for internal in INTERNALS}) == len(INTERNALS)


@pytest.mark.parametrize(
    ("name", "breaks"),
    [
        ("_backend_update_step", "otherwise the step counter would be read anew for each weight"),
        ("_apply_weight_decay", "otherwise runs that share a traced step would all have the weight decay of the first"),
        ("_use_weight_decay", "otherwise a run's record would name the wrong variables"),
        ("finalize_variable_values", "otherwise engine keras would replace the weights by their averages"),
        ("iterations", "diagnostics would measure the wrong steps"),
    ],
)
def test_a_name_that_is_gone_is_said_with_what_breaks(name, breaks):
    """The sentence has the rule, the versions and what to install."""
    import keras
    import tensorflow as tf

    with pytest.raises(MachineError) as caught:
        check_internals(keras_without(name), tf)
    sentence = str(caught.value)
    assert breaks in sentence
    assert f"Received: Keras {keras.__version__} and TensorFlow {tf.__version__}" in sentence
    assert "pip install 'keras" in sentence or "pip install keras" in sentence


@pytest.mark.parametrize("name", ["_backend_update_step", "_apply_weight_decay", "_backend_apply_gradients"])
def test_a_method_that_does_something_else_is_noticed(name):
    """It is not enough that the name is there: other arguments, or another caller, would break in silence."""
    import tensorflow as tf

    with pytest.raises(MachineError):
        check_internals(keras_without(name, print), tf)


@pytest.mark.parametrize("way", ["ends elsewhere", "other arguments"])
def test_dropout_that_goes_another_way_is_noticed(way):
    """Under engine fused nothing else would tell: the numbers are the same, only slower."""
    import keras
    import tensorflow as tf

    def dropout(x, rate, seed):
        return x if way == "ends elsewhere" else tf.nn.experimental.stateless_dropout(x, rate, [seed, 0])

    other = Without(keras, "random", types.SimpleNamespace(dropout=dropout))
    with pytest.raises(MachineError, match=r"stateless_dropout must be what Keras' dropout calls"):
        check_internals(other, tf)
    assert tf.nn.experimental.stateless_dropout.__module__.startswith("tensorflow")


def test_a_seed_that_is_set_elsewhere_is_noticed():
    """Keras has to set TensorFlow's seed by the function that is held back."""
    import keras
    import tensorflow as tf

    other = Without(keras, "utils", types.SimpleNamespace(set_random_seed=print))
    with pytest.raises(MachineError, match="set_seed"):
        check_internals(other, tf)


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_an_operation_of_another_kind_is_noticed(name):
    """Nothing else would tell: a model that ends with it would have no logits, and a calibration of its own."""
    import keras
    import tensorflow as tf

    other = Without(keras, "ops", Without(keras.ops, name, lambda x: x))
    with pytest.raises(MachineError, match=r"keras.ops.sigmoid and keras.ops.softmax become in a graph"):
        check_internals(other, tf)


def test_a_graph_that_does_not_end_with_its_output_is_noticed():
    """Of such a model the wrong operation would be taken for its last."""
    import keras
    import tensorflow as tf

    class Model(Without):
        def __call__(self, *arguments, **named):
            made = keras.Model(*arguments, **named)
            return Without(made, "operations", made.operations[::-1])

    with pytest.raises(MachineError, match=r"Model.operations must end with the operation that makes the output"):
        check_internals(Without(keras, "Model", Model(keras.Model, "")), tf)


def test_what_keras_says_is_told_without_where(tmp_path):
    """Of a layer that is refused why, of a model that cannot be loaded the cause and not its configuration."""
    import keras

    class Refusing(keras.layers.Layer):
        def call(self, x):
            raise ValueError("no such shape")

    with pytest.raises(ValueError, match="Exception encountered when calling") as refused:
        Refusing()(keras.ops.zeros((1, 3)))
    assert lines_behind(refused.value)[0] == "no such shape"

    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    archive = tmp_path / "own.keras"
    keras.Sequential([keras.Input((2,)), Own()]).save(archive)
    with pytest.raises(TypeError, match="config=") as unknown:
        keras.saving.load_model(archive)
    assert "Own" in reason_behind(unknown.value)
    assert "config=" not in reason_behind(unknown.value)
    assert reason_behind(ValueError("something\nelse")) == "something else"


def test_another_generator_is_noticed():
    """The masks under XLA are Keras' own only while TensorFlow draws from the generator that is written out here."""
    import tensorflow as tf

    check_generator(uniform, tf)
    with pytest.raises(MachineError, match="draws other numbers"):
        check_generator(lambda shape, seed: uniform(shape, seed + 1), tf)


def test_checks_leave_no_trace():
    """No random number is drawn, no name counted, nothing replaced."""
    import keras
    import numpy as np
    import tensorflow as tf

    dropout, seeds = tf.nn.experimental.stateless_dropout, tf.random.set_seed
    keras.utils.set_random_seed(3)
    expected = (np.random.get_state()[1].tolist(), float(tf.random.uniform(())), keras.layers.Dense(1).name)  # noqa: NPY002
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    check_internals(keras, tf)
    check_generator(uniform, tf)
    found = (np.random.get_state()[1].tolist(), float(tf.random.uniform(())), keras.layers.Dense(1).name)  # noqa: NPY002
    assert found[:2] == expected[:2]
    assert tf.nn.experimental.stateless_dropout is dropout
    assert tf.random.set_seed is seeds


OWN = ("self", "run", "program", "columns", "graph")  # records of optbench that are filled as it goes on
PUBLIC = ("model.optimizer.learning_rate", "model.ir_version")  # setters that Keras and ONNX document


def trespasses(tree):
    """Return what belongs into the one room: private modules, private attributes of others, attributes that are set."""
    return [ast.unparse(node) for node in ast.walk(tree) for check in CHECKS if check(node)]


def imports_private_module(node):
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
    return any(name.startswith(("keras.src", "tensorflow.python")) for name in names)


def reads_private_attribute(node):
    is_private = isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    return is_private and ast.unparse(node.value) not in ("self", "cls")


def sets_attribute_of_another(node):
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in ("setattr", "delattr", "object.__setattr__")
    changed = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if isinstance(node, ast.Subscript):
        return changed and ast.unparse(node.value).startswith("vars(")
    if not (changed and isinstance(node, ast.Attribute)) or ast.unparse(node) in PUBLIC:
        return False
    return ast.unparse(node.value).split(".")[0] not in OWN


CHECKS = (imports_private_module, reads_private_attribute, sets_attribute_of_another)


def test_no_other_room_does_such_a_thing():
    """Read from the syntax trees of the only room that imports TensorFlow."""
    found = {
        path.parent.name: what
        for path in sorted((SOURCE / "training").rglob("*.py"))
        if (what := trespasses(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert set(found) == {"keras_internals"}, found
    others = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name != "keras_internals"]
    assert not [path for path in others if "Exception encountered" in path.read_text(encoding="utf-8")]
    assert not [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if any(imports_private_module(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from keras.src.optimizers import adam",
        "import tensorflow.python.ops",
        "model.optimizer._iterations",
        "tf.random.set_seed = print",
        "setattr(model, 'train_step', print)",
        "vars(optimizer)['name'] = 1",
        "del optimizer.finalize_variable_values",
    ],
)
def test_the_rule_sees_it(text):
    """Each way of reaching into another's object is seen."""
    assert trespasses(ast.parse(text))
