"""Many steps in one TensorFlow function: it loops over the batches of a block of rows, in the epoch's order.

The step is the model's own `train_step`, so the numbers are those of `fit(shuffle=False)` on the reordered arrays,
bit for bit; what is saved is the way through Python and `tf.data` between two steps. Compiled with XLA the same
function is the `xla` engine: faster on small dense models, with the same dropout masks and other last bits.

Rows that fit into one block are handed over once, and a step gathers its own; otherwise each block is gathered first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.text import as_sentence
from optbench.errors import ModelError
from optbench.mapped_arrays import release_pages
from optbench.training.blocks import BLOCK_BYTES, Blocks, rows_of_a_block
from optbench.training.engines.dropout import short_dropout
from optbench.training.engines.held_decay import held_decay
from optbench.training.engines.keras_engine import KerasEngine
from optbench.training.keras_internals import shared_reads
from optbench.training.metric_state import build_metrics, reset_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optbench.training.problem import Problem


class FusedEngine(KerasEngine):
    """One `tf.function` that loops over the steps of a block; an epoch is one block, or several if it is large."""

    def __init__(self, problem: Problem, *, compiled: bool, key: str = "", block_bytes: int = BLOCK_BYTES) -> None:
        super().__init__(problem, key=key)
        self._compiled = compiled
        arrays = problem.examples["train"].arrays
        self._arrays = arrays
        self._n = len(arrays[0])
        self._rows = rows_of_a_block(arrays, problem.batch_size, block_bytes=block_bytes)
        self._blocks = Blocks(arrays, self._rows) if self._rows < self._n else None
        self._whole: tuple[Any, ...] = ()
        self._function: Any = None

    def check(self) -> None:
        """As in `Engine`: XLA refuses some models, and only compiling shows which."""
        super().check()
        if self._compiled:
            self.prepare()

    def prepare(self) -> None:
        """Trace and compile, once, and train on no rows, which makes ready again what a cleared session has dropped.

        Raises
        ------
        ModelError
            If XLA cannot compile the model, or not so that it gives the same bits every time.
        """
        import tensorflow as tf

        block = self._whole_block() if self._blocks is None else self._blocks.empty()
        arguments = self._arguments(block, np.arange(self._rows), 0, is_first=True)
        try:
            if self._function is None:
                self._function = self._traced(arguments)
            self._function(*arguments)
        except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
            if not self._compiled:
                raise
            reason = as_sentence(error.message.strip().splitlines()[0])
            raise ModelError(
                f"XLA cannot compile this model: {reason} Set training.engine to fused.", code="model-not-compiled"
            ) from error

    def _traced(self, arguments: tuple[Any, ...]) -> Any:
        import tensorflow as tf

        build_metrics(self.problem)
        function = _block_function(self.problem, self._n, compiled=self._compiled)
        traceable = tf.function(function, autograph=False, jit_compile=self._compiled)
        # a concrete function is traced once; called as it is, a tf.function would be traced twice
        optimizer = self.problem.model.optimizer
        with (
            shared_reads(optimizer),
            held_decay(optimizer, self.problem.decay),
            short_dropout(compiled=self._compiled),
        ):
            return traceable.get_concrete_function(*arguments)

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """As in `Engine`."""
        logs: dict[str, Any] = {}
        for position, (block, places, rows) in enumerate(self._in_order(order)):
            logs = self._function(*self._arguments(block, places, rows, is_first=position == 0))
        return {name: float(value) for name, value in logs.items()}

    def _in_order(self, order: NDArray[np.int64]) -> Iterator[tuple[Any, NDArray[np.int64], int]]:
        """Yield blocks, the places of their rows in the order of training, and how many of these count."""
        if self._blocks is None:
            yield self._whole_block(), order, len(order)
            return
        places = np.arange(self._rows)
        for block, rows in self._blocks.in_order(order):
            yield block, places, rows

    def _whole_block(self) -> tuple[Any, ...]:
        import tensorflow as tf

        if not self._whole:
            self._whole = tuple(tf.convert_to_tensor(np.ascontiguousarray(array)) for array in self._arrays)
            for array in self._arrays:
                release_pages(array)
        return self._whole

    def _arguments(self, block: Any, places: NDArray[np.int64], rows: int, *, is_first: bool) -> tuple[Any, ...]:
        import tensorflow as tf

        tensors = tuple(tf.convert_to_tensor(array) for array in block)
        numbers = np.zeros(self._rows, np.int32)  # its length is part of the graph
        numbers[: len(places)] = places
        return (
            tensors,
            tf.constant(numbers),
            tf.constant(rows),
            tf.constant(self.problem.batch_size),
            tf.constant(is_first),
        )


def _block_function(problem: Problem, n: int, *, compiled: bool) -> Any:
    """Return `f(block, places, rows, size, is_first) -> logs`: a step for every batch of the first `rows` places.

    Parameters
    ----------
    n : rows of the training split
    compiled : for XLA, which has to know all shapes: a short last batch gets a step of its own

    Notes
    -----
    The batch axis is known to TensorFlow if every batch is full, and unknown otherwise, as in `fit`. It matters for
    the last bits: a mean over a known number of rows is computed by another formula. `size` is `batch_size` again, as
    a tensor that no optimizer of graphs can take for a constant. The logs are of all blocks since the first.
    """
    import tensorflow as tf

    model, batch_size, meter = problem.model, problem.batch_size, problem.meter
    train_step = model.train_step if meter is None else partial(meter.around_step, model.train_step)
    rest = n % batch_size
    is_static = compiled or not rest

    def batch(block: Any, places: Any, start: Any, size: Any) -> Any:
        numbers = tf.slice(places, [start], [size])
        return problem.batch(tuple(tf.gather(array, numbers) for array in block))

    def all_steps(block: Any, places: Any, rows: Any, size: Any, is_first: Any) -> Any:
        reset_if(is_first, model)
        steps = rows // batch_size if is_static else (rows + batch_size - 1) // batch_size

        def batch_of(i: Any) -> Any:
            start = i * batch_size
            return batch(block, places, start, batch_size if is_static else tf.minimum(size, rows - start))

        def step(i: Any) -> Any:
            model.train_step(batch_of(i))
            return (i + 1,)

        if meter is not None and (n >= batch_size or not is_static):
            meter.in_parts(steps, step, batch_of)
        elif n >= batch_size or not is_static:
            tf.while_loop(lambda i: i < steps, step, (tf.constant(0),), parallel_iterations=1)
        if is_static and rest:

            def last() -> Any:
                train_step(batch(block, places, (n - rest) % int(places.shape[0]), rest))
                return tf.constant(0)

            tf.cond(rows > steps * batch_size, last, lambda: tf.constant(0))
        return model.get_metrics_result()

    return all_steps
