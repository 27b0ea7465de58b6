"""Every section as the documentation shows it, and its defaults."""

from __future__ import annotations

import pydantic
import pytest

from optbench.config import CsvConfig, ExperimentConfig, SplitConfig, TrainingConfig
from optbench.core.section import Section

TELCO = """\
# yaml-language-server: $schema=../schemas/experiment.schema.json
name: telco-adam
seed: 0                          # or seeds: [0, 1, 2]
dataset:
  name: telco_churn
  split: {test: 0.2, validation: 0.1, stratify: true, seed: 0}     # fractions of all rows
model:
  name: mlp
  hidden_units: [64, 32]
  activation: relu
  dropout: 0.0
optimizer:
  name: adam
  learning_rate: 0.001
training:
  epochs: 10
  batch_size: 32
  loss: auto
  early_stopping: null
  class_weight: null
  engine: auto
  threads: auto
report: {figures: true, format: png}
"""
CSV = """\
  name: csv
  path: my.csv                   # relative to the config file
  target: Churn
  positive_class: "Yes"
  drop: [customerID]
  separator: ","
  missing: ["", "?", "NA"]
  features: {TotalCharges: number, SeniorCitizen: category}
  split: {test_path: adult_test.csv, validation: 0.1}
"""


def test_the_documented_experiment_is_all_defaults(load, text):
    """The documented example loads; beside the names, it holds nothing but defaults."""
    found = load(TELCO).config
    short = load(text(name="telco-adam", dataset="{name: telco_churn, split: {test: 0.2}}")).config
    assert found.model_dump(exclude={"optimizer"}) == short.model_dump(exclude={"optimizer"})
    assert found.optimizer.to_plain() == {"name": "adam", "learning_rate": 0.001}
    assert found.optimizer.resolved() == short.optimizer.resolved()


def test_csv_section(load, text):
    """A user's own table, with every key there is."""
    found = load(text(dataset=f"\n{CSV}").rstrip()).config.dataset
    assert isinstance(found, CsvConfig)
    assert (found.path, found.target, found.positive_class, found.drop) == ("my.csv", "Churn", "Yes", ["customerID"])
    assert (found.separator, found.missing) == (",", ["", "?", "NA"])
    assert found.features == {"TotalCharges": "number", "SeniorCitizen": "category"}
    assert (found.split.test_path, found.split.test, found.split.validation) == ("adult_test.csv", None, 0.1)


@pytest.mark.parametrize(
    "lines",
    [
        {"dataset": "{name: npz, path: data.npz}"},
        {"dataset": "{name: csv, path: my.parquet, target: y, split: {column: split}}"},
        {"dataset": '{name: python, function: "my_problem.py:load", arguments: {size: 1000}}'},
        {"dataset": "{name: iris, split: {validation: 0}}"},
        {"model": '{name: python, function: "my_problem.py:build", arguments: {width: 64}}'},
        {"optimizer": '{name: python, function: "my_problem.py:make", arguments: {}}'},
        {"optimizer": '{name: python, function: "lib/my_problem.py:make"}'},
        {"training": '{loss: "python:my_problem.py:my_loss"}'},
        {"training": "{early_stopping: {monitor: val_loss, patience: 5, restore_best: true}}"},
        {"training": "{early_stopping: {}, class_weight: balanced, engine: keras, threads: 4}"},
        {"training": "{class_weight: {0: 1, 1: 2.5}}"},
        {"model": "{name: layers, layers: [{Dense: {units: 64, activation: relu}}, {Dropout: {rate: 0.2}}]}"},
        {"model": "{name: cnn, filters: [8, 16], kernel_size: 5, batch_normalization: true}"},
        {"model": "{name: logistic}"},
        {"model": "{name: mlp, hidden_units: []}"},
        {"seed": "9223372036854775807"},
        {"seeds": "[0, 1, 2]"},
        {"seeds": "0..9"},
        {"seeds": "0,1,5"},
        {"report": "{figures: false, format: pdf}"},
    ],
)
def test_documented_sections_load(load, text, lines):
    """Every section that the documentation shows is taken."""
    (section,) = lines
    assert section in load(text(**lines)).config.to_plain()


def test_sections_are_frozen_and_strict():
    """A config cannot change after its key was computed, nor be made with a misspelt or mistyped value."""
    training = TrainingConfig()
    with pytest.raises(pydantic.ValidationError):
        training.epochs = 3
    for wrong in ({"epochs": True}, {"epochs": "5"}, {"epochs": 5.0}, {"epoch": 5}):
        with pytest.raises(pydantic.ValidationError):
            TrainingConfig(**wrong)
    with pytest.raises(pydantic.ValidationError):
        SplitConfig(test=float("nan"))


def below(section):
    """All sections that are derived from one, models and generated problems included."""
    return [inner for direct in section.__subclasses__() for inner in (direct, *below(direct))]


def test_every_key_is_described():
    """Every key of every section has a description, which editors show."""
    sections = [
        section
        for section in below(Section)
        if section is not ExperimentConfig and section.__module__.startswith(("optbench.config", "optbench.catalog"))
    ]
    assert len(sections) > 20
    undescribed = [
        f"{section.__name__}.{key}"
        for section in sections
        for key, field in section.model_fields.items()
        if not field.description and key not in ("name", "split") and section.__name__ != "OptimizerConfig"
    ]
    assert undescribed == []
    assert all(section.__doc__ for section in sections)
