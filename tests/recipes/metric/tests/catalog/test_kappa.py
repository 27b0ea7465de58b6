"""Cohen's kappa against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.evaluation import evaluate
from optbench.records import Predictions


def test_kappa_is_agreement_beyond_chance():
    """(observed - expected) / (1 - expected), from the table of true and predicted labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    scores = (rng.dirichlet(np.ones(3), 200) + 0.5 * np.eye(3)[y]) / 1.5
    part = Predictions(y, scores.astype(np.float32), np.arange(200))
    found = evaluate({"train": part, "test": part}, class_names=["a", "b", "c"]).metrics["test"]["kappa"]
    table = np.zeros((3, 3))
    np.add.at(table, (y, scores.argmax(axis=1)), 1 / 200)
    expected = float(table.sum(axis=0) @ table.sum(axis=1))
    assert found == pytest.approx((np.trace(table) - expected) / (1 - expected))
