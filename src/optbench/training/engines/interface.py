"""What an engine is: the one way in which the training loop touches the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Engine(Protocol):
    """Executes epochs of one compiled problem.

    An engine owns nothing that has to survive a kill: all state is in the model's and the optimizer's variables.
    """

    def prepare(self) -> None:
        """Trace and compile, so that no later epoch pays for it; changes no variable of model or optimizer.

        Called before every run, also of a program that has served one.
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
            `loss` and the metrics, as Keras averages them over the epoch
        """
