"""Experiments with mistakes of every kind, drawn by Hypothesis."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

VALID: tuple[dict[str, Any], ...] = (
    {
        "name": "c",
        "seeds": [4],
        "dataset": {"name": "iris", "split": {"test": 0.3, "validation": 0.2, "seed": 1}},
        "model": {"name": "mlp", "hidden_units": [4, 3], "dropout": 0.1},
        "optimizer": {"name": "adam", "learning_rate": 0.01, "clipnorm": 1.0},
        "training": {"epochs": 2, "batch_size": 16, "loss": "auto"},
        "report": {"figures": False},
    },
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
