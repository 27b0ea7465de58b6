"""Experiment files: strict YAML, schema, defaults, overrides, `auto`, run key. Imports neither data nor Keras."""

from __future__ import annotations

from optbench.config.auto import auto_threads
from optbench.config.experiment import ExperimentConfig
from optbench.config.key import NUMERICS_VERSION, run_key
from optbench.config.layers import LayerSpec, layer_specs
from optbench.config.load import (
    LoadedExperiment,
    dump_config,
    load_experiment,
    load_resolved,
    parse_resolved,
)
from optbench.config.losses import output_units
from optbench.config.optimizer import OptimizerConfig
from optbench.config.resolve import resolve
from optbench.config.sections import (
    CsvConfig,
    DatasetConfig,
    EarlyStopping,
    ModelConfig,
    NpzConfig,
    PythonDataset,
    ReportConfig,
    SplitConfig,
    TrainingConfig,
)
from optbench.config.seeds import parse_seeds

__all__ = [
    "NUMERICS_VERSION",
    "CsvConfig",
    "DatasetConfig",
    "EarlyStopping",
    "ExperimentConfig",
    "LayerSpec",
    "LoadedExperiment",
    "ModelConfig",
    "NpzConfig",
    "OptimizerConfig",
    "PythonDataset",
    "ReportConfig",
    "SplitConfig",
    "TrainingConfig",
    "auto_threads",
    "dump_config",
    "layer_specs",
    "load_experiment",
    "load_resolved",
    "output_units",
    "parse_resolved",
    "parse_seeds",
    "resolve",
    "run_key",
]
