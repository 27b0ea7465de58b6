"""Loss, metrics and predictions of a model as it stands: the same code for every engine, so the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.mapped_arrays import release_pages
from optbench.training.blocks import BLOCK_BYTES, rows_of_a_block
from optbench.training.metric_state import build_metrics, reset_if
from optbench.training.problem import EVALUATION_BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.training.problem import Problem


class Evaluator:
    """Keras' own `test_step` and forward pass in batches; trains nothing.

    One call evaluates a block of rows, so memory stays bounded, and a small split is one call.
    """

    def __init__(self, problem: Problem, *, batch_size: int = EVALUATION_BATCH, block_bytes: int = BLOCK_BYTES) -> None:
        self._problem = problem
        self._batch_size = batch_size
        self._block_bytes = block_bytes
        self._has_metrics = False
        self._functions: dict[tuple[str, int], Any] = {}

    def metrics(self, split: SplitName) -> dict[str, float]:
        """Return `loss` and metrics of one split, as Keras' `evaluate` would, with the split's weights."""
        import tensorflow as tf

        if not self._has_metrics:
            build_metrics(self._problem)
            self._has_metrics = True
        logs: dict[str, Any] = {}
        for position, block in enumerate(self._blocks(self._problem.examples[split].arrays)):
            logs = self._call(self._test, block, tf.constant(position == 0))
        return {name: float(value) for name, value in logs.items()}

    def outputs(self, split: SplitName, *, at_most: int | None = None) -> NDArray[np.float32]:
        """Return what the model says, (n, units) float32, on the first `at_most` examples of a split."""
        x = self._problem.examples[split].x[:at_most]
        outputs = np.concatenate([self._call(self._predict, block).numpy() for block in self._blocks((x,))])
        return outputs.astype(np.float32, copy=False)

    def _blocks(self, arrays: tuple[NDArray[Any], ...]) -> Iterator[tuple[NDArray[Any], ...]]:
        rows = rows_of_a_block(arrays, self._batch_size, block_bytes=self._block_bytes)
        for start in range(0, len(arrays[0]), rows):
            yield tuple(array[start : start + rows] for array in arrays)
            if rows < len(arrays[0]):  # a split of one block is evaluated again after every epoch
                for array in arrays:
                    release_pages(array)

    def _call(self, function: Any, block: tuple[NDArray[Any], ...], *arguments: Any) -> Any:
        """Call `function(block)` as one graph for blocks of any length, traced once.

        With a length of its own for each graph, the last bits would depend on which split was evaluated first.
        """
        import tensorflow as tf

        tensors = tuple(tf.convert_to_tensor(array) for array in block)
        key = (function.__name__, len(tensors))
        if key not in self._functions:
            shapes = tuple(tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in tensors)
            self._functions[key] = tf.function(function, autograph=False).get_concrete_function(shapes, *arguments)
        return self._functions[key](tensors, *arguments)

    def _test(self, block: Any, is_first: Any) -> Any:
        """Add a block to the metrics, in batches; the first block of a split begins them anew."""
        import tensorflow as tf

        model = self._problem.model
        reset_if(is_first, model)

        def step(batch: Any, nothing: Any) -> Any:
            model.test_step(batch)
            return nothing

        _loop_over_batches(block, self._batch_size, step, tf.constant(0))
        return model.get_metrics_result()

    def _predict(self, block: Any) -> Any:
        """Return the outputs for a block, computed in batches."""
        import tensorflow as tf

        model = self._problem.model
        shape = (None, *model.output_shape[1:])
        outputs = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=shape, infer_shape=False)

        def step(batch: Any, outputs: Any) -> Any:
            # in mixed precision the last layer need not compute in the type that the model says of itself
            return outputs.write(outputs.size(), tf.cast(model(batch[0], training=False), tf.float32))

        return _loop_over_batches(block, self._batch_size, step, outputs).concat()


def _loop_over_batches(block: Any, batch_size: int, step: Any, value: Any) -> Any:
    """Return `step(batch, value)` applied along the batches of a block; the length of a batch is known to no graph."""
    import tensorflow as tf

    rows = tf.shape(block[0])[0]

    def one(start: Any, value: Any) -> Any:
        stop = tf.minimum(start + batch_size, rows)
        return stop, step(tuple(array[start:stop] for array in block), value)

    return tf.while_loop(lambda start, _: start < rows, one, (tf.constant(0), value), parallel_iterations=1)[1]
