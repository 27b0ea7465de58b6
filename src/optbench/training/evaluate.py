"""Loss, metrics and predictions of a model as it stands: the same code for every engine, so the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.training.before_activation import BeforeActivation, before_activation
from optbench.training.blocks import BLOCK_BYTES
from optbench.training.forward import EVALUATION_BATCH, ForwardPass
from optbench.training.metric_state import build_metrics, reset_if

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.training.problem import Problem


class Evaluator:
    """Keras' own `test_step` and forward pass in batches; trains nothing.

    One call evaluates a block of rows, so memory stays bounded, and a small split is one call.
    """

    def __init__(self, problem: Problem, *, batch_size: int = EVALUATION_BATCH, block_bytes: int = BLOCK_BYTES) -> None:
        self._problem = problem
        self._sizes = {"batch_size": batch_size, "block_bytes": block_bytes}
        self._forward = ForwardPass(problem.model, parts=problem.dataset.parts, **self._sizes)
        self._has_metrics = False
        self._of_logits: tuple[BeforeActivation, ForwardPass] | None = None

    def metrics(self, split: SplitName) -> dict[str, float]:
        """Return `loss` and metrics of one split, as Keras' `evaluate` would, with the split's weights."""
        import tensorflow as tf

        if not self._has_metrics:
            build_metrics(self._problem)
            self._has_metrics = True
        logs: dict[str, Any] = {}
        for position, block in enumerate(self._forward.blocks(self._problem.examples[split].arrays)):
            logs = self._forward.call(self._test, block, tf.constant(position == 0))
        return {name: float(value) for name, value in logs.items()}

    def outputs(self, split: SplitName, *, at_most: int | None = None) -> NDArray[np.float32]:
        """Return what the model says, (n, units) float32, on the first `at_most` examples of a split."""
        return self._forward.outputs(self._problem.examples[split].x[:at_most])

    def logits(self, split: SplitName) -> NDArray[np.float32] | None:
        """Return what the model gives before its last activation, (n, units) float32; None if that is not known.

        A graph of its own, so that asking for it changes no bit of the outputs.
        """
        if self._of_logits is None:
            before = before_activation(self._problem.model)
            if before is None:
                return None
            self._of_logits = before, ForwardPass(before.model, parts=self._problem.dataset.parts, **self._sizes)
        before, forward = self._of_logits
        before.refresh()
        return forward.outputs(self._problem.examples[split].x)

    def _test(self, block: Any, is_first: Any) -> Any:
        """Add a block to the metrics, in batches; the first block of a split begins them anew."""
        import tensorflow as tf

        model = self._problem.model
        reset_if(is_first, model)

        def step(batch: Any, nothing: Any) -> Any:
            model.test_step(self._problem.batch(batch))
            return nothing

        self._forward.loop_over_batches(block, step, tf.constant(0))
        return model.get_metrics_result()
