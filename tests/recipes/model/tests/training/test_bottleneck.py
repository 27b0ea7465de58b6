"""The model `bottleneck`: its weights, and that it learns."""

from __future__ import annotations

import pytest

from optbench.training.loop import train
from optbench.training.problem import build_problem

pytestmark = pytest.mark.tensorflow


def test_number_of_parameters(make_dataset, make_config, tmp_path):
    """Three dense layers and the output, each with a bias."""
    dataset = make_dataset((6,), classes=3)
    config = make_config(dataset, model={"name": "bottleneck", "width": 5, "narrow": 2})
    model = build_problem(config, dataset, base=tmp_path).model
    assert model.count_params() == (6 + 1) * 5 + (5 + 1) * 2 + (2 + 1) * 5 + (5 + 1) * 3


def test_it_learns(make_dataset, make_config, tmp_path):
    """Its loss falls by half on blobs of three classes."""
    dataset = make_dataset((6,), classes=3)
    config = make_config(
        dataset,
        model={"name": "bottleneck"},
        optimizer={"name": "adam", "learning_rate": 0.01},
        training={"epochs": 20},
    )
    outcome, _ = train(config, dataset, base=tmp_path)
    losses = outcome.history.column("loss")
    assert losses[-1] < losses[0] / 2
