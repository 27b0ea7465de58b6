"""Build an experiment without training it: does it fit together, how big is it, how long is an epoch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.random_streams import epoch_order
from optbench.training.engines import make_engine
from optbench.training.targets import targets_of

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.core.findings import Finding
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine

EXAMPLES_TRIED = 64
STEPS_TIMED = 100


@dataclass(frozen=True, slots=True)
class Preflight:
    """What building a model told.

    Attributes
    ----------
    parameters : number of trainable weights
    state_bytes : bytes of all variables of model and optimizer, the size of a checkpoint
    seconds_per_epoch : from the first steps of an epoch, or None if that was not asked for
    notes : what the user has to know of the model
    """

    parameters: int
    state_bytes: int
    seconds_per_epoch: float | None
    notes: tuple[Finding, ...] = ()


def preflight(
    config: ExperimentConfig, dataset: Dataset, *, base: Path, time_an_epoch: bool = False
) -> tuple[Preflight, Engine]:
    """Build the model, predict a few examples, and optionally time a few steps.

    Returns
    -------
    Preflight
        What was found out.
    Engine
        For the runs that follow in this process.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other, or the engine.
    """
    engine = make_engine(config, dataset, base=base)
    outputs = engine.predict("train", at_most=EXAMPLES_TRIED)
    targets_of(config, dataset).check_outputs(outputs, model_name=str(config.model.name))
    engine.check()
    seconds, rule = None, config.training.early_stopping
    if time_an_epoch:
        engine.prepare()
        seconds = _seconds_per_epoch(engine, config, len(dataset.train.y))
    result = Preflight(
        parameters=engine.parameters,
        state_bytes=sum(array.nbytes for array in engine.state().values()),
        seconds_per_epoch=seconds,
        notes=tuple(engine.notes(restores_best=rule is not None and rule.restore_best)),
    )
    return result, engine


def _seconds_per_epoch(engine: Engine, config: ExperimentConfig, n: int) -> float:
    """Train the first steps of an epoch, and say how long all of them will take."""
    order = epoch_order(config.seed, 1, n)[: STEPS_TIMED * config.training.batch_size]
    clock = time.perf_counter()
    engine.run_epoch(order)
    return (time.perf_counter() - clock) * n / len(order)
