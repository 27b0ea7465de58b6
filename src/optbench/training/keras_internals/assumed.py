"""What is assumed of Keras and TensorFlow: each thing with a check, and with what would break without it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.errors import MachineError
from optbench.training.keras_internals.access import imported, replaced
from optbench.training.keras_internals.declared import (
    Internal,
    mentions,
    mentions_constant,
    require,
    takes,
    tested_versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING: Final = (
    "uninitialized_variables"  # where Keras notes variables that a scope without state has not given values
)
OPERATIONS: Final = "keras.src.ops.nn"
LOADING: Final = "Exception encountered: "
CALLING: Final = "Exception encountered when calling"


def check_internals(keras: Any, tensorflow: Any) -> None:
    """Require of these modules all that is relied on.

    Raises
    ------
    MachineError
        If a name is missing or does something else; it says what would break and which versions to install.
    """
    require(INTERNALS, keras, tensorflow)


@cache
def checked() -> None:
    """Require of the modules of this process all that is relied on, once."""
    import keras
    import tensorflow as tf

    check_internals(keras, tf)


def check_generator(uniform: Callable[[Any, Any], Any], tensorflow: Any) -> None:
    """Require that `uniform(shape, seed)` draws what TensorFlow draws outside XLA.

    Raises
    ------
    MachineError
        If the numbers differ: with another generator the masks of dropout under XLA would not be Keras' own.
    """
    seed = tensorflow.constant([7, -3], tensorflow.int32)
    own = np.asarray(uniform([5], seed))
    theirs = np.asarray(tensorflow.random.stateless_uniform([5], seed=seed))
    if own.tobytes() != theirs.tobytes():
        raise MachineError(
            "tf.random.stateless_uniform must draw from Philox-4x32-10 on the CPU, otherwise dropout under XLA has "
            f"masks that are not Keras' own. Received: TensorFlow {tensorflow.__version__}, which draws other numbers. "
            f"Set training.engine to fused, or install: pip install {' '.join(tested_versions())}.",
            code="machine-tensorflow-unfit",
        )


def _dropout_is_called(keras: Any, tensorflow: Any) -> bool:
    """Return True if Keras' dropout ends in the function that is replaced, with the arguments that are known here."""
    calls: list[Any] = []

    def spy(x: Any, *, rate: float, seed: Any, noise_shape: Any = None) -> Any:
        calls.append((rate, seed, noise_shape))
        return x

    # in a graph of its own nothing is computed
    with replaced(tensorflow.nn.experimental, "stateless_dropout", spy), tensorflow.Graph().as_default():
        keras.random.dropout(tensorflow.zeros((2, 3)), 0.5, seed=1)
    return len(calls) == 1


def _nodes_have_tensors(keras: Any, _tensorflow: Any) -> bool:
    """Return True if the calls of a layer tell what went in and what came out."""
    layer = keras.layers.Flatten()
    layer(keras.Input((2, 3)))
    (node,) = layer._inbound_nodes
    return [tuple(one.shape) for one in (*node.input_tensors, *node.output_tensors)] == [(None, 2, 3), (None, 6)]


def _graph_tells_its_end(keras: Any, _tensorflow: Any) -> bool:
    """Return True if the last operation of a graph is the one that makes its output, and its class is Keras' own."""
    inputs = keras.Input((2, 3), name="internal_input")
    model = keras.Model(inputs, keras.layers.Flatten(name="internal_layer")(inputs), name="internal")
    return model.operations[-1].output is model.outputs[0] and all(
        is_of_keras(kind.call) for kind in (type(model), keras.Sequential)
    )


def is_of_keras(function: Any) -> bool:
    """Return True for a function that Keras defines itself."""
    return str(function.__module__).startswith("keras.")


def _activations_are_operations(keras: Any, _tensorflow: Any) -> bool:
    """Return True if the functions make operations of these classes in a graph, of which softmax has its axis."""
    sigmoid, softmax = (imported(OPERATIONS, name) for name in ("Sigmoid", "Softmax"))
    return (
        mentions(keras.ops.sigmoid, sigmoid.__name__)
        and mentions(keras.ops.softmax, softmax.__name__)
        and takes(softmax.__init__, "self", "axis")
        and mentions(softmax.call, "axis")
    )


_RATE: Final = "learning_rate"
_COUNTER: Final = "the step counter would be read anew for each weight, and every step be slower"
DETERMINISM: Final = Internal(
    "tensorflow.python.framework.config.is_op_determinism_enabled",
    "tell whether operations are deterministic",
    "a run could not prove that it repeats before it trains",
    lambda *_: callable(imported("tensorflow.python.framework.config", "is_op_determinism_enabled")),
)
ONEDNN: Final = Internal(
    "tensorflow.python.util._pywrap_util_port.IsMklEnabled",
    "tell whether oneDNN is in use",
    "a run could not prove before it trains that training.onednn is in force",
    lambda *_: callable(imported("tensorflow.python.util._pywrap_util_port", "IsMklEnabled")),
)
INTERNALS: Final[tuple[Internal, ...]] = (
    DETERMINISM,
    ONEDNN,
    Internal(
        "tf.nn.experimental.stateless_dropout",
        "be what Keras' dropout calls, with rate, seed and noise_shape",
        "dropout would be slow under engine fused, and have masks of its own under xla",
        _dropout_is_called,
    ),
    Internal(
        "Optimizer._backend_update_step",
        "take gradients, variables and learning rate, and be what applying gradients calls",
        _COUNTER,
        lambda keras, _: (
            takes(keras.optimizers.Optimizer._backend_update_step, "self", "grads", "trainable_variables", _RATE)
            and mentions(keras.optimizers.Optimizer._backend_apply_gradients, "_backend_update_step")
        ),
    ),
    Internal(
        "Optimizer._all_reduce_sum_gradients",
        "take gradients with their variables, and be what applying gradients on several devices calls",
        "gradients of several devices would be added up twice",
        lambda keras, _: (
            takes(keras.optimizers.Optimizer._all_reduce_sum_gradients, "self", "grads_and_vars")
            and mentions(keras.optimizers.Optimizer._backend_update_step, "_all_reduce_sum_gradients")
        ),
    ),
    Internal(
        "Optimizer._iterations",
        "be the step counter that `iterations` reads and every batch adds to",
        f"{_COUNTER}; diagnostics would measure the wrong steps",
        lambda keras, _: (
            mentions(keras.optimizers.Optimizer.iterations.fget, "_iterations")
            and mentions(keras.optimizers.Optimizer.apply, "_iterations")
        ),
    ),
    Internal(
        "Optimizer._apply_weight_decay",
        "read weight_decay, and be what applying gradients calls",
        "runs that share a traced step would all have the weight decay of the first",
        lambda keras, _: (
            takes(keras.optimizers.Optimizer._apply_weight_decay, "self", "variables")
            and mentions(keras.optimizers.Optimizer._apply_weight_decay, "weight_decay")
            and mentions(keras.optimizers.Optimizer._backend_apply_gradients, "_apply_weight_decay")
        ),
    ),
    Internal(
        "Optimizer._use_weight_decay",
        "say of a variable whether its weights are decayed, and remember it in _exclude_from_weight_decay_cache",
        "a run's record would name the wrong variables that weight decay leaves alone",
        lambda keras, _: (
            takes(keras.optimizers.Optimizer._use_weight_decay, "self", "variable")
            and mentions(keras.optimizers.Optimizer._use_weight_decay, "_exclude_from_weight_decay_cache")
        ),
    ),
    Internal(
        "Optimizer._learning_rate",
        "be the variable, schedule or function that the learning rate comes from",
        "a run's record would not tell the schedule of an optimizer of the user's own",
        lambda keras, _: mentions(keras.optimizers.Optimizer._get_current_learning_rate, "_learning_rate"),
    ),
    Internal(
        "Optimizer.finalize_variable_values",
        "take variables, and be what fit calls at its end",
        "engine keras would replace the weights by their averages after every epoch",
        lambda keras, _: (
            takes(keras.optimizers.Optimizer.finalize_variable_values, "self", "var_list")
            and mentions(keras.Model.fit, "finalize_variable_values")
        ),
    ),
    Internal(
        "Model.train_step",
        "take the data of a batch, and be what fit calls for each",
        "diagnostics would measure nothing under engine keras",
        lambda keras, _: (
            takes(keras.Model.train_step, "self", "data") and mentions(keras.Model.make_train_function, "train_step")
        ),
    ),
    Internal(
        "Model.compiled",
        "be an attribute that saving a model asks",
        "a model with an optimizer of the user's own would be saved so that plain Keras cannot load it",
        lambda keras, _: mentions(keras.Model.get_compile_config, "compiled"),
    ),
    Internal(
        "tf.random.set_seed",
        "be what keras.utils.set_random_seed calls",
        "building a model beside another would cost the other's next step its prepared graphs",
        lambda keras, tensorflow: (
            callable(tensorflow.random.set_seed) and mentions(keras.utils.set_random_seed, "set_seed")
        ),
    ),
    Internal(
        f"keras.src.backend.common.global_state[{WAITING!r}]",
        "be the list that variables made in a StatelessScope are put into",
        "a model of a stranger would be built before anybody knows how large it is",
        lambda *_: mentions_constant(
            imported("keras.src.backend.common.variables", "register_uninitialized_variable"), WAITING
        ),
    ),
    Internal(
        "Operation._inbound_nodes",
        "have input_tensors and output_tensors for each call of a layer",
        "a model of a stranger would be computed before anybody knows how much memory a row takes",
        _nodes_have_tensors,
    ),
    Internal(
        "Model.operations",
        "end with the operation that makes the output of a graph, which the `call` of Keras' own models goes by",
        "nobody would know the logits of a model, and its calibration would divide probabilities",
        _graph_tells_its_end,
    ),
    Internal(
        f"{OPERATIONS}.Sigmoid and Softmax",
        "be what keras.ops.sigmoid and keras.ops.softmax become in a graph, with an axis of softmax",
        "nobody would know the logits of a model that ends with them",
        _activations_are_operations,
    ),
    Internal(
        "keras.src.saving.serialization_lib.deserialize_keras_object",
        f"say {LOADING!r} before its reason",
        "what a user is told of a model that cannot be loaded would be its whole configuration",
        lambda *_: mentions_constant(
            imported("keras.src.saving.serialization_lib", "deserialize_keras_object"), LOADING
        ),
    ),
    Internal(
        "keras.src.utils.traceback_utils.inject_argument_info_in_traceback",
        f"begin what it says of a call that failed with a line {CALLING!r}...",
        "what a user is told of a layer that is refused would be where it was called, not why",
        lambda *_: mentions_constant(
            imported("keras.src.utils.traceback_utils", "inject_argument_info_in_traceback"), CALLING
        ),
    ),
    Internal(
        "keras.Variable.value",
        "be TensorFlow's variable, whose own value() is a tensor",
        "weights could not be copied into checkpoints and digests",
        lambda keras, tensorflow: isinstance(keras.Variable.value, property) and callable(tensorflow.Variable.value),
    ),
)
