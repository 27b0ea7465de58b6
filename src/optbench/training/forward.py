"""The outputs of a model in batches: one graph, whether the model was just trained or has been loaded again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.mapped_arrays import release_pages
from optbench.training.blocks import BLOCK_BYTES, rows_of_a_block
from optbench.training.model_inputs import model_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import keras
    from numpy.typing import NDArray

    from optbench.records import InputPart

EVALUATION_BATCH: Final = 1024
"""Rows of a batch that is evaluated: more than in training, as nothing is kept; fixed, as it decides the last bits."""


class ForwardPass:
    """A model's outputs; nothing is trained. One call takes a block of rows, so memory stays bounded.

    Parameters
    ----------
    parts : the arrays that the model takes, if they are several
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        parts: Sequence[InputPart] = (),
        batch_size: int = EVALUATION_BATCH,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._model = model
        self._parts = parts
        self._batch_size = batch_size
        self._block_bytes = block_bytes
        self._functions: dict[tuple[str, int], Any] = {}

    def outputs(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Return what the model says, (n, units) float32, on examples, (n, ...)."""
        outputs = np.concatenate([self.call(self._predict, block).numpy() for block in self.blocks((x,))])
        return outputs.astype(np.float32, copy=False)

    def blocks(self, arrays: tuple[NDArray[Any], ...]) -> Iterator[tuple[NDArray[Any], ...]]:
        """Yield the rows of arrays that belong together, a block at a time."""
        rows = rows_of_a_block(arrays, self._batch_size, block_bytes=self._block_bytes)
        for start in range(0, len(arrays[0]), rows):
            yield tuple(array[start : start + rows] for array in arrays)
            if rows < len(arrays[0]):  # a split of one block is evaluated again after every epoch
                for array in arrays:
                    release_pages(array)

    def call(self, function: Any, block: tuple[NDArray[Any], ...], *arguments: Any) -> Any:
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

    def loop_over_batches(self, block: Any, step: Any, value: Any) -> Any:
        """Return `step(batch, value)` applied along the batches of a block; no graph knows the length of a batch."""
        import tensorflow as tf

        rows = tf.shape(block[0])[0]

        def one(start: Any, value: Any) -> Any:
            stop = tf.minimum(start + self._batch_size, rows)
            return stop, step(tuple(array[start:stop] for array in block), value)

        return tf.while_loop(lambda start, _: start < rows, one, (tf.constant(0), value), parallel_iterations=1)[1]

    def _predict(self, block: Any) -> Any:
        """Return the outputs for a block, computed in batches."""
        import tensorflow as tf

        model, parts = self._model, self._parts
        shape = (None, *model.output_shape[1:])
        outputs = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=shape, infer_shape=False)

        def step(batch: Any, outputs: Any) -> Any:
            # in mixed precision the last layer need not compute in the type that the model says of itself
            return outputs.write(
                outputs.size(), tf.cast(model(model_inputs(batch[0], parts), training=False), tf.float32)
            )

        return self.loop_over_batches(block, step, outputs).concat()
