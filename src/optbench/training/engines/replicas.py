"""One run over several devices: a copy of the model on each, which sees its part of every batch.

The gradient of a batch is the sum of what its parts give, each weighted by its rows, and the optimizer is applied to
that sum once: clipping, weight decay and averages see what they see on one device. So the batches, their order and the
gradient are those of one device, up to the order in which numbers are added. What a layer computes of the rows of a
batch (BatchNormalization) it computes of its part.

The copies live in a model of their own, built within a strategy of TensorFlow. After each epoch what they hold is put
into a plain model, which is evaluated, stored and shipped as that of any other engine, and they begin the next epoch
with what it holds: a run that was interrupted goes on with the same bits.
"""

from __future__ import annotations

from itertools import compress, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.engines import DEFAULT
from optbench.config.devices import UNFIT_ARGUMENTS
from optbench.errors import ModelError
from optbench.training.blocks import BLOCK_BYTES, Blocks, rows_of_a_block
from optbench.training.engines.keras_engine import KerasEngine
from optbench.training.keras_internals import gradients_summed_before
from optbench.training.metric_state import build_metrics, reset_if
from optbench.training.problem import build_problem
from optbench.training.state import load_arrays, model_arrays, optimizer_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.training.problem import Problem

_BETWEEN_SEEDS: Final = 7919
"""What the seeds of the random layers of one copy are more than those of the copy before it."""


class ReplicaEngine(KerasEngine):
    """Trains copies of a model on `training.devices` devices, one `tf.function` for the steps of a block.

    Parameters
    ----------
    problem : the plain model
    """

    def __init__(self, problem: Problem, *, block_bytes: int = BLOCK_BYTES) -> None:
        super().__init__(problem)
        self._strategy = _strategy(problem)
        with self._strategy.scope():
            self._copies = build_problem(problem.config, problem.dataset, base=problem.base, beside=True)
        arrays = problem.examples["train"].arrays
        self._n = len(arrays[0])
        self._rows = rows_of_a_block(arrays, problem.batch_size, block_bytes=block_bytes)
        self._blocks = Blocks(arrays, self._rows)
        self._function: Any = None

    def check(self) -> None:
        """As in `Engine`: models and optimizers that bring a step of their own are refused."""
        super().check()
        _require_plain(self.problem)
        self.prepare()

    def prepare(self) -> None:
        """Trace and compile, once, and train on no rows."""
        import tensorflow as tf

        arguments = self._arguments(self._blocks.empty(), 0, is_first=True)
        if self._function is None:
            is_used = _is_used(self.problem)
            with self._strategy.scope():
                build_metrics(self._copies)
                function = _block_function(self._copies, self._strategy, self._n, is_used)
                traceable = tf.function(function, autograph=False)
                with gradients_summed_before(self._copies.model.optimizer):
                    self._function = traceable.get_concrete_function(*arguments)
        self._begin()
        self._function(*arguments)

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """As in `Engine`."""
        self._begin()
        loss, logs = 0.0, {}
        for position, (block, rows) in enumerate(self._blocks.in_order(order)):
            total, logs = self._function(*self._arguments(block, rows, is_first=position == 0))
            loss += float(total)
        self._end()
        return {**{name: float(value) for name, value in logs.items()}, "loss": loss / len(order)}

    def _begin(self) -> None:
        """Let every copy hold what the plain model holds, and each draw other random numbers."""
        load_arrays(self._copies.model, self.state())
        for variable in _seeds(self._copies.model):
            for number, copy in enumerate(self._strategy.experimental_local_results(variable.value)):
                copy.assign_add([number * _BETWEEN_SEEDS, 0])

    def _end(self) -> None:
        """Let the plain model hold what the copies do: moving statistics are the means of theirs."""
        model = self._copies.model
        arrays = {**model_arrays(model), **optimizer_arrays(model)}
        own = {id(variable) for variable in model.trainable_variables}
        for name, variable in zip(arrays, model.variables, strict=False):
            if id(variable) not in own and arrays[name].dtype.kind == "f":
                each = [copy.numpy() for copy in self._strategy.experimental_local_results(variable.value)]
                arrays[name] = np.mean(each, axis=0, dtype=np.float64).astype(arrays[name].dtype)
        load_arrays(self.problem.model, arrays)

    def _arguments(self, block: Sequence[NDArray[Any]], rows: int, *, is_first: bool) -> tuple[Any, ...]:
        import tensorflow as tf

        return tuple(map(tf.convert_to_tensor, block)), tf.constant(rows), tf.constant(is_first)


def require_fused(name: str, config: ExperimentConfig) -> None:
    """Require the engine that trains on several devices: a study may have put another one into an experiment.

    Raises
    ------
    ModelError
        If it is another.
    """
    if name != DEFAULT:
        raise ModelError(
            f"training.devices: {config.training.devices} is for training.engine {DEFAULT}. Received: {name}. Set "
            f"the engine to {DEFAULT}, or training.devices to 1.",
            code="model-devices-unfit",
        )


def _require_plain(problem: Problem) -> None:
    """Require Keras' own training step, loss and update: of a user's model or optimizer nobody knows before."""
    import keras

    devices, model, optimizer = problem.config.training.devices, type(problem.model), problem.model.optimizer
    own = []
    if model.train_step is not keras.Model.train_step or model.compute_loss is not keras.Model.compute_loss:
        own.append(f"the model {model.__name__}, which has its own")
    is_wrapped = type(optimizer).apply is not keras.optimizers.Optimizer.apply
    if is_wrapped or any(getattr(optimizer, name, None) for name in UNFIT_ARGUMENTS):
        own.append(f"the optimizer {type(optimizer).__name__}, which updates in another way")
    if own:
        raise ModelError(
            f"training.devices: {devices} trains with Keras' own step, loss and update. Received: {'; '.join(own)}. "
            "Set training.devices to 1.",
            code="model-devices-unfit",
        )


def _strategy(problem: Problem) -> Any:
    """Return what holds copies on the first devices; gradients are added on one of them, in the devices' order."""
    import tensorflow as tf

    training = problem.config.training
    names = [f"{training.device.upper()}:{number}" for number in range(training.devices)]
    return tf.distribute.MirroredStrategy(names, cross_device_ops=tf.distribute.ReductionToOneDevice())


def _seeds(model: Any) -> list[Any]:
    """Return the variables that random layers draw from: a seed, and how many times they have drawn."""
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]


def _block_function(problem: Problem, strategy: Any, n: int, is_used: Sequence[bool]) -> Any:
    """Return `f(block, rows, is_first) -> (sum of the losses of all rows, logs)`: a step for every batch of a block.

    Parameters
    ----------
    problem : the copies
    n : rows of the training split
    is_used : for each trainable variable
    """
    import tensorflow as tf

    model, batch_size, devices = problem.model, problem.batch_size, strategy.num_replicas_in_sync
    rest, variables = n % batch_size, list(compress(model.trainable_variables, is_used))

    def part(arrays: Any, places: Sequence[tuple[int, int]], size: int) -> Any:
        """Train on the part of a batch that belongs to this device; return its share of the loss of the batch."""
        context = tf.distribute.get_replica_context()
        first, after = places[int(tf.get_static_value(context.replica_id_in_sync_group))]
        if first == after:  # of a last batch with fewer rows than devices
            update(context, [tf.zeros(variable.shape, variable.dtype) for variable in variables])
            return tf.constant(0.0)
        own = tuple(array[first:after] for array in arrays)
        x, y, weight = _unpacked(problem.batch(own))
        share = devices * (after - first) / size  # Keras takes the mean of a part and divides it by the devices
        weighted = weight if share == 1 else share * (tf.ones(after - first) if weight is None else weight)
        with tf.GradientTape() as tape:
            answers = model(x, training=True)
            loss = model.compute_loss(x=x, y=y, y_pred=answers, sample_weight=weighted, training=True)
        update(context, [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)])
        model.compute_metrics(x, y, answers, sample_weight=weight)
        return loss

    def update(context: Any, gradients: Sequence[Any]) -> None:
        sums = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        model.optimizer.apply_gradients(zip(sums, variables, strict=True))

    def step(arrays: Any, size: int) -> Any:
        ends = [size * number // devices for number in range(devices + 1)]
        losses = strategy.run(part, args=(arrays, list(pairwise(ends)), size))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None) * float(size)

    def all_steps(block: Any, rows: Any, is_first: Any) -> Any:
        reset_if(is_first, model)
        steps = rows // batch_size

        def batch(first: Any, size: int) -> Any:
            return tuple(tf.ensure_shape(array[first : first + size], (size, *array.shape[1:])) for array in block)

        def body(i: Any, total: Any) -> Any:
            return i + 1, total + step(batch(i * batch_size, batch_size), batch_size)

        total = tf.constant(0.0)
        if n >= batch_size:
            _, total = tf.while_loop(lambda i, _: i < steps, body, (tf.constant(0), total), parallel_iterations=1)
        if rest:
            begin = steps * batch_size
            total += tf.cond(rows > begin, lambda: step(batch(begin, rest), rest), lambda: tf.constant(0.0))
        return total, model.get_metrics_result()

    return all_steps


def _is_used(problem: Problem) -> list[bool]:
    """Return for each trainable variable whether the loss depends on it: only those are updated by Keras' own step.

    Parameters
    ----------
    problem : the plain model
    """
    import tensorflow as tf

    model = problem.model
    x, y, weight = _unpacked(problem.batch(tuple(array[:1] for array in problem.examples["train"].arrays)))
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x), sample_weight=weight)
    return [gradient is not None for gradient in tape.gradient(loss, model.trainable_variables)]


def _unpacked(batch: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    x, y, *weight = batch
    return x, y, weight[0] if weight else None
