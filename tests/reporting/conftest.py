"""Evaluations and histories to draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.evaluation import evaluate
from optbench.records import History, Predictions

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


@pytest.fixture
def evaluation():
    """Make an evaluation for some class names; `finite=False` is a diverged run."""

    def make(names, *, finite=True, seed=0):
        rng = np.random.default_rng(seed)
        parts = {}
        for split in ("train", "validation", "test"):
            y = rng.integers(0, len(names), 40 * len(names))
            scores = np.exp(rng.normal(size=(len(y), len(names))) + 2 * np.eye(len(names))[y])
            scores = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
            parts[split] = Predictions(y, scores if finite else np.full_like(scores, np.nan), np.arange(len(y)))
        return evaluate(parts, class_names=names, test_rows_in_train=2)

    return make


@pytest.fixture
def history():
    """Make a history of some epochs; losses of the epochs in `lost` are NaN."""

    def make(epochs, lost=()):
        rows = []
        for epoch in range(epochs + 1):
            loss = math.nan if epoch in lost else 1 / (epoch + 1)
            rows.append((float(epoch), loss, 1 - 0.5 / (epoch + 1), 1.1 / (epoch + 1), 0.5, 0.01))
        return History(COLUMNS, tuple(rows))

    return make
