"""What optbench's own engines share: a compiled Keras model, evaluated, saved and described in one way.

They differ in how an epoch is executed; everything else is the same code, so it has the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.training.archive import model_archive
from optbench.training.evaluate import Evaluator
from optbench.training.facts import optimizer_facts, software_facts
from optbench.training.losses import check_loss
from optbench.training.optimizers import averaging_note, current_learning_rate
from optbench.training.state import load_arrays, model_arrays, optimizer_arrays
from optbench.user_code import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.records import SplitName
    from optbench.training.diagnostics import DiagnosticsMeter
    from optbench.training.engines.interface import Arrays
    from optbench.training.problem import Problem


# What is kept of initial states, so that ten seeds at five learning rates build ten models and not fifty.
_KEPT_BYTES = 64 << 20
# Models built before Keras' session is cleared again, which costs the next `prepare` 0.14 s.
_BUILT_BESIDE = 32


@dataclass(slots=True)
class Reuse:
    """What lets later runs of this process use a compiled model again.

    Attributes
    ----------
    key : equal for runs that may share the model; "" if none may
    initial : what the variables held before training, by seed
    built : models built beside its own since the process last dropped what it need not keep
    """

    key: str
    initial: dict[int, Arrays] = field(default_factory=dict)
    built: int = 0

    def count_built(self) -> bool:
        """Count a model that is built beside; return True if the session is to be cleared for it."""
        self.built = (self.built + 1) % _BUILT_BESIDE
        return not self.built

    def keep_initial(self, seed: int, arrays: Arrays) -> None:
        """Keep the initial state of a seed, in the place of the oldest ones if there are too many."""
        self.initial[seed] = arrays
        size = sum(array.nbytes for array in arrays.values())
        while len(self.initial) * size > _KEPT_BYTES:
            del self.initial[next(iter(self.initial))]


class KerasEngine:
    """What the engines over a compiled model share; subclasses have `prepare` and `run_epoch`.

    Attributes
    ----------
    problem : the model and its arrays, as built for the first run that it serves
    reuse : what lets later runs of this process use the compiled model again
    """

    def __init__(self, problem: Problem, *, key: str = "") -> None:
        self.problem = problem
        self.reuse = Reuse(key)
        self._evaluator = Evaluator(problem)

    def check(self) -> None:
        """As in `Engine`: a user's own loss is called on a few rows."""
        if self.problem.config.training.loss.startswith(PREFIX):
            check_loss(self.problem)

    def evaluate(self, split: SplitName) -> dict[str, float]:
        """As in `Engine`."""
        return self._evaluator.metrics(split)

    def predict(self, split: SplitName, *, at_most: int | None = None) -> NDArray[np.float32]:
        """As in `Engine`."""
        return self._evaluator.outputs(split, at_most=at_most)

    def logits(self, split: SplitName) -> NDArray[np.float32] | None:
        """As in `GivesLogits`."""
        return self._evaluator.logits(split)

    def state(self) -> Arrays:
        """As in `Engine`."""
        return {**model_arrays(self.problem.model), **optimizer_arrays(self.problem.model)}

    def load_state(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """As in `Engine`."""
        load_arrays(self.problem.model, arrays)

    def finalize(self) -> None:
        """As in `Engine`: the averages that `use_ema` keeps become the weights."""
        model = self.problem.model
        model.optimizer.finalize_variable_values(model.trainable_weights)

    @property
    def learning_rate(self) -> float:
        """As in `Engine`."""
        return current_learning_rate(self.problem.model.optimizer)

    @property
    def parameters(self) -> int:
        """As in `Engine`."""
        return int(sum(variable.numpy().size for variable in self.problem.model.trainable_variables))

    @property
    def meter(self) -> DiagnosticsMeter | None:
        """As in `Engine`."""
        return self.problem.meter

    def facts(self) -> dict[str, Any]:
        """As in `Engine`."""
        return software_facts()

    def optimizer_facts(self) -> dict[str, Any]:
        """As in `Engine`."""
        return optimizer_facts(self.problem.model.optimizer, self.problem.model.trainable_variables)

    def notes(self, *, restores_best: bool) -> Sequence[Finding]:
        """As in `Engine`."""
        note = averaging_note(self.problem.model.optimizer, restores_best=restores_best)
        return self.problem.notes if note is None else (*self.problem.notes, note)

    def archive(self) -> bytes:
        """As in `Engine`."""
        return model_archive(self.problem.model, self.problem.config, self.problem.dataset)
