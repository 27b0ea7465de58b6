"""The run key: everything that determines the numbers is in it, and nothing else."""

from __future__ import annotations

import copy
import random

import pytest

from optbench.config import keys_of_seeds, parse_resolved, resolve, run_key
from optbench.config.key import NUMERICS_VERSION
from optbench.config.yaml_document import dump_yaml

FILES = {
    "csv": {
        "dataset": "{name: csv, path: a.csv, target: y, positive_class: x, drop: [i], features: {a: number}}",
        "model": "{name: layers, layers: [{Dense: {units: 3}}]}",
        "training": "{early_stopping: {}, class_weight: {a: 1, b: 2}}",
    },
    "named": {
        "dataset": "{name: iris}",
        "optimizer": "{name: sgd, weight_decay: 0.1, exclude_from_weight_decay: [bias], loss_scale: dynamic, "
        "learning_rate: {schedule: cosine_decay, initial_learning_rate: 1, warmup_target: 2, decay_steps: 5}}",
    },
    "cnn": {"model": "{name: cnn}", "training": "{class_weight: balanced}"},
    "python": {
        "dataset": "{name: python, function: a.py:f, arguments: {n: 1}}",
        "model": "{name: python, function: a.py:g, arguments: {m: [1, x]}}",
        "optimizer": "{name: python, function: a.py:h, arguments: {k: 0.5}}",
        "training": "{loss: 'python:a.py:l'}",
    },
}
OTHER = {
    "iris": "wine",
    "utf-8": "cp1252",
    ".": ",",
    "relu": "tanh",
    "fused": "keras",
    "cpu": "gpu",
    "balanced": None,
    "val_loss": "loss",
    "flatten": "max",
    "number": "category",
    "sparse_categorical_crossentropy": "categorical_crossentropy",
    "python:a.py:l": "python:a.py:m",
    "a.py:f": "b.py:f",
    "a.py:g": "b.py:g",
    "a.py:h": "b.py:h",
}
FIXED = ("task", "dataset.name", "model.name", "optimizer.name", "optimizer.learning_rate.schedule")
FIXED += ("dataset.split.all_rows",)  # it leaves nothing to monitor: below
FIXED += ("training.devices",)  # several train no scaled loss: tests/test_several_devices.py


@pytest.fixture(params=FILES)
def resolved(request, load, text):
    shape = (8, 8, 1) if request.param == "cnn" else (4,)
    config = load(text(**FILES[request.param])).config
    return resolve(config, seed=0, num_classes=3, input_shape=shape, official_test=False)


def key(config, *, data="d", code=(), versions=(), **more):
    return run_key(config, data_digest=data, code=dict(code), versions=dict(versions), **more)


def test_the_keys_of_seeds_are_those_of_their_experiments(resolved):
    """To the bit, whatever stands in the experiment, although its text is written once for all seeds."""
    facts = {"data_digest": "d", "code": {"a.py": "c"}, "versions": {"keras": "3"}, "reading": {"left_out": ["a"]}}
    key_of = keys_of_seeds(resolved, **facts)
    for seed in (0, 1, 12345):
        assert key_of(seed) == run_key(resolved.model_copy(update={"seed": seed}), **facts)


def changed(value):
    """Another value that is valid in the same place."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 if value else 0.125
    if isinstance(value, str):
        return OTHER.get(value, ";" if value == "," else f"{value}2")
    return None


def leaves(value, path=()):
    for part, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list) and item:
            yield from leaves(item, (*path, part))
        else:
            yield (*path, part)


def put(plain, path, value):
    found = copy.deepcopy(plain)
    *parents, last = path
    target = found
    for part in parents:
        target = target[part]
    target[last] = value
    return found


def test_every_value_but_name_and_report_is_in_the_key(resolved):
    """Changing any single value changes the key, except for the name and what is drawn."""
    plain, tried = resolved.to_plain(), 0
    for path in leaves(plain):
        dotted = ".".join(map(str, path))
        value = plain
        for part in path:
            value = value[part]
        other = changed(value)
        if other is None or dotted in FIXED:
            continue
        if path[0] == "report" and isinstance(value, str):
            other = "svg"
        config = parse_resolved(dump_yaml(put(plain, path, other)))
        assert (key(config) == key(resolved)) == (path[0] in ("name", "report")), dotted
        tried += 1
    assert tried > 12


def test_training_on_all_rows_is_another_key(load, text):
    """What the test split's rows are does not matter then, but that they train does."""
    files = [text(dataset=f"{{name: iris, split: {{all_rows: {value}}}}}") for value in ("true", "false")]
    facts = {"seed": 0, "num_classes": 3, "input_shape": (4,), "official_test": False}
    assert len({key(resolve(load(content).config, **facts)) for content in files}) == 2


def test_names_of_sections_are_in_the_key(load, text):
    """Another optimizer, model or data set is another key, also where all arguments are equal."""
    facts = {"seed": 0, "num_classes": 3, "input_shape": (4,), "official_test": False}
    files = [text(), text(optimizer="{name: adamax}"), text(model="{name: logistic}"), text(dataset="{name: wine}")]
    assert len({key(resolve(load(content).config, **facts)) for content in files}) == len(files)


def test_data_code_and_versions_are_in_the_key(resolved):
    """So are the digest of the data, the user's code and the versions of what computes."""
    keys = [
        key(resolved),
        key(resolved, data="e"),
        key(resolved, code={"a.py": "1"}),
        key(resolved, code={"a.py": "2"}),
        key(resolved, code={"b.py": "1"}),
        key(resolved, versions={"keras": "3.15"}),
        key(resolved, versions={"keras": "3.16"}),
    ]
    assert len(set(keys)) == len(keys)
    assert all(len(found) == 64 and set(found) <= set("0123456789abcdef") for found in keys)


def test_numerics_version_is_in_the_key(resolved):
    """A change of optbench's own numbers gives other keys."""
    assert key(resolved, numerics=NUMERICS_VERSION) == key(resolved)
    assert key(resolved, numerics=NUMERICS_VERSION + 1) != key(resolved)


def test_the_order_of_keys_is_not_in_the_key(resolved):
    """The same file with all keys of all sections in another order has the same key; a list's order counts."""
    rng = random.Random(0)

    def shuffled(value):
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            rng.shuffle(items)
            return dict(items)
        return value

    for _ in range(5):
        assert key(parse_resolved(dump_yaml(shuffled(resolved.to_plain())))) == key(resolved)


def test_a_default_written_out_is_the_same_experiment(load, text):
    """A file with defaults written out, and whole numbers for floats, has the key of the short one."""
    facts = {"seed": 0, "num_classes": 3, "input_shape": (4,), "official_test": False}
    short = resolve(load(text()).config, **facts)
    long = load(
        text(
            dataset="{name: iris, split: {test: 0.2, stratify: true}}",
            optimizer="{name: Adam, learning_rate: 1e-3, beta_1: .9}",
            training="{loss: SparseCategoricalCrossentropy, threads: 1, engine: fused}",
        )
    ).config
    assert key(resolve(long, **facts)) == key(short)
    one, other = (load(text(optimizer=f"{{name: sgd, learning_rate: {rate}}}")).config for rate in ("1", "1.0"))
    assert key(resolve(one, **facts)) == key(resolve(other, **facts))
