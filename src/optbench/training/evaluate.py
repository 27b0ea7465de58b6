"""Loss, metrics and predictions of a model as it stands: the same code for every engine, so the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.training.problem import EVALUATION_BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.training.problem import Problem


class Evaluator:
    """Keras' own `test_step` and forward pass in batches of `EVALUATION_BATCH`; trains nothing."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._functions: dict[tuple[str, int], Any] = {}

    def metrics(self, split: SplitName) -> dict[str, float]:
        """Return `loss` and metrics of one split, as Keras' `evaluate` would, with the split's weights."""
        model, examples = self._problem.model, self._problem.examples[split]
        model.reset_metrics()
        for part in _parts(len(examples.y)):
            batch: tuple[Any, ...] = (examples.x[part], examples.y[part])
            if examples.weight is not None:
                batch = (*batch, examples.weight[part])
            self._call(model.test_step, batch)
        return {name: float(value) for name, value in model.get_metrics_result().items()}

    def y_score(self, split: SplitName, *, at_most: int | None = None) -> NDArray[np.float32]:
        """Return class probabilities, (n, num_classes) float32, of the first `at_most` examples of a split.

        One sigmoid output p becomes the two columns 1 - p and p.
        """
        x = self._problem.examples[split].x[:at_most]
        parts = [self._call(self._forward, (x[part],)).numpy() for part in _parts(len(x))]
        outputs = np.concatenate(parts).astype(np.float32)
        if outputs.shape[1] == 1:
            outputs = np.concatenate([np.float32(1) - outputs, outputs], axis=1)
        return outputs

    def _forward(self, data: Any) -> Any:
        return self._problem.model(data[0], training=False)

    def _call(self, function: Any, arrays: tuple[Any, ...]) -> Any:
        """Call `function(arrays)` as one graph for batches of any length, traced once.

        With a length of its own for each graph, the last bits would depend on which split was evaluated first.
        """
        import tensorflow as tf

        tensors = tuple(tf.convert_to_tensor(array) for array in arrays)
        key = (function.__name__, len(tensors))
        if key not in self._functions:
            shapes = tuple(tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in tensors)
            self._functions[key] = tf.function(function, autograph=False).get_concrete_function(shapes)
        return self._functions[key](tensors)


def _parts(n: int) -> Iterator[slice]:
    return (slice(start, min(start + EVALUATION_BATCH, n)) for start in range(0, n, EVALUATION_BATCH))
