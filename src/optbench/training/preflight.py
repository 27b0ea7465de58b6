"""Build an experiment without training it: does it fit together, how big is it, how long is an epoch."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.random_streams import epoch_order
from optbench.training.engines import make_engine
from optbench.training.evaluate import Evaluator
from optbench.training.losses import check_loss
from optbench.training.problem import build_problem, check_probabilities
from optbench.user_code import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset

EXAMPLES_TRIED = 64


@dataclass(frozen=True, slots=True)
class Preflight:
    """What building a model told.

    Attributes
    ----------
    parameters : number of trainable weights
    state_bytes : bytes of all variables of model and optimizer, the size of a checkpoint
    seconds_per_epoch : one measured epoch, or None if none was asked for
    """

    parameters: int
    state_bytes: int
    seconds_per_epoch: float | None


def preflight(config: ExperimentConfig, dataset: Dataset, *, base: Path, time_an_epoch: bool = False) -> Preflight:
    """Build the model, predict a few examples, and optionally time one epoch.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other.
    """
    problem = build_problem(config, dataset, base=base)
    evaluator = Evaluator(problem)
    if problem.target is None:
        check_probabilities(evaluator.y_score("train", at_most=EXAMPLES_TRIED), model_name=str(config.model.name))
    else:
        evaluator.outputs("train", at_most=EXAMPLES_TRIED)
    if config.training.loss.startswith(PREFIX):
        check_loss(problem, config.training.loss, base=base)
    seconds = None
    if time_an_epoch or config.training.engine == "xla":  # XLA refuses some models, and only compiling tells
        engine = make_engine(config.training.engine, problem)
        engine.prepare()
    if time_an_epoch:
        clock = time.perf_counter()
        engine.run_epoch(epoch_order(config.seed, 1, len(dataset.train.y)))
        seconds = time.perf_counter() - clock
    model = problem.model
    variables = [*model.variables, *model.optimizer.variables]
    return Preflight(
        parameters=int(sum(variable.numpy().size for variable in model.trainable_variables)),
        state_bytes=int(sum(variable.numpy().nbytes for variable in variables)),
        seconds_per_epoch=seconds,
    )
