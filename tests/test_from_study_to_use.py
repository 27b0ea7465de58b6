"""From a study to use: refit of what it recommends, predictions of new rows, an export of the same model."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from optbench.run_store import RunPaths, read_json, read_run
from optbench.runner.export import ExportOptions, export
from optbench.runner.predict import PredictOptions, predict
from optbench.runner.refit import refit
from optbench.runner.run import RunOptions
from optbench.study.refit import origin_of
from optbench.study.run import StudyOptions, run_study

pytestmark = pytest.mark.tensorflow

STUDY = """\
name: choice
experiment:
  dataset: {name: csv, path: table.csv, target: left, drop: [customer]}
  model: {name: mlp, hidden_units: [4]}
  training: {epochs: 2}
  evaluation: {threshold: f1}
optimizers: [sgd, adam]
tuning: {points: 2, seeds: 1}
confirmation: {seeds: 2}
"""
ROWS, NEW = 90, 30


def write_tables(folder):
    """Write a table with labels, and one of new rows without."""
    random = np.random.default_rng(0)
    lines = ["customer,months,plan,left"]
    for row in range(ROWS + NEW):
        months = int(random.integers(1, 60))
        lines.append(f"c{row:03},{months},{'abc'[row % 3]},{'yes' if random.random() < months / 60 else 'no'}")
    (folder / "table.csv").write_text("\n".join(lines[: ROWS + 1]) + "\n")
    new = [line.rpartition(",")[0] for line in (lines[0], *lines[ROWS + 1 :])]
    (folder / "new.csv").write_text("\n".join(new) + "\n")


@pytest.mark.ci
@pytest.mark.long
def test_what_a_study_recommends_is_used(tmp_path, warm_workers, keras_backend):
    """Each step takes what the one before has left, and the export answers as `predict`."""
    import keras
    import tensorflow as tf

    write_tables(tmp_path)
    (tmp_path / "choice.yaml").write_text(STUDY)
    runs_dir, hired = tmp_path / "runs", warm_workers.executor_for
    said = []
    asked = StudyOptions(tmp_path / "choice.yaml", runs_dir=runs_dir, quiet=True, jobs=1)
    run_study(asked, say=said.append, executor_for=hired, page_of=lambda _study: "no page")
    (study,) = (path for path in runs_dir.iterdir() if (path / "study.json").is_file())
    origin = origin_of(str(study), runs_dir)
    options = RunOptions((), runs_dir=runs_dir, data_dir=tmp_path, quiet=True)
    (end,) = refit(origin, options, say=said.append, executor_for=hired)
    assert end.outcome == "completed"
    folder = end.planned.paths.folder
    assert read_json(RunPaths(folder).metrics)["test"] is None
    assert read_run(folder).metrics["train"]["accuracy"] is not None
    answered = predict(
        PredictOptions(
            run=str(folder),
            data=tmp_path / "new.csv",
            runs_dir=runs_dir,
            out=tmp_path / "answers.csv",
            with_scores=True,
            own_process=False,
        ),
        None,
    )
    assert (answered.n_rows, answered.threshold) == (NEW, read_json(RunPaths(folder).evaluation)["threshold"])
    rows = list(csv.DictReader((tmp_path / "answers.csv").read_text().splitlines()))
    assert [row["row"] for row in rows] == [str(row) for row in range(NEW)]
    new = list(csv.DictReader((tmp_path / "new.csv").read_text().splitlines()))
    model = keras.saving.load_model(export(ExportOptions(str(folder), "keras", runs_dir, tmp_path / "use.keras")).path)
    found = model(
        {
            "months": tf.constant([[float(row["months"])] for row in new]),
            "plan": tf.constant([[row["plan"]] for row in new]),
        }
    )
    wanted = [[float(row[f"probability_{name}"]) for name in ("no", "yes")] for row in rows]
    np.testing.assert_allclose(found["probabilities"], wanted, atol=1e-5)
    assert [answer.decode() for answer in found["answer"].numpy()] == [row["prediction"] for row in rows]
