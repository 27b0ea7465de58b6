"""All steps of an epoch in one TensorFlow function: data as tensors, batches gathered by the epoch's order.

The step is the model's own `train_step`, so the numbers are those of `fit(shuffle=False)` on the reordered arrays,
bit for bit; what is saved is the way through Python and `tf.data` between two steps. Compiled with XLA the same
function is the `xla` engine: faster on small dense models, other last bits, and dropout draws another stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.training.problem import Problem


class FusedEngine:
    """One `tf.function` that loops over the steps of an epoch."""

    def __init__(self, problem: Problem, *, compiled: bool) -> None:
        import tensorflow as tf

        self._problem = problem
        self._n = len(problem.examples["train"].y)
        train = problem.examples["train"]
        arrays = (train.x, train.y) if train.weight is None else (train.x, train.y, train.weight)
        self._data = tuple(tf.convert_to_tensor(array) for array in arrays)
        self._function = _epoch_function(problem.model, problem.batch_size, self._n, compiled=compiled)

    def prepare(self) -> None:
        """Trace and compile by running an epoch of no steps."""
        import tensorflow as tf

        self._function(self._data, tf.range(self._n), tf.constant(0), tf.constant(value=False))
        self._problem.model.reset_metrics()

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """Train one epoch; see `Engine.run_epoch`."""
        import tensorflow as tf

        model, steps = self._problem.model, self._n // self._problem.batch_size
        model.reset_metrics()
        rows = tf.convert_to_tensor(order.astype("int32"))
        logs = self._function(self._data, rows, tf.constant(steps), tf.constant(value=True))
        return {name: float(value) for name, value in logs.items()}


def _epoch_function(model: Any, batch_size: int, n: int, *, compiled: bool) -> Any:
    """Return `f(data, order, steps, with_rest) -> logs`; `steps` full batches, then the short last one."""
    import tensorflow as tf

    rest = n % batch_size

    def train_on(data: Any, order: Any, start: Any, size: int) -> None:
        rows = tf.slice(order, [start], [size])
        model.train_step(tuple(tf.gather(array, rows) for array in data))

    def epoch(data: Any, order: Any, steps: Any, with_rest: Any) -> Any:
        def step(i: Any) -> Any:
            train_on(data, order, i * batch_size, batch_size)
            return (i + 1,)

        if n >= batch_size:
            tf.while_loop(lambda i: i < steps, step, (tf.constant(0),), parallel_iterations=1)
        if rest:

            def last() -> Any:
                train_on(data, order, n - rest, rest)
                return tf.constant(0)

            tf.cond(with_rest, last, lambda: tf.constant(0))
        return model.get_metrics_result()

    return tf.function(epoch, autograph=False, jit_compile=compiled)
