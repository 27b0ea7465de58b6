"""A compiled model with its traced functions, used again by runs of one process that differ in numbers only.

Building a model takes 50 ms, tracing and compiling its functions up to a second. Between two runs that share a program
every variable is set to what a fresh model of the new run would hold, so the bits are those of a cold process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.training.engines import make_engine
from optbench.training.evaluate import Evaluator
from optbench.training.problem import build_problem
from optbench.training.state import load_arrays, model_arrays, optimizer_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine
    from optbench.training.problem import Problem

PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Program:
    """What a run is executed with.

    Attributes
    ----------
    key : equal for runs that may share it; "" if none may
    """

    key: str
    problem: Problem
    engine: Engine
    evaluator: Evaluator


def program_key(config: ExperimentConfig, dataset: Dataset) -> str:
    """Return a text that is equal for runs that differ only in what is held in variables, or "" for no other run.

    Seed, epochs, early stopping and a learning rate that is a number are such; everything else is part of the graph.
    A user's own Python may keep anything anywhere, so it gets a process of its own.
    """
    sections = (config.dataset, config.model, config.optimizer)
    if config.training.loss.startswith(f"{PYTHON}:") or any(section.name == PYTHON for section in sections):
        return ""
    plain = config.to_plain()
    for name in ("name", "seed", "report"):
        del plain[name]
    for name in ("epochs", "early_stopping"):
        del plain["training"][name]
    if isinstance(plain["optimizer"].get("learning_rate"), float):
        del plain["optimizer"]["learning_rate"]
    return json.dumps([plain, dataset.data_digest, dataset.split_digest], sort_keys=True)


def make_program(config: ExperimentConfig, dataset: Dataset, *, base: Path) -> Program:
    """Build the model of a resolved experiment and trace its training step.

    Raises
    ------
    ModelError
        If model, optimizer, loss, engine and data do not fit each other.
    """
    problem = build_problem(config, dataset, base=base)
    engine = make_engine(config.training.engine, problem)
    engine.prepare()
    return Program(program_key(config, dataset), problem, engine, Evaluator(problem))


def program_for(config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: Program | None) -> Program:
    """Return the kept program with the variables of a fresh model, if it may serve this run, else a new program."""
    key = program_key(config, dataset)
    if kept is None or not key or kept.key != key:
        return make_program(config, dataset, base=base)
    fresh = build_problem(config, dataset, base=base).model
    load_arrays(kept.problem.model, {**model_arrays(fresh), **optimizer_arrays(fresh)})
    return kept
