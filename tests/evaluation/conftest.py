"""Predictions that look like those of a model, without one."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.records import Predictions


def softmax_predictions(n, classes, *, seed, skill=1.5, y_true=None):
    """Random labels and float32 softmax scores that favour the right class by `skill`."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n) if y_true is None else np.asarray(y_true)
    logits = rng.normal(size=(n, classes)) + skill * np.eye(classes)[y]
    exp = np.exp(logits).astype(np.float32)
    return Predictions(y.astype(np.int64), exp / exp.sum(axis=1, keepdims=True), np.arange(n))


@pytest.fixture
def predictions():
    """A function of the number of classes: train, validation and test predictions."""

    def make(classes, *, n=400, skill=1.5):
        sizes = {"train": n, "validation": n // 4, "test": n // 2}
        return {
            split: softmax_predictions(size, classes, seed=seed, skill=skill)
            for seed, (split, size) in enumerate(sizes.items())
        }

    return make
