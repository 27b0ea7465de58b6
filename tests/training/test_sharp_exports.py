"""Calibrated models that are far too sure, exported: what `predict` says of every row, to 1e-5, in every format."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from exported_models import READERS
from selection import mostly_long

from optbench.evaluation.answer_rule import AnswerRule
from optbench.run_store import read_predictions
from optbench.runner.export import FORMATS, ExportOptions, export
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run

pytestmark = pytest.mark.tensorflow

LARGEST = 1e-5
LOSSES = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
EXPERIMENT = """\
name: {name}
dataset: {{name: csv, path: noisy.csv, target: y, split: {{test: 0.3, validation: 0.3}}}}
model: {{name: mlp, hidden_units: [64, 64]}}
optimizer: {{name: adam, learning_rate: 0.01}}
training: {{epochs: 100, batch_size: 16, loss: {loss}}}
evaluation: {{threshold: f1, calibration: temperature}}
report: {{figures: false}}
"""
CASES = [(end, to) for end in LOSSES for to in FORMATS]


def noisy(rows=600):
    """A table whose labels are drawn anew in a third of the rows: who learns them by heart is wrong, and sure of it."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, 4)).astype(np.float32).astype(float)
    is_yes = np.where(rng.random(rows) < 1 / 3, rng.random(rows) < 0.5, x[:, 0] > 0)
    numbers = {f"n{i}": x[:, i] for i in range(4)}
    return pd.DataFrame({**numbers, "kind": rng.choice(["a", "b"], rows), "y": np.where(is_yes, "yes", "no")})


@pytest.fixture(scope="module")
def runs(tmp_path_factory, warm_workers):
    """Train both ends of the model; returns folders by the name of the activation."""
    place = tmp_path_factory.mktemp("sharp")
    noisy().to_csv(place / "noisy.csv", index=False)
    for name, loss in LOSSES.items():
        (place / f"{name}.yaml").write_text(EXPERIMENT.format(name=name, loss=loss))
    files = tuple(place / f"{name}.yaml" for name in LOSSES)
    options = RunOptions(files, runs_dir=place / "runs", quiet=True, jobs=1)
    ends = run_experiments(options, say=lambda _: None, executor_for=warm_workers.executor_for)
    assert {end.outcome for end in ends} == {"completed"}
    return {end.planned.config.name: end.planned.paths for end in ends}


@pytest.fixture(scope="module")
def answered(runs):
    """What `predict` says of every row of the table: prepared rows, calibrated probabilities."""
    given = noisy().drop(columns="y")
    found = {}
    for name, paths in runs.items():
        predictor = open_run(paths.folder)
        (found[name],) = predictor.predict(rows_of_object(given, predictor.preprocessing).parts)
    return found


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("end", LOSSES)
def test_what_predict_says_is_what_the_run_recorded(runs, answered, end):
    """Of a model that had to be cooled by 5 or more, with probabilities beyond what float32 tells from 1."""
    predictions, _ = read_predictions(runs[end].predictions)
    rule = AnswerRule.from_json(json.loads(runs[end].evaluation.read_text()), "it")
    assert 5 <= rule.temperature.value <= 15
    assert rule.temperature.from_logits
    for split, found in predictions.items():
        again = answered[end].scores[found.rows]
        assert again.tobytes() == rule.applied_to(found).y_score.tobytes(), split
        assert (found.y_score[:, 1] > 0.999).sum() > 10
        # what the probabilities alone would have told is another number
        assert np.abs(again - rule.for_outputs(found.logits.shape[1]).probabilities(found.y_score)).max() > (
            1e-4 if end == "sigmoid" else 0
        )


@pytest.mark.parametrize(
    ("end", "to"),
    mostly_long(
        CASES, short=[("sigmoid", "keras"), ("sigmoid", "savedmodel")], ci=[("sigmoid", "onnx"), ("sigmoid", "litert")]
    ),
)
def test_exports_agree_on_every_row(runs, answered, end, to, tmp_path):
    """Training, validation and test rows."""
    pytest.importorskip({"onnx": "onnxruntime", "litert": "ai_edge_litert.interpreter"}.get(to, "keras"))
    made = export(ExportOptions(str(runs[end].folder), to, tmp_path, tmp_path / f"out{FORMATS[to].suffix}"))
    given = {name: values.to_numpy() for name, values in noisy().drop(columns="y").items()}
    found = READERS[to](made.path, given, answered[end].rows.x)
    assert np.abs(found - answered[end].scores).max() < LARGEST
