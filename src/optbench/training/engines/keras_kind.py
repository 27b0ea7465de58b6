"""optbench's own kinds of engines: each executes Keras' training step, and takes every experiment.

Nothing heavy is imported before a process trains: the process that gives the command asks a kind as well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.training.start import configure_process, recorded_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from optbench.config import ExperimentConfig, TrainingConfig
    from optbench.records import Dataset
    from optbench.training.engines.interface import Engine
    from optbench.training.engines.kind import Setting


@dataclass(frozen=True, slots=True)
class KerasKind:
    """An engine over Keras; see `EngineKind`."""

    name: str
    takes: None = None
    preload: str = "optbench.preload"

    def environment(self, training: TrainingConfig, inherited: Mapping[str, str]) -> dict[str, str]:
        """As in `EngineKind`."""
        return recorded_environment(inherited, onednn=training.onednn, device=training.device)

    def configure(self, training: TrainingConfig) -> None:
        """As in `EngineKind`."""
        configure_process(training)

    def settings(self, training: TrainingConfig) -> Iterator[Setting]:
        """As in `EngineKind`."""
        from optbench.training.in_force import process_settings, variable_settings, variables_in_force

        for variables in (os.environ, variables_in_force()):  # what Python's libraries read, and what those in C do
            yield from variable_settings(training, variables)
        yield from process_settings(training)

    def versions(self) -> dict[str, str]:
        """As in `EngineKind`."""
        from optbench.provenance import key_versions

        return key_versions()

    def group(self, config: ExperimentConfig, dataset: Dataset) -> str:
        """As in `EngineKind`."""
        from optbench.training.program import program_key

        return program_key(config, dataset)

    def make(self, config: ExperimentConfig, dataset: Dataset, *, base: Path, kept: Engine | None) -> Engine:
        """As in `EngineKind`."""
        from optbench.training.engines.fused import FusedEngine
        from optbench.training.engines.keras_fit import KerasFitEngine
        from optbench.training.program import engine_for

        ours = kept if isinstance(kept, FusedEngine | KerasFitEngine) else None
        return engine_for(config, dataset, base=base, kept=ours)


FUSED: Final = KerasKind("fused")
XLA: Final = KerasKind("xla")
KERAS: Final = KerasKind("keras")
