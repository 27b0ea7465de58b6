"""What the registry of engines holds: what can be said and done before there is an engine, and the way to make one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.errors import ModelError, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from optbench.config import ExperimentConfig, TrainingConfig
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine


class EngineKind(Protocol):
    """An engine of one name; importing it must be cheap, since the command's own process asks it too."""

    @property
    def takes(self) -> Takes | None:
        """Which experiments it executes; None for all."""

    @property
    def preload(self) -> str:
        """Module that the process imports from which workers are forked, so that they have what they need."""

    def environment(self, training: TrainingConfig, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return all variables of a process that trains, from those of the process that starts it."""

    def configure(self, training: TrainingConfig) -> None:
        """Set what an experiment fixes of this process; called once, before anything is computed."""

    def settings(self, training: TrainingConfig) -> Iterable[Setting]:
        """Read back what an experiment fixes of this process; called before every run."""

    def versions(self) -> Mapping[str, str]:
        """Return the versions of the packages that it computes with, by package; they are part of a run's key.

        Those that data and metrics are computed with (NumPy, scikit-learn) are in every key.
        """

    def group(self, config: ExperimentConfig, dataset: Dataset) -> str:
        """Return a text that is equal for runs that one process may execute after each other; "" if none may.

        Those runs differ in numbers only, so that what is true of building one is true of all.
        """

    def make(self, config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: Engine | None) -> Engine:
        """Return an engine with the state that training begins from.

        Parameters
        ----------
        config : resolved, and one that `takes` allows
        base : folder that the user's Python is looked up in
        kept : engine of an earlier run of this process; it may be given back if no bit of this run shows it

        Raises
        ------
        ModelError
            If model, optimizer, loss and data do not fit each other.
        """


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that an experiment fixes.

    Attributes
    ----------
    name : an environment variable, or words
    required, actual : what it has to be, and what it is in this process
    """

    name: str
    required: Any
    actual: Any

    @property
    def holds(self) -> bool:
        """True if it is what it has to be."""
        return bool(self.required == self.actual)


def require_in_force(settings: Iterable[Setting]) -> None:
    """Refuse to train unless every setting holds.

    Raises
    ------
    RunFailedError
        With all that do not.
    """
    broken = [f"{s.name} is {s.actual!r} instead of {s.required!r}" for s in settings if not s.holds]
    if broken:
        raise RunFailedError(
            f"a process that trains must have in force what the experiment fixes. Received: {'; '.join(broken)}. "
            "Nothing was trained in it. Give the command again; if this stays, something that runs when Python starts "
            "(sitecustomize, a wrapper) changes it.",
            code="run-process-unfit",
        )


OFF_UNLESS_TAKEN: Final = ("training.class_weight", "training.augment", "training.diagnostics", "model.l2")


@dataclass(frozen=True, slots=True)
class Takes:
    """Which experiments an engine executes, in the words of an experiment file.

    Learning-rate schedules and the wrappers that optimizers can have (`loss_scale`) are of Keras and never taken.

    Attributes
    ----------
    optimizers : name in small letters -> arguments that it follows; every other argument must be Keras' default
    arguments : more keys that it follows, of `OFF_UNLESS_TAKEN`; where one is not listed it must be off
    """

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    losses: tuple[str, ...]
    optimizers: Mapping[str, tuple[str, ...]]
    devices: tuple[str, ...] = ("cpu",)
    arguments: tuple[str, ...] = ()

    def misfits(self, config: ExperimentConfig) -> list[str]:
        """Return what of a resolved experiment is not executed, each with what is; [] if all of it is."""
        plain = config.to_plain()
        chosen = (
            ("task", config.task, self.tasks),
            ("model.name", plain["model"]["name"], self.models),
            ("training.loss", config.training.loss, self.losses),
            ("optimizer.name", config.optimizer.name.lower(), tuple(self.optimizers)),
            ("training.device", config.training.device, self.devices),
        )
        misfits = [
            f"{key}: {value} (it takes {', '.join(among)})" for key, value, among in chosen if value not in among
        ]
        for key in OFF_UNLESS_TAKEN:
            section, name = key.split(".")
            if plain[section].get(name) and key not in self.arguments:
                misfits.append(f"{key}: {plain[section][name]} (it has none)")
        if config.training.devices > 1:
            misfits.append(f"training.devices: {config.training.devices} (it takes 1)")
        return [*misfits, *self._arguments_not_followed(config)]

    def _arguments_not_followed(self, config: ExperimentConfig) -> list[str]:
        """Return the arguments of an optimizer that is taken, by which another one would be trained with."""
        name = config.optimizer.name.lower()
        if name not in self.optimizers:
            return []
        followed = self.optimizers[name]
        defaults = config.optimizer.model_copy(update={"arguments": {}}).resolved().arguments
        return [
            f"optimizer.{key}: {value} (it follows {', '.join(followed)})"
            for key, value in config.optimizer.arguments.items()
            if isinstance(value, Mapping) or (key not in followed and value != defaults.get(key))
        ]


def require_fit(name: str, takes: Takes | None, config: ExperimentConfig) -> None:
    """Require that an engine executes all of a resolved experiment.

    Raises
    ------
    ModelError
        With all that it does not.
    """
    misfits = [] if takes is None else takes.misfits(config)
    if misfits:
        raise ModelError(
            f"training.engine {name} does not execute all of this experiment. Received: {'; '.join(misfits)}. "
            "Change that, or take another engine: auto finds one of optbench's own.",
            code="model-engine-unfit",
        )
