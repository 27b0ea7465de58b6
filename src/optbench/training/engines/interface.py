"""What an engine is: everything that the training loop, the worker and the run folder ask of a framework.

Nothing here, and nothing that calls it, knows what tensors an engine computes with: rows, orders, logs, outputs and
states are NumPy arrays and numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.records import LayerDiagnostics, SplitName

Arrays = dict[str, "NDArray[Any]"]

MODEL: Final = "model/"
"""What names of a state begin with that belong to the model: weights, moving statistics, random counters."""
OPTIMIZER: Final = "optimizer/"
"""What names of a state begin with that belong to the optimizer: steps taken, rate, slots."""


class Meter(Protocol):
    """Measures what `training.diagnostics` asks for."""

    def begin_epoch(self) -> None:
        """Forget what was measured."""

    def end_epoch(self, epoch: int) -> tuple[LayerDiagnostics, ...]:
        """Return a row per layer in the model's order, and last one for all layers together."""


class Engine(Protocol):
    """A model, an optimizer and the data of one resolved experiment, and the way to train.

    An engine keeps nothing that has to survive a kill outside its state. Equal experiments give equal bits, whatever
    the process has done before.
    """

    def check(self) -> None:
        """Try what would otherwise fail only in training; called before anything of a run exists.

        Raises
        ------
        ModelError
            With what does not work, and a way out.
        """

    def prepare(self) -> None:
        """Get ready to train, so that no later epoch pays for it; changes nothing of the state.

        Called before every run, also of an engine that has served one.
        """

    def run_epoch(self, order: NDArray[np.int64]) -> dict[str, float]:
        """Train one epoch on the training examples in this order.

        Parameters
        ----------
        order : (n,) int64, a permutation of the training rows; consecutive `batch_size` entries are a batch, the
            last batch may be shorter; or the first whole batches of one

        Returns
        -------
        dict
            As of `evaluate`, averaged over the rows of the epoch, each measured before the step that it is part of
        """

    def evaluate(self, split: SplitName) -> dict[str, float]:
        """Return `loss` and what the task measures beside it on one split, for the weights as they are.

        That is `accuracy` for classes; `mse` and `mae` on the scale of training for numbers (`training.targets`).
        """

    def predict(self, split: SplitName, *, at_most: int | None = None) -> NDArray[np.float32]:
        """Return the model's outputs on the first `at_most` examples of a split, (n, units) float32."""

    def state(self) -> Arrays:
        """Return copies of everything that training changes, by names that begin with `MODEL` or `OPTIMIZER`.

        Names and order depend on the experiment alone: digests of runs are taken over them.
        """

    def load_state(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put arrays of `state` back; those of the model alone leave the optimizer as it is.

        Raises
        ------
        StorageError
            If one is missing, or its shape or dtype differs.
        """

    def finalize(self) -> None:
        """Make the weights what they are to be after the last epoch, such as the averages that an optimizer keeps."""

    @property
    def learning_rate(self) -> float:
        """The rate of the next step; NaN where there is no single one."""

    @property
    def parameters(self) -> int:
        """Number of trainable weights."""

    @property
    def meter(self) -> Meter | None:
        """What measures for `training.diagnostics`; None if the experiment does not ask for it."""

    def facts(self) -> dict[str, Any]:
        """Return what only this process can tell of the software that computes, as JSON values."""

    def optimizer_facts(self) -> dict[str, Any]:
        """Return what the optimizer is, read from what was built; the shape is that of `training.facts`."""

    def notes(self, *, restores_best: bool) -> Sequence[Finding]:
        """Return what a reader has to know of how the model was built and of its final weights.

        Parameters
        ----------
        restores_best : these are the weights of the best epoch
        """

    def archive(self) -> bytes | None:
        """Return the trained model as the bytes of a `.keras` file; None if this engine has no such model.

        Raises
        ------
        ModelError
            If it has, but it cannot be saved.
        """


@runtime_checkable
class GivesLogits(Protocol):
    """An engine that knows what its model gives before the activation it ends with; asked where a run calibrates.

    What an engine without it says is calibrated from its probabilities.
    """

    def logits(self, split: SplitName) -> NDArray[np.float32] | None:
        """Return what becomes probabilities on a split with rows, (n, units) float32; None if that is not known."""


def part_of(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Arrays:
    """Return the arrays whose names begin with `prefix`."""
    return {name: array for name, array in arrays.items() if name.startswith(prefix)}
