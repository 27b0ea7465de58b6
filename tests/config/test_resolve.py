"""Resolving: one seed, every default written out, no `auto` left; and the way back from the text."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.catalog.keras_api import activations
from optbench.catalog.tasks import PER_CLASS
from optbench.config import dump_config, load_resolved, optimizer_defaults, parse_resolved, resolve
from optbench.errors import ConfigError

FACTS = {"seed": 3, "num_classes": 3, "input_shape": (4,), "official_test": False}
FRACTION = st.floats(0.01, 0.4)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
FUNCTION = st.fixed_dictionaries(
    {"name": st.just("python"), "function": st.just("a.py:f")},
    optional={"arguments": st.dictionaries(st.text(max_size=5), PLAIN, max_size=2)},
)
WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
SPLIT = st.fixed_dictionaries(
    {},
    optional={"test": FRACTION, "validation": FRACTION, "stratify": st.booleans(), "seed": st.integers(0, 2**63 - 1)},
)
DATASETS = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["iris", "mnist"])}, optional={"split": SPLIT}),
    st.fixed_dictionaries(
        {"name": st.just("csv"), "path": WORD, "target": WORD},
        optional={
            "positive_class": WORD | st.none(),
            "drop": st.lists(WORD, max_size=2),
            "missing": st.lists(st.text(max_size=3), max_size=2),
            "features": st.dictionaries(WORD, st.sampled_from(["number", "category"]), max_size=2),
            "split": SPLIT | st.just({"test_path": "b.csv"}),
        },
    ),
    FUNCTION,
)
DENSE = st.fixed_dictionaries(
    {"units": st.integers(1, 9)},
    optional={
        "activation": st.sampled_from(activations()),
        "use_bias": st.booleans(),
        "kernel_regularizer": st.just({"l2": 0.1}),
    },
)
MODELS = st.one_of(
    st.just({"name": "logistic"}),
    st.fixed_dictionaries(
        {"name": st.just("mlp")},
        optional={
            "hidden_units": st.lists(st.integers(1, 99), max_size=3),
            "activation": st.sampled_from(activations()),
            "dropout": FRACTION,
        },
    ),
    st.fixed_dictionaries(
        {
            "name": st.just("layers"),
            "layers": st.lists(
                st.fixed_dictionaries({"dense": DENSE}) | st.just({"Flatten": None}), min_size=1, max_size=3
            ),
        }
    ),
    FUNCTION,
)
RATE = (
    st.floats(0, 10)
    | st.integers(0, 3)
    | st.fixed_dictionaries(
        {
            "schedule": st.just("CosineDecay"),
            "initial_learning_rate": st.floats(0, 1),
            "decay_steps": st.integers(1, 99),
        }
    )
)
OPTIMIZERS = FUNCTION | st.fixed_dictionaries(
    {"name": st.sampled_from(sorted(optimizer_defaults()))},
    optional={"learning_rate": RATE, "weight_decay": st.floats(0, 1), "clipnorm": st.floats(0.1, 9) | st.none()},
)
TRAINING = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 99),
        "loss": st.sampled_from(["auto", *PER_CLASS, "python:a.py:f"]),
        "early_stopping": st.fixed_dictionaries({}, optional={"monitor": st.just("loss"), "min_delta": st.floats(0, 1)})
        | st.none(),
        "class_weight": st.just("balanced") | st.none() | st.dictionaries(WORD, st.floats(0, 9), max_size=2),
        "threads": st.just("auto") | st.integers(1, 9),
    },
)
EXPERIMENTS = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True),
        "dataset": DATASETS,
        "model": MODELS,
        "optimizer": OPTIMIZERS,
    },
    optional={"training": TRAINING, "report": st.just({"figures": False}), "seed": st.integers(0, 2**63 - 1)},
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(plain=EXPERIMENTS)
def test_round_trip(load, plain):
    """A resolved experiment written as YAML is read back equal, by the strict reader and by plain PyYAML."""
    resolved = resolve(load(json.dumps(plain)).config, **FACTS)
    text = dump_config(resolved)
    assert parse_resolved(text) == resolved
    assert dump_config(parse_resolved(text)) == text
    assert yaml.safe_load(text) == resolved.to_plain()
    assert json.loads(json.dumps(resolved.to_plain(), allow_nan=False)) == resolved.to_plain()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(plain=EXPERIMENTS)
def test_resolving_twice_changes_nothing(load, plain):
    """What is resolved stays as it is; no `auto` is left in it and no key is missing."""
    resolved = resolve(load(json.dumps(plain)).config, **FACTS)
    assert resolve(resolved, **FACTS) == resolved
    training = resolved.training
    assert "auto" not in (training.loss, training.engine, training.threads)
    assert (resolved.seed, resolved.seeds) == (3, None)
    if resolved.optimizer.name != "python":
        assert set(resolved.optimizer.arguments) == set(optimizer_defaults()[resolved.optimizer.name])


@pytest.fixture
def resolved(load, text):
    def run(facts=(), **lines):
        return resolve(load(text(**lines)).config, **{**FACTS, **dict(facts)})

    return run


@pytest.mark.parametrize(
    "dataset, official, test",
    [
        ("{name: iris}", False, 0.2),
        ("{name: iris, split: {test: 0.3}}", False, 0.3),
        ("{name: mnist}", True, None),
        ("{name: csv, path: a, target: y, split: {test_path: b}}", False, None),
        ("{name: csv, path: a, target: y, split: {column: s}}", False, None),
    ],
)
def test_test_fraction(resolved, dataset, official, test):
    """A fifth is split off where the data has no test rows of its own and none are given."""
    assert resolved({"official_test": official}, dataset=dataset).dataset.split.test == test


def test_inline_layers_have_keras_names(resolved):
    """`dropout` and `Dropout`, and null and no arguments, are one experiment."""
    one = resolved(model="{name: layers, layers: [{dropout: {rate: 0.5}}, {flatten: }]}")
    other = resolved(model="{name: layers, layers: [{Dropout: {rate: 0.5}}, {Flatten: {}}]}")
    assert one == other
    assert one.model.layers == [{"Dropout": {"rate": 0.5}}, {"Flatten": {}}]


def test_given_values_are_kept(resolved):
    """What is written is not replaced by what `auto` would choose."""
    found = resolved(training="{loss: categorical_hinge, engine: keras, threads: 7}").training
    assert (found.loss, found.engine, found.threads) == ("categorical_hinge", "keras", 7)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge"])
def test_losses_for_two_classes(resolved, loss):
    """A loss for two classes is refused for three, with what to use instead, and taken for two."""
    with pytest.raises(ConfigError, match=f"{loss} is for two classes. Received: data with 3 classes. Use auto"):
        resolved(training=f"{{loss: {loss}}}")
    assert resolved({"num_classes": 2}, training=f"{{loss: {loss}}}").training.loss == loss


def test_cnn_needs_images(resolved):
    """Convolutions are refused for a table and taken for images."""
    with pytest.raises(
        ConfigError,
        match=r"cnn takes .*images .*Received: table rows .* Models that take them: logistic, mlp",
    ):
        resolved(model="{name: cnn}")
    assert resolved({"input_shape": (8, 8, 1)}, model="{name: cnn}").model.name == "cnn"


def test_resolved_file(resolved, tmp_path):
    """The file of a run folder is read back; a damaged one is refused with its place."""
    found = resolved()
    path = tmp_path / "config.resolved.yaml"
    path.write_text(dump_config(found))
    assert load_resolved(path) == found
    path.write_text(dump_config(found).replace("epochs: 10", "epochs: ten"))
    with pytest.raises(ConfigError, match=r"config.resolved.yaml:\d+:\d+: training.epochs"):
        load_resolved(path)
