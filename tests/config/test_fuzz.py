"""Whatever a file holds, loading it ends with an experiment or with sentences, and with nothing else."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.config import dump_config, load_experiment, parse_resolved
from optbench.errors import ConfigError

EXAMPLES = int(os.environ.get("OPTBENCH_FUZZ_EXAMPLES", "2000"))
VALID = (
    {
        "name": "a",
        "seeds": [0, 1],
        "dataset": {
            "name": "csv",
            "path": "my.csv",
            "target": "y",
            "drop": ["id"],
            "features": {"a": "number"},
            "split": {"test": 0.2, "validation": 0.1, "stratify": True, "seed": 0},
        },
        "model": {"name": "layers", "layers": [{"Dense": {"units": 4, "kernel_regularizer": {"l2": 0.1}}}]},
        "optimizer": {
            "name": "sgd",
            "momentum": 0.9,
            "learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 10},
        },
        "training": {
            "epochs": 3,
            "early_stopping": {"monitor": "val_loss", "patience": 2},
            "class_weight": {"x": 1.0},
            "threads": "auto",
        },
        "report": {"figures": False, "format": "svg"},
    },
    {
        "name": "b",
        "seed": 3,
        "dataset": {"name": "python", "function": "p.py:f", "arguments": {"n": 1}},
        "model": {"name": "cnn", "filters": [4], "kernel_size": 3, "activation": "relu"},
        "optimizer": {"name": "python", "function": "p.py:make", "arguments": {"x": [1, {"y": None}]}},
        "training": {"loss": "hinge", "class_weight": "balanced", "batch_size": 8},
    },
)
WORDS = (
    "name",
    "layers",
    "auto",
    "python",
    "adam",
    "csv",
    "seeds",
    "learning_rate",
    "0..3",
    "a.py:b",
    "",
    "1e5",
    "yes",
)
SCALARS = st.one_of(
    st.sampled_from(WORDS),
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=6),
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value):
    """Every container of a document with one of its keys."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def mutated(draw):
    """A valid experiment with up to four changes: dropped or renamed keys, other values, nested junk."""
    plain = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(list(places(plain))))
        change = draw(st.sampled_from(["drop", "rename", "scalar", "junk", "swap"]))
        value = container[key]
        if change == "drop":
            del container[key]
        elif change == "rename" and isinstance(container, dict):
            del container[key]
            container[draw(st.sampled_from([f"{key}s", str(key)[:-1], str(key).upper(), *WORDS]))] = value
        elif change == "swap":
            container[key] = copy.deepcopy(draw(st.sampled_from(list(places(VALID))))[0])
        else:
            container[key] = draw(SCALARS if change == "scalar" else JUNK)
        if not plain:
            break
    return plain


def check_sentences(told, path):
    assert told.strip()
    for line in told.split("\n"):
        is_source = line.partition("|")[0].strip(" 0123456789") == ""
        assert is_source or line.startswith((f"{path}:", "--set:")), line
        assert "\x1b" not in line


def check(content, folder, overrides=()):
    """Load it; an accepted one must survive a round trip, a refused one must say why, line by line."""
    path = Path(folder) / "a.yaml"
    path.write_bytes(content)
    try:
        loaded = load_experiment(path, overrides)
    except ConfigError as error:
        check_sentences(str(error), str(path))
        return
    assert parse_resolved(dump_config(loaded.config)) == loaded.config
    json.dumps(loaded.config.to_plain(), allow_nan=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@fuzzed
@given(plain=mutated())
def test_mutated_experiments(folder, plain):
    """A valid file with mistakes of any kind is loaded or refused with sentences."""
    check(json.dumps(plain).replace("Infinity", ".inf").replace("NaN", ".nan").encode(), folder)


@fuzzed
@given(
    content=st.binary(max_size=60) | st.text(alphabet="ab:{}[]-,&*!|>'\"# \n\t\\%@`?~0.e<", max_size=60).map(str.encode)
)
def test_arbitrary_bytes(folder, content):
    """Bytes that are no experiment are refused with a sentence."""
    check(content, folder)


@fuzzed
@given(
    key=st.sampled_from(
        ["optimizer.learning_rate", "model.layers[0].Dense.units", "seeds", "a[0]", "dataset.split", "name"]
    )
    | st.text(max_size=12),
    value=st.text(alphabet="ab:{}[]-,&!'\"# \n\t.0e=", max_size=12) | st.text(max_size=8),
)
def test_arbitrary_overrides(folder, key, value):
    """Whatever --set is given, the answer is an experiment or a sentence."""
    check(json.dumps(VALID[0]).encode(), folder, [f"{key}={value}"])
