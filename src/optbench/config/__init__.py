"""Experiment files: strict YAML, schema, defaults, overrides, `auto`, run key. Imports neither data nor Keras."""

from __future__ import annotations

from optbench.catalog.generated_problem import GeneratedConfig
from optbench.catalog.keras_api import optimizers_left_out
from optbench.catalog.layer_graph import INPUT, OPERATION, LayerSpec, kernel_penalty
from optbench.catalog.split_section import SplitConfig
from optbench.config.augmentation import augment_specs
from optbench.config.dataset_section import TASK_OF, DatasetConfig, generated_fields
from optbench.config.dataset_sections import (
    CodedCategory,
    CsvConfig,
    ImageFolderConfig,
    NamedDataset,
    NpzConfig,
    OpenmlConfig,
    PythonDataset,
    TableTextConfig,
    TextConfig,
    TokenDataset,
)
from optbench.config.evaluation_section import TEMPERATURE, EvaluationConfig, GivenTemperature, ThresholdRule
from optbench.config.experiment import ExperimentConfig
from optbench.config.explain import explained_yaml, sources
from optbench.config.fit import MOST_NUMBERS
from optbench.config.growth import ADDED_TO_STUDIES_LATER, NOT_IN_KEY, what_counts, without_old_values
from optbench.config.key import (
    CALIBRATION_VERSION,
    NUMERICS_VERSION,
    calibration_version,
    config_digest,
    keys_of_seeds,
    run_key,
)
from optbench.config.layers import layer_specs
from optbench.config.load import (
    LoadedExperiment,
    dump_config,
    load_experiment,
    load_resolved,
    parse_resolved,
)
from optbench.config.losses import output_units
from optbench.config.machine_file import load_machine, machine_json_schema
from optbench.config.machine_sections import GPU_SHARE, MachineConfig
from optbench.config.model_sections import ModelConfig, model_fields
from optbench.config.moved import moved
from optbench.config.optimizer import OptimizerConfig, optimizer_defaults
from optbench.config.private_paths import file_of, private_paths, stand_in
from optbench.config.resolve import choose_engine, resolve
from optbench.config.schema import json_schema
from optbench.config.seeds import parse_seeds
from optbench.config.shown_examples import is_public, shows_examples
from optbench.config.split_design import SplitDesign
from optbench.config.study_design import FIRST_DESIGN, StudyDesign
from optbench.config.study_dump import dump_study
from optbench.config.study_families import Family, family_of, is_compared
from optbench.config.study_file import load_study
from optbench.config.study_schema import study_json_schema
from optbench.config.study_search import LEARNING_RATE, MODEL, SearchRange, StudyOptimizer, Values
from optbench.config.study_sections import (
    FEWEST_ON_ONE_SPLIT,
    FINALISTS,
    REPEATED,
    LoadedStudy,
    StudyConfig,
    StudyProblem,
    TuningConfig,
    run_name,
)
from optbench.config.task_rules import without_strata
from optbench.config.text_form import TextForm, text_form_for, with_text_form
from optbench.config.training_sections import EarlyStopping, ReportConfig, TrainingConfig
from optbench.config.yaml_document import dump_value, dump_yaml

__all__ = [
    "ADDED_TO_STUDIES_LATER",
    "CALIBRATION_VERSION",
    "FEWEST_ON_ONE_SPLIT",
    "FINALISTS",
    "FIRST_DESIGN",
    "GPU_SHARE",
    "INPUT",
    "LEARNING_RATE",
    "MODEL",
    "MOST_NUMBERS",
    "NOT_IN_KEY",
    "NUMERICS_VERSION",
    "OPERATION",
    "REPEATED",
    "TASK_OF",
    "TEMPERATURE",
    "CodedCategory",
    "CsvConfig",
    "DatasetConfig",
    "EarlyStopping",
    "EvaluationConfig",
    "ExperimentConfig",
    "Family",
    "GeneratedConfig",
    "GivenTemperature",
    "ImageFolderConfig",
    "LayerSpec",
    "LoadedExperiment",
    "LoadedStudy",
    "MachineConfig",
    "ModelConfig",
    "NamedDataset",
    "NpzConfig",
    "OpenmlConfig",
    "OptimizerConfig",
    "PythonDataset",
    "ReportConfig",
    "SearchRange",
    "SplitConfig",
    "SplitDesign",
    "StudyConfig",
    "StudyDesign",
    "StudyOptimizer",
    "StudyProblem",
    "TableTextConfig",
    "TextConfig",
    "TextForm",
    "ThresholdRule",
    "TokenDataset",
    "TrainingConfig",
    "TuningConfig",
    "Values",
    "augment_specs",
    "calibration_version",
    "choose_engine",
    "config_digest",
    "dump_config",
    "dump_study",
    "dump_value",
    "dump_yaml",
    "explained_yaml",
    "family_of",
    "file_of",
    "generated_fields",
    "is_compared",
    "is_public",
    "json_schema",
    "kernel_penalty",
    "keys_of_seeds",
    "layer_specs",
    "load_experiment",
    "load_machine",
    "load_resolved",
    "load_study",
    "machine_json_schema",
    "model_fields",
    "moved",
    "optimizer_defaults",
    "optimizers_left_out",
    "output_units",
    "parse_resolved",
    "parse_seeds",
    "private_paths",
    "resolve",
    "run_key",
    "run_name",
    "shows_examples",
    "sources",
    "stand_in",
    "study_json_schema",
    "text_form_for",
    "what_counts",
    "with_text_form",
    "without_old_values",
    "without_strata",
]
