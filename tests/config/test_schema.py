"""The JSON schema that editors use says what the loader says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from optbench.catalog.keras_api import optimizer_signatures
from optbench.config import json_schema, load_experiment
from optbench.config.yaml_document import parse_yaml
from optbench.errors import ConfigError
from optbench.words.schema import described

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(path for path in ROOT.glob("configs/**/*.yaml") if path.parent.name not in ("studies", "claims"))


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(json_schema())


def test_committed_schema_is_the_generated_one():
    """The file is `optbench schema`; write it again with `optbench schema > schemas/experiment.schema.json`."""
    assert json.loads((ROOT / "schemas" / "experiment.schema.json").read_text()) == described(json_schema())


def test_it_is_a_valid_schema():
    """It is valid Draft 2020-12, strict JSON, and every reference in it leads somewhere."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(schema, allow_nan=False)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert references
    assert references <= set(schema["$defs"])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_configs(validator, path):
    """Every shipped experiment is valid for editor and loader, and names the schema by a path that exists."""
    assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []
    assert load_experiment(path).config.name
    first = path.read_text().splitlines()[0]
    assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve().is_file()


VALID = [
    {},
    {"seeds": "[0, 1]"},
    {"seeds": "0..9"},
    {"seeds": "null"},
    {"dataset": "{name: csv, path: a, target: y, features: {a: number}, split: {column: s}}"},
    {"dataset": "{name: npz, path: a.npz}"},
    {"dataset": "{name: python, function: a.py:f, arguments: {x: 1}}"},
    {"model": "{name: logistic}"},
    {"model": "{name: cnn, filters: [8]}"},
    {"model": "{name: rnn, cell: gru, bidirectional: true}"},
    {"model": "{name: transformer, embedding_dimension: 16, num_heads: 4}"},
    {"dataset": "{name: delayed_recall, delay: 50, split: {test: 0.5}}"},
    {"model": "{name: layers, layers: [{Dense: {units: 3, kernel_regularizer: {l2: 0.1}}}, {Flatten: }]}"},
    {"model": "{name: layers, layers: [{Conv2D: {filters: 3, kernel_size: [3, 3]}}]}"},
    {"model": "{name: python, function: a.py:f}"},
    {"optimizer": "{name: SGD, momentum: 0.9, nesterov: true}"},
    {"optimizer": "{name: adam, learning_rate: {schedule: cosine_decay, initial_learning_rate: 1, decay_steps: 9}}"},
    {"optimizer": "{name: adam, weight_decay: null}"},
    {"optimizer": "{name: adamw, exclude_from_weight_decay: [bias], loss_scale: dynamic}"},
    {"optimizer": "{name: adam, loss_scale: {initial_scale: 2}}"},
    {"optimizer": "{name: schedulefreeadamw, warmup_epochs: 2}"},
    {"optimizer": "{name: sgd, learning_rate: {schedule: cosine_decay, initial_learning_rate: 1, decay_epochs: auto}}"},
    {"optimizer": "{name: python, function: a.py:f}"},
    {"model": "{name: layers, layers: [{dense: {units: 3}}, {max_pooling_2d: {}}, {LeakyReLU: {}}, {leaky_re_lu: }]}"},
    {
        "training": "{augment: [{random_flip: {mode: vertical}}, {RandomRotation: {factor: 0.1}}, {randomzoom: "
        "{height_factor: [-0.1, 0.2]}}]}"
    },
    {"training": "{loss: CategoricalCrossentropy, early_stopping: {patience: 3}, class_weight: balanced}"},
    {"training": "{loss: 'python:a.py:f', class_weight: {a: 1}, threads: 4}"},
    *({"optimizer": f"{{name: {name}}}"} for name in optimizer_signatures()),
]
INVALID = [
    {"name": "my run"},
    {"name": None},
    {"seed": "-1"},
    {"seed": "1.5"},
    {"seeds": "3"},
    {"seeds": "[]"},
    {"seeds": "a..b"},
    {"epochs": "3"},
    {"dataset": "iris"},
    {"dataset": "{name: mnits}"},
    {"dataset": "{name: iris, path: a}"},
    {"dataset": "{name: iris, split: {test: 20}}"},
    {"dataset": "{name: csv, path: a}"},
    {"dataset": "{name: csv, path: a, target: y, features: {a: numeric}}"},
    {"dataset": "{name: python, function: load}"},
    {"model": "mlp"},
    {"model": "{name: lstm}"},
    {"model": "{name: rnn, cell: lsmt}"},
    {"model": "{name: rnn, recurrent_units: []}"},
    {"model": "{name: transformer, activation: rleu}"},
    {"dataset": "{name: sequence_parity, length: 1}"},
    {"model": "{name: mlp, hidden_units: 64}"},
    {"model": "{name: mlp, hidden_units: [0]}"},
    {"model": "{name: mlp, activation: rleu}"},
    {"model": "{name: layers, layers: []}"},
    {"model": "{name: layers, layers: [{Dens: {units: 3}}]}"},
    {"model": "{name: layers, layers: [{Dense: {}}]}"},
    {"model": "{name: layers, layers: [{Dense: {unit: 3}}]}"},
    {"model": "{name: layers, layers: [{Dense: {units: 3, kernel_regularizer: {l3: 1}}}]}"},
    {"model": "{name: layers, layers: [{Dense: {units: 3}, Flatten: {}}]}"},
    {"optimizer": "adam"},
    {"optimizer": "{}"},
    {"optimizer": "{name: adam, lr: 1}"},
    {"optimizer": "{name: adam, momentum: 1}"},
    {"optimizer": "{name: adam, learning_rate: -1}"},
    {"optimizer": "{name: adam, learning_rate: '0.1'}"},
    {"optimizer": "{name: adam, learning_rate: {schedule: cosine_decay}}"},
    {"optimizer": "{name: adam, learning_rate: {schedule: cosine_decay, initial_learning_rate: 1, decay_epochs: x}}"},
    {
        "optimizer": "{name: adam, learning_rate: "
        "{schedule: cosine_decay, initial_learning_rate: 1, decay_steps: 1, decay_epochs: 1}}"
    },
    {"optimizer": "{name: adam, loss_scale: static}"},
    {"optimizer": "{name: adam, loss_scale: {initial_scale: 0}}"},
    {"optimizer": "{name: adamw, exclude_from_weight_decay: bias}"},
    {"optimizer": "{name: adam, beta_1: 1}"},
    {"optimizer": "{name: adam, amsgrad: 1}"},
    {"optimizer": "{name: python}"},
    {"training": "{epochs: 0}"},
    {"training": "{epochs: ten}"},
    {"training": "{epochs: true}"},
    {"training": "{loss: mse}"},
    {"training": "{augment: [{random_flop: {}}]}"},
    {"training": "{augment: [{random_flip: {seed: 1}}]}"},
    {"training": "{augment: [{RandomRotation: {factor: half}}]}"},
    {"training": "{augment: [{RandomRotation: {factor: true}}]}"},
    {"training": "{augment: [{RandomRotation: {factor: [0.1]}}]}"},
    {"training": "{augment: [{RandomZoom: {height_factor: null}}]}"},
    {"training": "{loss: 'python:a'}"},
    {"training": "{early_stopping: true}"},
    {"training": "{early_stopping: {monitor: auc}}"},
    {"training": "{class_weight: {a: -1}}"},
    {"training": "{threads: 0}"},
    {"report": "{format: jpg}"},
    {"report": "{figures: yes}"},
]


@pytest.mark.parametrize("lines", VALID, ids=str)
def test_what_the_loader_takes_the_schema_takes(validator, load, text, lines):
    """An editor does not underline what loads."""
    content = text(**lines)
    assert load(content).config
    assert [error.message for error in validator.iter_errors(parse_yaml(content).plain)] == []


@pytest.mark.parametrize("lines", INVALID, ids=str)
def test_what_the_loader_refuses_the_schema_refuses(validator, load, text, lines):
    """An editor underlines what does not load."""
    content = text(**lines)
    with pytest.raises(ConfigError):
        load(content)
    assert not validator.is_valid(parse_yaml(content).plain)
