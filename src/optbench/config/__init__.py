"""Experiment files: strict YAML, schema, defaults, overrides, `auto`, run key. Imports neither data nor Keras."""

from __future__ import annotations

from optbench.config.experiment import ExperimentConfig
from optbench.config.explain import explained_yaml, sources
from optbench.config.keras_api import optimizers_left_out
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
from optbench.config.optimizer import OptimizerConfig, optimizer_defaults
from optbench.config.resolve import resolve
from optbench.config.schema import json_schema
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
from optbench.config.validation import model_fields
from optbench.config.yaml_document import dump_value

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
    "dump_config",
    "dump_value",
    "explained_yaml",
    "json_schema",
    "layer_specs",
    "load_experiment",
    "load_resolved",
    "model_fields",
    "optimizer_defaults",
    "optimizers_left_out",
    "output_units",
    "parse_resolved",
    "parse_seeds",
    "resolve",
    "run_key",
    "sources",
]
