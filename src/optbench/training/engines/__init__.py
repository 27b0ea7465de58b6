"""Engines: ways to execute an epoch of Keras' own training step. One file each, one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optbench.training.engines.interface import Engine
    from optbench.training.problem import Problem


def make_engine(name: str, problem: Problem) -> Engine:
    """Return the engine of a resolved name: `fused`, `xla` or `keras`."""
    from optbench.training.engines.fused import FusedEngine
    from optbench.training.engines.keras_fit import KerasFitEngine

    if name == "keras":
        return KerasFitEngine(problem)
    return FusedEngine(problem, compiled=name == "xla")
