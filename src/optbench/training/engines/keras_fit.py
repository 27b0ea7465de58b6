"""Plain `model.fit`, one epoch at a time: the reference, and the way out for a `train_step` that does not trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optbench.training.problem import Problem


class KerasFitEngine:
    """Calls `fit(shuffle=False)` on the arrays in the epoch's order."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def prepare(self) -> None:
        """Do nothing: `fit` traces in its first step."""

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """Train one epoch; see `Engine.run_epoch`. Copies the training arrays once, in the epoch's order."""
        train, model = self._problem.examples["train"], self._problem.model
        with _kept_weights(model.optimizer):
            history = model.fit(
                train.x[order],
                train.y[order],
                sample_weight=None if train.weight is None else train.weight[order],
                batch_size=self._problem.batch_size,
                shuffle=False,
                verbose=0,
            )
        return {name: float(values[-1]) for name, values in history.history.items()}


class _kept_weights:  # noqa: N801 - reads as a statement
    """Hold back what `fit` does at its end: with EMA it would overwrite the weights after every epoch."""

    def __init__(self, optimizer: object) -> None:
        self._optimizer = optimizer

    def __enter__(self) -> None:
        self._optimizer.finalize_variable_values = lambda _variables: None  # type: ignore[attr-defined]

    def __exit__(self, *_exception: object) -> None:
        del self._optimizer.finalize_variable_values  # type: ignore[attr-defined]
