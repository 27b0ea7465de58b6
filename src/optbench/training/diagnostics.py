"""Gradient norm, size of updates and weight norm per layer, measured beside the training step without touching it.

On every 64th step, and on three of an epoch at least, the gradient of the batch is computed a second time: for
the same weights and the same dropout mask, with nothing written to the model. An additional reader of the gradient
that training uses would be cheaper, but TensorFlow then arranges that computation in another way and the last bits of
the training move. What is measured lies in variables that no optimizer, no checkpoint and no digest knows of.
"""

from __future__ import annotations

import math
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.errors import ModelError
from optbench.records import ALL_LAYERS, LayerDiagnostics
from optbench.training.keras_internals import steps_taken
from optbench.training.optimizers import inner_optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    from numpy.typing import NDArray

# A measured step costs two to three more of a small dense model, two thirds of one more of a large model.
_STRIDE = 64
_AT_LEAST = 3
_NOT_MEASURED = -1.0


class DiagnosticsMeter:
    """Measures the steps of a compiled model.

    Parameters
    ----------
    steps : steps of an epoch

    Raises
    ------
    ModelError
        If the model has a `train_step` of its own: what its gradient is cannot be known from outside.

    Notes
    -----
    Engines call it inside their graph: `around_step` for every step, or `in_parts` for many, which costs less. With
    gradient accumulation those steps are measured that update the weights.
    """

    def __init__(self, model: keras.Model, steps: int) -> None:
        import keras
        import tensorflow as tf

        if type(model).train_step is not keras.Model.train_step:
            raise ModelError(
                "training.diagnostics needs Keras' own training step. Received: a model with a train_step of its own. "
                "Set training.diagnostics to false.",
                code="model-train-step-own",
            )
        self._model = model
        self._variables = model.trainable_variables
        self._sizes = [math.prod(variable.shape) for variable in self._variables]
        self._accumulated = getattr(inner_optimizer(model.optimizer), "gradient_accumulation_steps", None) or 1
        self._stride = self._accumulated * max(1, min(_STRIDE, (steps - 1) // (_AT_LEAST - 1)) // self._accumulated)
        shape = (steps // self._stride + 1, len(self._variables))
        # per measured step and variable, half the squared norm of the gradient, of the weights and of their change
        self._gradients, self._weights, self._updates = (
            tf.Variable(tf.fill(shape, _NOT_MEASURED), trainable=False) for _ in range(3)
        )
        self._old = tf.Variable(tf.zeros(sum(self._sizes)), trainable=False)
        self._step, self._filled = (tf.Variable(tf.constant(0, tf.int64), trainable=False) for _ in range(2))

    def begin_epoch(self) -> None:
        """Forget what was measured."""
        for table in (self._gradients, self._weights, self._updates):
            table.assign(np.full(table.shape, _NOT_MEASURED, dtype=np.float32))
        self._step.assign((steps_taken(inner_optimizer(self._model.optimizer)) + 1) % self._accumulated)
        self._filled.assign(0)

    def end_epoch(self, epoch: int) -> tuple[LayerDiagnostics, ...]:
        """Return a row per layer in the model's order, and last one for all layers together."""
        tables = [table.numpy().astype(np.float64) for table in (self._gradients, self._weights, self._updates)]
        squares = 2 * np.stack(tables, axis=1)[: min(int(self._filled), len(tables[0]))]
        weights = np.array([np.square(np.asarray(v, dtype=np.float64)).sum() for v in self._variables])
        return tuple(
            _row(epoch, layer, squares[:, :, found].sum(axis=2), float(weights[found].sum()))
            for layer, found in self._positions().items()
        )

    def _positions(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, variable in enumerate(self._variables):
            found.setdefault(variable.path.rpartition("/")[0] or variable.path, []).append(position)
        return {**found, ALL_LAYERS: list(range(len(self._variables)))}

    def around_step(self, train_step: Callable[[Any], Any], data: Any) -> Any:
        """Return `train_step(data)`, measured if it is due; part of a graph.

        Parameters
        ----------
        data : inputs, labels and, if there are any, weights of a batch
        """
        import tensorflow as tf

        is_due = tf.equal(self._step % self._stride, 0)
        tf.cond(is_due, lambda: self._write_gradient(data), _nothing)
        result = train_step(data)
        with tf.control_dependencies(tf.nest.flatten(result)):
            tf.cond(is_due, self._write_update, _nothing)
        self._step.assign_add(1)
        return result

    def in_parts(self, steps: Any, step: Callable[[Any], Any], batch: Callable[[Any], Any]) -> None:
        """Run steps 0 to `steps` - 1 and measure those that are due; part of a graph.

        Costs nothing between them: a condition in every step would, since TensorFlow visits what it leaves out. So
        would a second copy of the step in the graph, some 15 % of every step: a measured step is a part of its own.

        Parameters
        ----------
        steps : () int32
        step : runs the step of a number and returns the next number in a tuple
        batch : returns the data of a step
        """
        import tensorflow as tf

        before = tf.cast(self._step % self._stride, tf.int32)

        def part(start: Any) -> Any:
            passed = (before + start) % self._stride
            is_due = tf.equal(passed, 0)
            end = tf.where(is_due, start + 1, tf.minimum(steps, start + self._stride - passed))
            tf.cond(is_due, lambda: self._write_gradient(batch(start)), _nothing)
            ended = tf.while_loop(lambda i: i < end, step, (start,), parallel_iterations=1)
            tf.cond(is_due, self._write_update, _nothing)
            return ended

        tf.while_loop(lambda start: start < steps, part, (tf.constant(0),), parallel_iterations=1)
        self._step.assign_add(tf.cast(steps, tf.int64))

    def _write_gradient(self, data: Any) -> Any:
        import tensorflow as tf

        weights = [tf.convert_to_tensor(variable.value) for variable in self._variables]
        number = self._filled % self._gradients.shape[0]  # a trial before the first epoch may have filled it
        self._set_row(self._gradients, number, _gradients_of(self._model, weights, data))
        self._set_row(self._weights, number, weights)
        self._old.assign(tf.concat([tf.reshape(value, [-1]) for value in weights], axis=0))
        return tf.constant(0)

    def _write_update(self) -> Any:
        import tensorflow as tf

        old = tf.split(self._old, self._sizes)
        changes = [tf.reshape(v.value, [-1]) - part for v, part in zip(self._variables, old, strict=True)]
        self._set_row(self._updates, self._filled % self._updates.shape[0], changes)
        self._filled.assign_add(1)
        return tf.constant(0)

    def _set_row(self, table: Any, number: Any, tensors: Sequence[Any]) -> None:
        import tensorflow as tf

        row = tf.stack([tf.nn.l2_loss(tensor) for tensor in tensors])
        tf.raw_ops.ResourceScatterUpdate(resource=table.handle, indices=number, updates=row)


def _nothing() -> Any:
    import tensorflow as tf

    return tf.constant(0)


def _gradients_of(model: keras.Model, weights: Sequence[Any], data: Any) -> list[Any]:
    """Return the gradient of the loss of a batch, dense, one per weight; changes no variable."""
    import keras
    import tensorflow as tf

    x, y, *weight = data
    mapping = list(zip(model.trainable_variables, weights, strict=True))
    with tf.GradientTape() as tape, keras.StatelessScope(state_mapping=mapping, collect_losses=True):
        tape.watch(weights)
        y_pred = model(x, training=True)
        loss = model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight[0] if weight else None)
    gradients = tape.gradient(loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    # embeddings have sparse gradients, in which a row may stand twice
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def _row(epoch: int, layer: str, squares: NDArray[np.float64], weight_square: float) -> LayerDiagnostics:
    """Return one layer's row from the (steps, 3) squared norms of gradient, weights and update."""
    norms = np.sqrt(squares)
    steps = len(norms)
    moving = norms[norms[:, 1] > 0]
    return LayerDiagnostics(
        epoch=epoch,
        layer=layer,
        measured_steps=steps,
        gradient_norm=float(np.mean(norms[:, 0])) if steps else math.nan,
        gradient_norm_sd=float(np.std(norms[:, 0], ddof=1)) if steps > 1 else math.nan,
        update_ratio=float(np.mean(moving[:, 2] / moving[:, 1])) if len(moving) else math.nan,
        weight_norm=math.sqrt(weight_square),
    )


def diagnostics_as_json(row: LayerDiagnostics) -> list[int | str]:
    """Return a row as a checkpoint holds it: floats in hexadecimal, so that they come back exactly."""
    return [cell.hex() if isinstance(cell, float) else cell for cell in astuple(row)]


def diagnostics_from_json(cells: Sequence[Any]) -> LayerDiagnostics:
    """Return a row from what `diagnostics_as_json` made of it."""
    epoch, layer, measured_steps, *numbers = cells
    return LayerDiagnostics(epoch, layer, measured_steps, *(float.fromhex(number) for number in numbers))
