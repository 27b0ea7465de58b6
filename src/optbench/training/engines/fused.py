"""All steps of an epoch in one TensorFlow function: data as tensors, batches gathered by the epoch's order.

The step is the model's own `train_step`, so the numbers are those of `fit(shuffle=False)` on the reordered arrays,
bit for bit; what is saved is the way through Python and `tf.data` between two steps. Compiled with XLA the same
function is the `xla` engine: faster on small dense models, other last bits, and dropout draws another stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.training.problem import Problem


class FusedEngine:
    """One `tf.function` that loops over the steps of an epoch."""

    def __init__(self, problem: Problem, *, compiled: bool) -> None:
        import tensorflow as tf

        self._problem = problem
        self._compiled = compiled
        self._n = len(problem.examples["train"].y)
        train = problem.examples["train"]
        arrays = (train.x, train.y) if train.weight is None else (train.x, train.y, train.weight)
        self._data = tuple(tf.convert_to_tensor(array) for array in arrays)
        self._function: Any = None

    def prepare(self) -> None:
        """Trace and compile by running an epoch of no steps.

        Raises
        ------
        ModelError
            If XLA cannot compile the model, or not so that it gives the same bits every time.
        """
        import tensorflow as tf

        rows = tf.range(self._n)
        arguments = (self._data, rows, tf.constant(0), tf.constant(self._problem.batch_size))
        epoch = _epoch_function(self._problem.model, self._problem.batch_size, self._n, compiled=self._compiled)
        try:
            # a concrete function is traced once; called as it is, a tf.function would be traced twice
            self._function = tf.function(epoch, autograph=False, jit_compile=self._compiled).get_concrete_function(
                *arguments
            )
            self._function(*arguments)
        except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
            if not self._compiled:
                raise
            reason = error.message.strip().splitlines()[0]
            raise ModelError(f"XLA cannot compile this model: {reason} Set training.engine to auto.") from error
        self._problem.model.reset_metrics()

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """Train one epoch; see `Engine.run_epoch`."""
        import tensorflow as tf

        size = self._problem.batch_size
        self._problem.model.reset_metrics()
        rows = tf.convert_to_tensor(order.astype("int32"))
        logs = self._function(self._data, rows, tf.constant(-(-self._n // size)), tf.constant(size))
        return {name: float(value) for name, value in logs.items()}


def _epoch_function(model: Any, batch_size: int, n: int, *, compiled: bool) -> Any:
    """Return `f(data, order, steps, size) -> logs`: as many steps as asked for, the last one with what rows are left.

    Parameters
    ----------
    batch_size, n : rows of a batch and of the training split
    compiled : for XLA, which has to know all shapes: a short last batch gets a step of its own

    Notes
    -----
    The batch axis is known to TensorFlow if every batch is full, and unknown otherwise, as in `fit`. It matters for
    the last bits: a mean over a known number of rows is computed by another formula. `size` is `batch_size` again, as
    a tensor that no optimizer of graphs can take for a constant.
    """
    import tensorflow as tf

    full_steps, rest = divmod(n, batch_size)
    is_static = compiled or not rest

    def train_on(data: Any, order: Any, start: Any, size: Any) -> None:
        rows = tf.slice(order, [start], [size])
        model.train_step(tuple(tf.gather(array, rows) for array in data))

    def epoch(data: Any, order: Any, steps: Any, size: Any) -> Any:
        def step(i: Any) -> Any:
            start = i * batch_size
            train_on(data, order, start, batch_size if is_static else tf.minimum(size, n - start))
            return (i + 1,)

        looped = tf.minimum(steps, full_steps) if is_static else steps
        if full_steps or not is_static:
            tf.while_loop(lambda i: i < looped, step, (tf.constant(0),), parallel_iterations=1)
        if is_static and rest:

            def last() -> Any:
                train_on(data, order, n - rest, rest)
                return tf.constant(0)

            tf.cond(steps > full_steps, last, lambda: tf.constant(0))
        return model.get_metrics_result()

    return epoch
