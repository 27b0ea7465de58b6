"""Each kind of model learns a small problem that needs its kind of structure, and that a plain model does not."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from optbench.config import DatasetConfig
from optbench.datasets import load_dataset
from optbench.training.loop import train

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]

PARITY = {"name": "sequence_parity", "length": 5, "rows": 800}
RECALL = {"name": "delayed_recall", "delay": 6, "rows": 800}
SIGNALS = {"name": "signals", "classes": 6, "rows": 2000, "shift": 20, "noise": 0.1}
CASES = {
    "cnn finds a shape anywhere": (
        SIGNALS,
        {"name": "cnn", "filters": [16, 16], "kernel_size": 5, "residual": True, "pooling": "max"},
        0.01,
        15,
    ),
    "rnn keeps a bit": (PARITY, {"name": "rnn", "cell": "gru", "recurrent_units": [16]}, 0.02, 40),
    "transformer looks back": (RECALL, {"name": "transformer", "embedding_dimension": 16}, 0.01, 15),
}


@pytest.mark.parametrize("case", CASES)
def test_what_needs_structure_is_learned_with_it(case, make_config, tmp_path):
    """The model is right in 95 % of unseen rows, where logistic regression is in at most 80 %."""
    section, model, rate, epochs = CASES[case]
    data = load_dataset(TypeAdapter(DatasetConfig).validate_python(section), base=tmp_path, data_dir=tmp_path)
    accuracy = {}
    for given in (model, {"name": "logistic"}):
        config = make_config(
            data, model=given, optimizer={"name": "adam", "learning_rate": rate}, training={"epochs": epochs}
        )
        outcome, _ = train(config, data, base=tmp_path)
        predicted = outcome.predictions["test"]
        accuracy[given["name"]] = (predicted.y_score.argmax(axis=1) == predicted.y_true).mean()
    assert accuracy[model["name"]] >= 0.95
    assert accuracy["logistic"] <= 0.8
