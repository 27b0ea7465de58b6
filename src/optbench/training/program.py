"""A compiled model with its traced functions, used again by runs of one process that differ in numbers only.

Building a model takes 50 ms, tracing and compiling its functions up to a second. Between two runs that share a program
every variable is set to what a fresh model of the new run would hold, so the bits are those of a cold process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from optbench.config import what_counts
from optbench.training.engines.fused import FusedEngine
from optbench.training.engines.held_decay import held_number
from optbench.training.engines.keras_fit import KerasFitEngine
from optbench.training.engines.replicas import ReplicaEngine, require_fused
from optbench.training.keras_internals import global_seed_kept, state_weight_decay
from optbench.training.optimizers import inner_optimizer
from optbench.training.problem import build_problem
from optbench.training.state import model_arrays, optimizer_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.engines.keras_engine import KerasEngine, Reuse
    from optbench.training.problem import Problem

PYTHON = "python"


def program_key(config: ExperimentConfig, dataset: Dataset) -> str:
    """Return a text that is equal for runs that differ only in what is held in variables, or "" for no other run.

    Copies of a model on several devices serve one run.

    Seed, epochs, early stopping, evaluation and a learning rate that is a number are such, and weight decay where an
    engine of optbench's own can hold it (`held_decay`); everything else is part of the graph.
    A user's own Python may keep anything anywhere, so it gets a process of its own.
    """
    sections = (config.dataset, config.model, config.optimizer)
    if config.training.loss.startswith(f"{PYTHON}:") or any(section.name == PYTHON for section in sections):
        return ""
    if config.training.devices > 1:
        return ""
    plain = what_counts(config.to_plain())
    del plain["seed"]
    plain.pop("evaluation", None)  # after training
    for name in ("epochs", "early_stopping"):
        del plain["training"][name]
    if isinstance(plain["optimizer"].get("learning_rate"), float):
        del plain["optimizer"]["learning_rate"]
    if held_number(config) is not None:
        plain["optimizer"]["weight_decay"] = "held"
    return json.dumps([plain, dataset.data_digest, dataset.split_digest], sort_keys=True)


def make_keras_engine(
    config: ExperimentConfig, dataset: Dataset, *, base: Path
) -> FusedEngine | KerasFitEngine | ReplicaEngine:
    """Build the model of a resolved experiment; its training step is not traced yet.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other.
    """
    problem = build_problem(config, dataset, base=base)
    engine = engine_named(config.training.engine, problem, key=program_key(config, dataset))
    if engine.reuse.key:
        engine.reuse.keep_initial(config.seed, engine.state())
    return engine


def engine_named(name: str, problem: Problem, *, key: str = "") -> FusedEngine | KerasFitEngine | ReplicaEngine:
    """Return the engine of a resolved name: `fused`, `xla` or `keras`; `key` as of `Reuse`."""
    if problem.config.training.devices > 1:
        require_fused(name, problem.config)
        return ReplicaEngine(problem)
    if name == "keras":
        return KerasFitEngine(problem, key=key)
    return FusedEngine(problem, compiled=name == "xla", key=key)


def engine_for(
    config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: FusedEngine | KerasFitEngine | None
) -> FusedEngine | KerasFitEngine | ReplicaEngine:
    """Return the kept engine with the variables of a fresh model, if it may serve this run, else a new one."""
    key = program_key(config, dataset)
    if kept is None or not key or kept.reuse.key != key:
        return make_keras_engine(config, dataset, base=base)
    _begin_again(kept, config, dataset, base=base)
    return kept


def _begin_again(engine: KerasEngine, config: ExperimentConfig, dataset: Dataset, *, base: Path) -> None:
    """Set every variable to what a fresh model and optimizer of this seed, learning rate and weight decay hold."""
    model, reuse = engine.problem.model, engine.reuse
    if config.seed not in reuse.initial:
        fresh = _fresh_problem(reuse, config, dataset, base=base).model
        reuse.keep_initial(config.seed, {**model_arrays(fresh), **optimizer_arrays(fresh)})
    engine.load_state(reuse.initial[config.seed])
    rate = config.optimizer.arguments.get("learning_rate")
    if isinstance(rate, float):
        model.optimizer.learning_rate = rate
    decay = held_number(config)
    if decay is not None:
        engine.problem.decay.assign(decay)
        state_weight_decay(inner_optimizer(model.optimizer), decay)


def _fresh_problem(reuse: Reuse, config: ExperimentConfig, dataset: Dataset, *, base: Path) -> Problem:
    """Build a model beside the engine's own; now and then in a cleared session, or 0.3 MB would stay of each."""
    if reuse.count_built():
        return build_problem(config, dataset, base=base)
    with global_seed_kept():
        return build_problem(config, dataset, base=base, beside=True)
