"""`optbench config`: the resolved experiment, each value with where it comes from."""

from __future__ import annotations

import pytest
import yaml

from optbench.config import explained_yaml, resolve, sources


@pytest.fixture
def explained(load, text):
    def run(*overrides, **lines):
        loaded = load(text(**lines), *overrides)
        resolved = resolve(loaded.config, seed=0, num_classes=3, input_shape=(4,), official_test=False)
        return loaded, resolved

    return run


def test_sources(explained):
    """A value comes from a line of the file, from --set, from `auto` or is a default."""
    lines = {"training": "\n  epochs: 3", "model": "{name: mlp, hidden_units:\n [8]}"}
    found = sources(*explained("training.batch_size=8", **lines))
    assert found["training.epochs"] == "a.yaml:7"
    assert found["training.batch_size"] == "--set"
    assert found["training.loss"] == "auto"
    assert found["training.threads"] == "auto"
    assert found["dataset.split.test"] == "auto"
    assert found["dataset.split.validation"] == "default"
    assert found["optimizer.learning_rate"] == "default"
    assert found["model.hidden_units"] == "a.yaml:4"
    assert found["name"] == "a.yaml:1"


def test_written_auto_is_resolved(explained):
    """`auto` that is written is told as resolved; a written value keeps its line."""
    found = sources(*explained(training="{loss: auto, threads: 2, engine: fused}"))
    assert (found["training.loss"], found["training.threads"], found["training.engine"]) == (
        "auto",
        "a.yaml:5",
        "a.yaml:5",
    )


def test_every_value_has_a_source(explained):
    """No value is without one, down to the items of sections; and no source is invented."""
    loaded, resolved = explained(
        optimizer="{name: sgd, learning_rate: {schedule: cosine_decay, initial_learning_rate: 1, decay_steps: 9}}"
    )
    found = sources(loaded, resolved)
    assert found["optimizer.learning_rate.decay_steps"] == "a.yaml:4"
    assert found["optimizer.learning_rate.alpha"] == "default"
    assert set(found.values()) <= {"auto", "default", "--set", *(f"a.yaml:{line}" for line in range(1, 5))}


def test_explained_yaml_is_the_resolved_experiment(explained):
    """The text is valid YAML of the resolved experiment; comments stand in one column and name the sources."""
    loaded, resolved = explained(
        dataset="{name: csv, path: a.csv, target: 'a: b # c', features: {'x y': number}, missing: ['', '#']}",
        model="{name: layers, layers: [{Dense: {units: 3}}, {Dropout: {rate: 0.1}}]}",
        training="{class_weight: {'1': 2, 'no': 1}}",
    )
    text = explained_yaml(loaded, resolved)
    assert yaml.safe_load(text) == resolved.to_plain()
    columns = {
        line.rindex("  # ") for line in text.splitlines() if line.endswith(("# default", "# auto")) and len(line) < 70
    }
    assert len(columns) == 1
    assert "epochs: 10" in text
