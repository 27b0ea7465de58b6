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
        self._function = _epoch_function(problem.model, problem.batch_size, self._n, compiled=compiled)

    def prepare(self) -> None:
        """Trace and compile by running an epoch of no steps.

        Raises
        ------
        ModelError
            If XLA cannot compile the model, or not so that it gives the same bits every time.
        """
        import tensorflow as tf

        try:
            self._run(tf.range(self._n), steps=0, with_rest=False)
        except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
            if not self._compiled:
                raise
            reason = error.message.strip().splitlines()[0]
            raise ModelError(f"XLA cannot compile this model: {reason} Set training.engine to auto.") from error
        self._problem.model.reset_metrics()

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """Train one epoch; see `Engine.run_epoch`."""
        import tensorflow as tf

        self._problem.model.reset_metrics()
        steps = self._n // self._problem.batch_size
        logs = self._run(tf.convert_to_tensor(order.astype("int32")), steps=steps, with_rest=True)
        return {name: float(value) for name, value in logs.items()}

    def _run(self, order: Any, *, steps: int, with_rest: bool) -> Any:
        import tensorflow as tf

        sizes = tf.constant([self._problem.batch_size]), tf.constant([self._n % self._problem.batch_size])
        return self._function(self._data, order, tf.constant(steps), tf.constant(with_rest), sizes)


def _epoch_function(model: Any, batch_size: int, n: int, *, compiled: bool) -> Any:
    """Return `f(data, order, steps, with_rest, sizes) -> logs`; `steps` full batches, then the short last one.

    Notes
    -----
    The batch axis is known to TensorFlow if every batch is full, and unknown otherwise, as in `fit`. It matters for
    the last bits: a mean over a known number of rows is computed by another formula. XLA has to know all shapes.
    """
    import tensorflow as tf

    rest = n % batch_size
    is_static = compiled or not rest

    def train_on(data: Any, order: Any, start: Any, size: Any) -> None:
        rows = tf.slice(order, [start], size)
        model.train_step(tuple(tf.gather(array, rows) for array in data))

    def epoch(data: Any, order: Any, steps: Any, with_rest: Any, sizes: Any) -> Any:
        full_size, rest_size = ([batch_size], [rest]) if is_static else sizes

        def step(i: Any) -> Any:
            train_on(data, order, i * batch_size, full_size)
            return (i + 1,)

        if n >= batch_size:
            tf.while_loop(lambda i: i < steps, step, (tf.constant(0),), parallel_iterations=1)
        if rest:

            def last() -> Any:
                train_on(data, order, n - rest, rest_size)
                return tf.constant(0)

            tf.cond(with_rest, last, lambda: tf.constant(0))
        return model.get_metrics_result()

    return tf.function(epoch, autograph=False, jit_compile=compiled)
