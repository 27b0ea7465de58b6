"""Finished runs whose every text is in a language."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pseudo_locale import write_pseudo_locale
from working_documents import a_training_result

from optbench.records import History
from optbench.regression_records import TargetPredictions
from optbench.run_store import (
    write_history,
    write_target_predictions,
    write_training_result,
)
from optbench.runs.finish import finish_run
from optbench.words import VARIABLE

HEADER = "id,size,note,kind,y\n"
TAIL = "model: {name: mlp, hidden_units: [4]}\noptimizer: {name: adam}\ntraining: {epochs: 3}\n"


def table(label):
    """Rows with a counter, a gap, sentences and a constant: a note on each."""
    return HEADER + "".join(
        f"{i},{'' if i == 5 else i * 7 % 11}.5,the size of number {i} is told here,same,{label(i)}\n" for i in range(60)
    )


@pytest.fixture
def in_language(monkeypatch, tmp_path, make_runs):
    """Plan, stage and finish a run of a task in a language; the folder of the run, beside what was said."""

    def run(language, task):
        monkeypatch.setenv(VARIABLE, language)
        base = tmp_path / task
        base.mkdir(exist_ok=True)
        (base / "data.csv").write_text(table(lambda i: "ab"[i % 2] if task == "classification" else i * 1.5))
        (base / "x.yaml").write_text(
            f"name: x\ntask: {task}\ndataset: {{name: csv, path: data.csv, target: y}}\n{TAIL}"
        )
        (planned,) = make_runs.plan(base / "x.yaml", base / re.sub(r"\W", "-", language))
        paths = make_runs.stage(planned)
        make_runs.pretend_training(planned, accuracy=0.5) if task == "classification" else pretend(planned, make_runs)
        with make_runs.claimed(paths, planned.key) as claim:
            finish_run(claim, draw=True)
        return planned, paths

    return run


def pretend(planned, make_runs):
    """Leave what training of a regression leaves: predictions that are no better than the mean."""
    columns = ("epoch", "loss", "mse", "val_loss", "val_mse", "learning_rate")
    rows = tuple((float(e), 1.0 - e / 10, 1.0 - e / 10, 1.0 + e / 10, 1.0 + e / 10, 0.01) for e in range(4))
    predictions = {
        name: TargetPredictions(split.y, np.full(len(split.y), 40.0), split.rows)
        for name, split in planned.dataset.splits.items()
    }
    with make_runs.claimed(planned.paths, planned.key) as claim:
        write_history(claim.draft.history, History(columns, rows))
        write_target_predictions(claim.draft.predictions, predictions)
        claim.draft.model.write_bytes(b"no model")
        write_training_result(claim.draft, a_training_result())
        claim.publish(last=planned.paths.training_result)


@pytest.fixture(scope="session")
def pseudo(tmp_path_factory):
    """A language in which every letter of a text is a wide one; English letters are none of its."""
    folder = tmp_path_factory.mktemp("pseudo-locale")
    write_pseudo_locale(folder)
    return str(folder)
