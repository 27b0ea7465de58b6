"""Every attribute of TensorFlow and Keras that is private, or replaced for a while: the one place that may break.

Speed and equal bits need some of what Keras does not promise: methods with an underscore, functions that its layers
happen to call. Each is listed in `INTERNALS` with a check and with what would break without it. The checks run once a
process, before the first use; they build no tensor that outlives them and draw no random number. After an update of
Keras or TensorFlow they fail with a sentence, where the run would otherwise be slower, or other, in silence.

A test reads the syntax trees of the package: nothing outside this file may do such a thing.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import keras
    from numpy.typing import NDArray

_NONE: Final = object()
_WAITING: Final = (
    "uninitialized_variables"  # where Keras notes variables that a scope without state has not given values
)


@dataclass(frozen=True, slots=True)
class Internal:
    """One thing that is relied on.

    Attributes
    ----------
    name : as a person would look for it
    assumed : what it has to do, as the end of "... must ..."
    otherwise : what breaks, as the end of "otherwise ..."
    holds : given the modules keras and tensorflow, whether it does; may raise AttributeError, which means no
    """

    name: str
    assumed: str
    otherwise: str
    holds: Callable[[Any, Any], bool]


def check_internals(keras: Any, tensorflow: Any) -> None:
    """Require of these modules all that is relied on.

    Raises
    ------
    MachineError
        If a name is missing or does something else; it says what would break and which versions to install.
    """
    _require(INTERNALS, keras, tensorflow)


def _require(internals: Sequence[Internal], keras: Any, tensorflow: Any) -> None:
    broken = [internal for internal in internals if not _holds(internal, keras, tensorflow)]
    if broken:
        first, more = broken[0], f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise MachineError(
            f"{first.name} must {first.assumed}, otherwise {first.otherwise}{more}. "
            f"Received: Keras {keras.__version__} and TensorFlow {tensorflow.__version__}, in which that is not so. "
            f"Install the versions that optbench is tested with: pip install {' '.join(tested_versions())}.",
            code="machine-keras-unfit",
        )


def tested_versions() -> tuple[str, ...]:
    """Return what the package requires of Keras and TensorFlow, quoted for a shell."""
    try:
        listed = requires("optbench") or []
    except PackageNotFoundError:  # run from a checkout
        listed = []
    found = tuple(f"'{one}'" for one in listed if one.startswith(("keras", "tensorflow")) and ";" not in one)
    return found or ("keras", "tensorflow")


@cache
def _checked() -> None:
    import keras
    import tensorflow as tf

    check_internals(keras, tf)


def _holds(internal: Internal, keras: Any, tensorflow: Any) -> bool:
    try:
        return internal.holds(keras, tensorflow)
    except (AttributeError, ImportError, TypeError, ValueError):  # a name that is gone, arguments that have changed
        return False


# --- what is replaced -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let `owner.name` be `value` in this block, past the tracking of Keras; afterwards what was there."""
    if isinstance(owner, ModuleType):  # TensorFlow's modules look names up in their own way
        before = getattr(owner, name)
        setattr(owner, name, value)
        try:
            yield
        finally:
            setattr(owner, name, before)
        return
    before = vars(owner).get(name, _NONE)
    vars(owner)[name] = value
    try:
        yield
    finally:
        if before is _NONE:
            del vars(owner)[name]
        else:
            vars(owner)[name] = before


@contextlib.contextmanager
def dropout_replaced(make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """Let all dropout of Keras be another function in this block.

    Parameters
    ----------
    make : given TensorFlow's function, returns `f(x, *, rate, seed, noise_shape=None)`
    """
    import tensorflow as tf

    _checked()
    owner = tf.nn.experimental
    with _replaced(owner, "stateless_dropout", make(owner.stateless_dropout)):
        yield


@contextlib.contextmanager
def shared_reads(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """While a step is traced, let an optimizer update all weights with one reading of its step counter and rate.

    Keras' optimizers compute their bias corrections for each weight anew, from variables; TensorFlow merges equal
    operations, but not reads of a variable. Read once, all that follows from them is merged: the same operations on
    the same numbers, so the same bits, and 13 % less time for a step of Adam.

    Of a wrapper, which hands its gradients on to other optimizers, the replaced method is not called.
    """
    import tensorflow as tf

    _checked()
    original, counter = optimizer._backend_update_step, optimizer._iterations

    def update(gradients: Any, variables: Any, learning_rate: Any) -> None:
        with _replaced(optimizer, "_iterations", tf.convert_to_tensor(counter)):
            original(gradients, variables, tf.convert_to_tensor(learning_rate))

    with _replaced(optimizer, "_backend_update_step", update):
        yield


@contextlib.contextmanager
def decay_read_from(optimizer: keras.optimizers.Optimizer, variable: Any) -> Iterator[None]:
    """While a step is traced, let an optimizer read its weight decay from a variable, once a step.

    Parameters
    ----------
    optimizer : one whose decay is read in `_apply_weight_decay` and nowhere else; no wrapper
    variable : float32
    """
    import tensorflow as tf

    _checked()
    original = optimizer._apply_weight_decay

    def apply(variables: Any) -> None:
        with _replaced(optimizer, "weight_decay", tf.convert_to_tensor(variable)):
            original(variables)

    with _replaced(optimizer, "_apply_weight_decay", apply):
        yield


@contextlib.contextmanager
def gradients_summed_before(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """While a step over several devices is traced, let an optimizer take gradients as the sums over the devices.

    By itself it adds those of the devices up, but only after it has clipped each.
    """
    _checked()
    with _replaced(optimizer, "_all_reduce_sum_gradients", list):
        yield


@contextlib.contextmanager
def weights_kept(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Hold back what `fit` does at its end: with EMA it would overwrite the weights after every epoch."""
    _checked()
    with _replaced(optimizer, "finalize_variable_values", lambda _variables: None):
        yield


@contextlib.contextmanager
def global_seed_kept() -> Iterator[None]:
    """Leave TensorFlow's global seed alone in this block, whatever sets it.

    Setting it drops what TensorFlow has prepared for the process, and the next step of another model would optimize its
    graphs again, within its training time. Keras' layers draw their seeds from Python's generator, not from it.
    """
    import tensorflow as tf

    _checked()
    with _replaced(tf.random, "set_seed", lambda _seed: None):
        yield


def wrap_train_step(model: keras.Model, around: Callable[..., Any]) -> None:
    """Let `fit` call `around(train_step, data)` in the place of the model's `train_step(data)`, from now on."""
    _checked()
    original = model.train_step
    model.train_step = lambda data: around(original, data)


@contextlib.contextmanager
def saved_uncompiled(model: keras.Model) -> Iterator[None]:
    """Let a model be saved in this block without its optimizer and loss."""
    _checked()
    compiled = model.compiled
    model.compiled = False
    try:
        yield
    finally:
        model.compiled = compiled


@contextlib.contextmanager
def variables_only_named() -> Iterator[list[keras.Variable]]:
    """Let layers say in this block which variables they would make, and make none.

    Returns
    -------
    list of keras.Variable
        It grows as layers are built; they have shape and dtype and no value, and never get one.
    """
    import keras

    _checked()
    state = _imported("keras.src.backend.common", "global_state")
    named: list[keras.Variable] = []
    before = state.get_global_attribute(_WAITING, [])
    state.set_global_attribute(_WAITING, named)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield named
    finally:
        state.set_global_attribute(_WAITING, before)


# --- what is read or set ----------------------------------------------------------------------------------------------


def steps_taken(optimizer: keras.optimizers.Optimizer) -> int:
    """Return how many batches an optimizer has seen; its public `iterations` counts updates of the weights."""
    _checked()
    return int(optimizer._iterations)


def rate_source(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return where an optimizer has its learning rate from: a variable, a schedule or a function."""
    _checked()
    return optimizer._learning_rate


def state_weight_decay(optimizer: keras.optimizers.Optimizer, decay: float) -> None:
    """Let an optimizer say that it decays weights by `decay`, for the archive of the model; no traced step reads it."""
    _checked()
    optimizer.weight_decay = decay


def is_decayed(optimizer: keras.optimizers.Optimizer, variable: keras.Variable) -> bool:
    """Return whether an optimizer, if it decays weights, decays this one; leaves no trace in its cache."""
    _checked()
    with _replaced(optimizer, "_exclude_from_weight_decay_cache", {}):
        return bool(optimizer._use_weight_decay(variable.value))


def tensors_of(operation: keras.Operation) -> list[keras.KerasTensor]:
    """Return what goes into and comes out of a layer of a graph, wherever in the graph it is called."""
    _checked()
    nodes = operation._inbound_nodes
    return [tensor for node in nodes for tensor in (*node.input_tensors, *node.output_tensors)]


def is_op_determinism_enabled() -> bool:
    """Return whether TensorFlow's operations are deterministic in this process.

    Nothing but the name is checked for it: it is asked before the first step of a process, when nothing may run yet.
    """
    import keras
    import tensorflow as tf

    _require([_DETERMINISM], keras, tf)
    return bool(_imported("tensorflow.python.framework.config", "is_op_determinism_enabled")())


def has_onednn() -> bool:
    """Return whether TensorFlow uses oneDNN in this process, whatever its variable says; checked like the above."""
    import keras
    import tensorflow as tf

    _require([_ONEDNN], keras, tf)
    return bool(_imported("tensorflow.python.util._pywrap_util_port", "IsMklEnabled")())


def array_of(variable: keras.Variable) -> NDArray[Any]:
    """Return a copy of a variable's value, in a third of the time that NumPy takes to ask Keras for it."""
    _checked()
    copied: NDArray[Any] = variable.value.value().numpy()
    return copied


# --- checks -----------------------------------------------------------------------------------------------------------


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


def _imported(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _mentions(function: Any, name: str) -> bool:
    """Return True if the code of a function, or of a function in it, names an attribute."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return isinstance(code, CodeType) and _code_mentions(code, name)


def _code_mentions(code: CodeType, name: str) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return name in code.co_names or any(_code_mentions(each, name) for each in inner)


def _mentions_constant(function: Any, text: str) -> bool:
    """Return True if the code of a function has a text."""
    return text in function.__code__.co_consts


def _takes(function: Any, *names: str) -> bool:
    """Return True if a function has these parameters, in this order, at its beginning."""
    return tuple(inspect.signature(function).parameters)[: len(names)] == names


def _dropout_is_called(keras: Any, tensorflow: Any) -> bool:
    """Return True if Keras' dropout ends in the function that is replaced, with the arguments that are known here."""
    calls: list[Any] = []

    def spy(x: Any, *, rate: float, seed: Any, noise_shape: Any = None) -> Any:
        calls.append((rate, seed, noise_shape))
        return x

    # in a graph of its own nothing is computed
    with _replaced(tensorflow.nn.experimental, "stateless_dropout", spy), tensorflow.Graph().as_default():
        keras.random.dropout(tensorflow.zeros((2, 3)), 0.5, seed=1)
    return len(calls) == 1


def _nodes_have_tensors(keras: Any, _tensorflow: Any) -> bool:
    """Return True if the calls of a layer tell what went in and what came out."""
    layer = keras.layers.Flatten()
    layer(keras.Input((2, 3)))
    (node,) = layer._inbound_nodes
    return [tuple(one.shape) for one in (*node.input_tensors, *node.output_tensors)] == [(None, 2, 3), (None, 6)]


_RATE: Final = "learning_rate"
_COUNTER: Final = "the step counter would be read anew for each weight, and every step be slower"
_DETERMINISM: Final = Internal(
    "tensorflow.python.framework.config.is_op_determinism_enabled",
    "tell whether operations are deterministic",
    "a run could not prove that it repeats before it trains",
    lambda *_: callable(_imported("tensorflow.python.framework.config", "is_op_determinism_enabled")),
)
_ONEDNN: Final = Internal(
    "tensorflow.python.util._pywrap_util_port.IsMklEnabled",
    "tell whether oneDNN is in use",
    "a run could not prove before it trains that training.onednn is in force",
    lambda *_: callable(_imported("tensorflow.python.util._pywrap_util_port", "IsMklEnabled")),
)
INTERNALS: Final[tuple[Internal, ...]] = (
    _DETERMINISM,
    _ONEDNN,
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
            _takes(keras.optimizers.Optimizer._backend_update_step, "self", "grads", "trainable_variables", _RATE)
            and _mentions(keras.optimizers.Optimizer._backend_apply_gradients, "_backend_update_step")
        ),
    ),
    Internal(
        "Optimizer._all_reduce_sum_gradients",
        "take gradients with their variables, and be what applying gradients on several devices calls",
        "gradients of several devices would be added up twice",
        lambda keras, _: (
            _takes(keras.optimizers.Optimizer._all_reduce_sum_gradients, "self", "grads_and_vars")
            and _mentions(keras.optimizers.Optimizer._backend_update_step, "_all_reduce_sum_gradients")
        ),
    ),
    Internal(
        "Optimizer._iterations",
        "be the step counter that `iterations` reads and every batch adds to",
        f"{_COUNTER}; diagnostics would measure the wrong steps",
        lambda keras, _: (
            _mentions(keras.optimizers.Optimizer.iterations.fget, "_iterations")
            and _mentions(keras.optimizers.Optimizer.apply, "_iterations")
        ),
    ),
    Internal(
        "Optimizer._apply_weight_decay",
        "read weight_decay, and be what applying gradients calls",
        "runs that share a traced step would all have the weight decay of the first",
        lambda keras, _: (
            _takes(keras.optimizers.Optimizer._apply_weight_decay, "self", "variables")
            and _mentions(keras.optimizers.Optimizer._apply_weight_decay, "weight_decay")
            and _mentions(keras.optimizers.Optimizer._backend_apply_gradients, "_apply_weight_decay")
        ),
    ),
    Internal(
        "Optimizer._use_weight_decay",
        "say of a variable whether its weights are decayed, and remember it in _exclude_from_weight_decay_cache",
        "a run's record would name the wrong variables that weight decay leaves alone",
        lambda keras, _: (
            _takes(keras.optimizers.Optimizer._use_weight_decay, "self", "variable")
            and _mentions(keras.optimizers.Optimizer._use_weight_decay, "_exclude_from_weight_decay_cache")
        ),
    ),
    Internal(
        "Optimizer._learning_rate",
        "be the variable, schedule or function that the learning rate comes from",
        "a run's record would not tell the schedule of an optimizer of the user's own",
        lambda keras, _: _mentions(keras.optimizers.Optimizer._get_current_learning_rate, "_learning_rate"),
    ),
    Internal(
        "Optimizer.finalize_variable_values",
        "take variables, and be what fit calls at its end",
        "engine keras would replace the weights by their averages after every epoch",
        lambda keras, _: (
            _takes(keras.optimizers.Optimizer.finalize_variable_values, "self", "var_list")
            and _mentions(keras.Model.fit, "finalize_variable_values")
        ),
    ),
    Internal(
        "Model.train_step",
        "take the data of a batch, and be what fit calls for each",
        "diagnostics would measure nothing under engine keras",
        lambda keras, _: (
            _takes(keras.Model.train_step, "self", "data") and _mentions(keras.Model.make_train_function, "train_step")
        ),
    ),
    Internal(
        "Model.compiled",
        "be an attribute that saving a model asks",
        "a model with an optimizer of the user's own would be saved so that plain Keras cannot load it",
        lambda keras, _: _mentions(keras.Model.get_compile_config, "compiled"),
    ),
    Internal(
        "tf.random.set_seed",
        "be what keras.utils.set_random_seed calls",
        "building a model beside another would cost the other's next step its prepared graphs",
        lambda keras, tensorflow: (
            callable(tensorflow.random.set_seed) and _mentions(keras.utils.set_random_seed, "set_seed")
        ),
    ),
    Internal(
        f"keras.src.backend.common.global_state[{_WAITING!r}]",
        "be the list that variables made in a StatelessScope are put into",
        "a model of a stranger would be built before anybody knows how large it is",
        lambda *_: _mentions_constant(
            _imported("keras.src.backend.common.variables", "register_uninitialized_variable"), _WAITING
        ),
    ),
    Internal(
        "Operation._inbound_nodes",
        "have input_tensors and output_tensors for each call of a layer",
        "a model of a stranger would be computed before anybody knows how much memory a row takes",
        _nodes_have_tensors,
    ),
    Internal(
        "keras.Variable.value",
        "be TensorFlow's variable, whose own value() is a tensor",
        "weights could not be copied into checkpoints and digests",
        lambda keras, tensorflow: isinstance(keras.Variable.value, property) and callable(tensorflow.Variable.value),
    ),
)
