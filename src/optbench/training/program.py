"""A compiled model with its traced functions, used again by runs of one process that differ in numbers only.

Building a model takes 50 ms, tracing and compiling its functions up to a second. Between two runs that share a program
every variable is set to what a fresh model of the new run would hold, so the bits are those of a cold process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optbench.config import what_counts
from optbench.training.engines import make_engine
from optbench.training.engines.held_decay import held_number
from optbench.training.evaluate import Evaluator
from optbench.training.keras_internals import global_seed_kept, state_weight_decay
from optbench.training.optimizers import inner_optimizer
from optbench.training.problem import build_problem
from optbench.training.state import load_arrays, model_arrays, optimizer_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine
    from optbench.training.problem import Problem
    from optbench.training.state import Arrays

PYTHON = "python"


# What is kept of initial states, so that ten seeds at five learning rates build ten models and not fifty.
_KEPT_BYTES = 64 << 20
# Models built before Keras' session is cleared again, which costs the next `prepare` 0.14 s.
_BUILT_BESIDE = 32


@dataclass(slots=True)
class Program:
    """What a run is executed with.

    Attributes
    ----------
    key : equal for runs that may share it; "" if none may
    initial : what the variables held before training, by seed
    built : models built beside its own since the process last dropped what it need not keep
    """

    key: str
    problem: Problem
    engine: Engine
    evaluator: Evaluator
    initial: dict[int, Arrays] = field(default_factory=dict)
    built: int = 0

    def keep_initial(self, seed: int, arrays: Arrays) -> None:
        """Keep the initial state of a seed, in the place of the oldest ones if there are too many."""
        self.initial[seed] = arrays
        size = sum(array.nbytes for array in arrays.values())
        while len(self.initial) * size > _KEPT_BYTES:
            del self.initial[next(iter(self.initial))]


def program_key(config: ExperimentConfig, dataset: Dataset) -> str:
    """Return a text that is equal for runs that differ only in what is held in variables, or "" for no other run.

    Seed, epochs, early stopping and a learning rate that is a number are such, and weight decay where an engine of
    optbench's own can hold it (`held_decay`); everything else is part of the graph.
    A user's own Python may keep anything anywhere, so it gets a process of its own.
    """
    sections = (config.dataset, config.model, config.optimizer)
    if config.training.loss.startswith(f"{PYTHON}:") or any(section.name == PYTHON for section in sections):
        return ""
    plain = what_counts(config.to_plain())
    del plain["seed"]
    for name in ("epochs", "early_stopping"):
        del plain["training"][name]
    if isinstance(plain["optimizer"].get("learning_rate"), float):
        del plain["optimizer"]["learning_rate"]
    if held_number(config) is not None:
        plain["optimizer"]["weight_decay"] = "held"
    return json.dumps([plain, dataset.data_digest, dataset.split_digest], sort_keys=True)


def make_program(config: ExperimentConfig, dataset: Dataset, *, base: Path) -> Program:
    """Build the model of a resolved experiment; its training step is not traced yet.

    Raises
    ------
    ModelError
        If model, optimizer, loss, engine and data do not fit each other.
    """
    problem = build_problem(config, dataset, base=base)
    program = Program(
        program_key(config, dataset), problem, make_engine(config.training.engine, problem), Evaluator(problem)
    )
    if program.key:
        program.keep_initial(config.seed, {**model_arrays(problem.model), **optimizer_arrays(problem.model)})
    return program


def program_for(config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: Program | None) -> Program:
    """Return the kept program with the variables of a fresh model, if it may serve this run, else a new program."""
    key = program_key(config, dataset)
    if kept is None or not key or kept.key != key:
        program = make_program(config, dataset, base=base)
    else:
        program = kept
        _begin_again(program, config, dataset, base=base)
    program.engine.prepare()
    return program


def _begin_again(program: Program, config: ExperimentConfig, dataset: Dataset, *, base: Path) -> None:
    """Set every variable to what a fresh model and optimizer of this seed, learning rate and weight decay hold."""
    model = program.problem.model
    if config.seed not in program.initial:
        fresh = _fresh_problem(program, config, dataset, base=base).model
        program.keep_initial(config.seed, {**model_arrays(fresh), **optimizer_arrays(fresh)})
        load_arrays(model, {**model_arrays(fresh), **optimizer_arrays(fresh)})
    else:
        load_arrays(model, program.initial[config.seed])
    rate = config.optimizer.arguments.get("learning_rate")
    if isinstance(rate, float):
        model.optimizer.learning_rate = rate
    decay = held_number(config)
    if decay is not None:
        program.problem.decay.assign(decay)
        state_weight_decay(inner_optimizer(model.optimizer), decay)


def _fresh_problem(program: Program, config: ExperimentConfig, dataset: Dataset, *, base: Path) -> Problem:
    """Build a model beside the program's own; now and then in a cleared session, or 0.3 MB would stay of each."""
    program.built = (program.built + 1) % _BUILT_BESIDE
    if not program.built:
        return build_problem(config, dataset, base=base)
    with global_seed_kept():
        return build_problem(config, dataset, base=base, beside=True)
