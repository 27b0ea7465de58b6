"""Plain `model.fit`, one epoch at a time: the reference, and the way out for a `train_step` that does not trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.training.blocks import BLOCK_BYTES, Blocks, rows_of_a_block
from optbench.training.engines.keras_engine import KerasEngine
from optbench.training.keras_internals import weights_kept, wrap_train_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from optbench.training.problem import Problem


class KerasFitEngine(KerasEngine):
    """Calls `fit(shuffle=False)` on the rows in the epoch's order: as arrays, or batch by batch if they are many."""

    def __init__(self, problem: Problem, *, key: str = "", block_bytes: int = BLOCK_BYTES) -> None:
        super().__init__(problem, key=key)
        if problem.meter is not None:
            wrap_train_step(problem.model, problem.meter.around_step)
        self._arrays = problem.examples["train"].arrays
        self._n = len(self._arrays[0])
        self._rows = rows_of_a_block(self._arrays, problem.batch_size, block_bytes=block_bytes)

    def prepare(self) -> None:
        """Do nothing: `fit` traces in its first step."""

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """As in `Engine`."""
        model, size = self.problem.model, self.problem.batch_size
        with weights_kept(model.optimizer):
            if self._rows == self._n:
                x, y, *weight = self.problem.batch(tuple(array[order] for array in self._arrays))
                weights = weight[0] if weight else None
                history = model.fit(x, y, sample_weight=weights, batch_size=size, shuffle=False, verbose=0)
            else:
                history = model.fit(self._batches(order), shuffle=False, verbose=0)
        return {name: float(values[-1]) for name, values in history.history.items()}

    def _batches(self, order: NDArray[np.int64]) -> Any:
        """Return a `tf.data.Dataset` of the epoch's batches that holds one block of rows at a time.

        As with arrays, the batch axis is known if every batch is full: it decides the last bits.
        """
        import tensorflow as tf

        size = self.problem.batch_size
        length = None if self._n % size else size
        batch = self.problem.batch
        row = batch(tuple(array[:1] for array in self._arrays))
        signature = tf.nest.map_structure(lambda array: tf.TensorSpec((length, *array.shape[1:]), array.dtype), row)

        def batches() -> Iterator[tuple[NDArray[Any], ...]]:
            for block, rows in Blocks(self._arrays, self._rows).in_order(order):
                for start in range(0, rows, size):
                    yield batch(tuple(array[start : min(start + size, rows)] for array in block))

        dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
        return dataset.apply(tf.data.experimental.assert_cardinality(-(-self._n // size)))
