"""Build an experiment without training it: does it fit together, how big is it, how long is an epoch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.random_streams import epoch_order
from optbench.training.losses import check_loss
from optbench.training.program import make_program
from optbench.user_code import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.program import Program

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
    """

    parameters: int
    state_bytes: int
    seconds_per_epoch: float | None


def preflight(
    config: ExperimentConfig, dataset: Dataset, *, base: Path, time_an_epoch: bool = False
) -> tuple[Preflight, Program]:
    """Build the model, predict a few examples, and optionally time a few steps.

    Returns
    -------
    Preflight
        What was found out.
    Program
        For the runs that follow in this process.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other.
    """
    program = make_program(config, dataset, base=base)
    problem, evaluator = program.problem, program.evaluator
    problem.targets.check_outputs(evaluator, examples=EXAMPLES_TRIED, model_name=str(config.model.name))
    if config.training.loss.startswith(PREFIX):
        check_loss(problem, config.training.loss, base=base)
    seconds = None
    if time_an_epoch or config.training.engine == "xla":  # XLA refuses some models, and only compiling tells
        program.engine.prepare()
    if time_an_epoch:
        seconds = _seconds_per_epoch(program, config, len(dataset.train.y))
    model = problem.model
    variables = [*model.variables, *model.optimizer.variables]
    found = Preflight(
        parameters=int(sum(variable.numpy().size for variable in model.trainable_variables)),
        state_bytes=int(sum(variable.numpy().nbytes for variable in variables)),
        seconds_per_epoch=seconds,
    )
    return found, program


def _seconds_per_epoch(program: Program, config: ExperimentConfig, n: int) -> float:
    """Train the first steps of an epoch, and say how long all of them will take."""
    order = epoch_order(config.seed, 1, n)[: STEPS_TIMED * config.training.batch_size]
    clock = time.perf_counter()
    program.engine.run_epoch(order)
    return (time.perf_counter() - clock) * n / len(order)
