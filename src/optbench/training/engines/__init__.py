"""Engines: ways to train, found by the name in `training.engine`.

`interface.Engine` is what the training loop works with, `kind.EngineKind` what is registered. optbench's own execute
epochs of Keras' training step (`keras_kind`); an installed package can bring others (`catalog.engines.GROUP`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.engines import AUTO, DEFAULT, GROUP, OWN
from optbench.errors import MachineError, UsageError
from optbench.plugins import load_plugin
from optbench.training.engines.kind import require_fit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine
    from optbench.training.engines.kind import EngineKind


def engine_kind(name: str) -> EngineKind:
    """Return the kind of engine that a name stands for; `auto` is always one of optbench's own.

    Raises
    ------
    MachineError
        If there is none: the package that brings it is not installed, or cannot be imported.
    """
    try:
        kind: EngineKind = load_plugin(GROUP, DEFAULT if name == AUTO else name, OWN, what="training.engine")
    except UsageError as error:
        raise MachineError(
            f"{error} Install the package that brings it, or take another engine.", code="machine-engine-missing"
        ) from error
    return kind


def make_engine(config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: Engine | None = None) -> Engine:
    """Make the engine of a resolved experiment; see `EngineKind.make`.

    Raises
    ------
    MachineError
        If there is no engine of its name.
    ModelError
        If the engine does not execute all of the experiment, or the experiment does not fit its data.
    """
    require_engine(config)
    return engine_kind(config.training.engine).make(config, dataset, base=base, kept=kept)


def require_engine(config: ExperimentConfig) -> None:
    """Require that the engine of a resolved experiment is there and executes all of it.

    Raises
    ------
    MachineError
        If there is none of its name.
    ModelError
        With all that it does not execute.
    """
    require_fit(config.training.engine, engine_kind(config.training.engine).takes, config)


def run_group(config: ExperimentConfig, dataset: Dataset) -> str:
    """Return a text that is equal for runs that one process may execute after each other; see `EngineKind.group`.

    Runs of different engines never have the same one.
    """
    name = config.training.engine
    group = engine_kind(name).group(config, dataset)
    return f"{name} {group}" if group else ""


def engine_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that can change numbers where these engines train, by package."""
    from optbench.provenance import DATA_PACKAGES, key_versions

    own = {package: version for name in names for package, version in engine_kind(name).versions().items()}
    return own | key_versions(DATA_PACKAGES)
