"""`optbench run --folds`: a run per fold, a prediction for every row by a fold that did not see it, a page."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from fake_training import FakeExecutor
from read_page import Outline, data_of
from sklearn.metrics import accuracy_score, log_loss

from optbench.errors import InvalidError, UsageError
from optbench.run_store import RunPaths, read_json, read_predictions
from optbench.runner.folds import folds_json, folds_text, gather_folds
from optbench.runner.run import RunOptions, run_experiments

CONFIG = """\
name: folded
dataset: {{name: iris{split}}}
model: {{name: mlp, hidden_units: [4]}}
optimizer: {{name: adam}}
training: {{epochs: 2}}
"""


def run_folds(folder, *, split="", folds=3, behaviour=None, seeds=None):
    (folder / "folded.yaml").write_text(CONFIG.format(split=split))
    options = RunOptions(
        (folder / "folded.yaml",), runs_dir=folder / "runs", folds=folds, seeds=seeds, quiet=True, jobs=1, figures=False
    )
    executor = FakeExecutor(behaviour)
    ends = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)
    return ends, gather_folds(ends, options.runs_dir), executor


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Three folds of iris."""
    return run_folds(tmp_path_factory.mktemp("folds"))


def test_one_folder_per_fold_and_one_for_all(done):
    """Each fold is a run like any other; its resolved config says which one it is."""
    ends, (group,), _ = done
    assert [end.planned.config.dataset.split.fold for end in ends] == [0, 1, 2]
    assert len({end.planned.paths.folder for end in ends}) == 3
    document = read_json(group.paths.summary)
    assert document["runs"] == [end.planned.run for end in ends]
    assert (document["folds"], document["rows"]) == (3, 150)


def test_the_spread_is_that_of_the_folds_and_the_whole_that_of_all_predictions(done):
    """By NumPy over the runs' metrics, and by scikit-learn over the predictions of all of them."""
    ends, (group,), _ = done
    document = json.loads(group.paths.summary.read_text())
    tests = [read_predictions(RunPaths(end.planned.paths.folder).predictions)[0]["test"] for end in ends]
    values = [accuracy_score(test.y_true, test.y_score.argmax(axis=1)) for test in tests]
    found = document["metrics"]["accuracy"]
    assert found["values"] == pytest.approx(values)
    assert (found["mean"], found["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    truth, scores = (np.concatenate([getattr(test, name) for test in tests]) for name in ("y_true", "y_score"))
    assert document["metrics"]["log_loss"]["out_of_fold"] == pytest.approx(log_loss(truth, scores), rel=1e-5)


def test_every_row_has_the_prediction_of_the_fold_that_tested_it(done):
    """One line per row of the data, in their order."""
    ends, (group,), _ = done
    with group.paths.predictions.open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["row"]) for line in lines] == list(range(150))
    for fold, end in enumerate(ends):
        test = read_predictions(RunPaths(end.planned.paths.folder).predictions)[0]["test"]
        assert {int(line["row"]) for line in lines if line["fold"] == str(fold)} == set(test.rows.tolist())


def test_the_page_and_the_terminal_say_what_matters(done):
    """Mean, spread, that it is not a standard error, and where the page is."""
    _, groups, _ = done
    page = groups[0].paths.page.read_text()
    assert "it is not a standard error of the mean" in page
    assert all(run.run in page for run in groups[0].runs)
    assert set(data_of(page)["words"]["filter"]) == {"en", "es"}  # what the script writes beside the tables
    assert "no es un error estándar de la media" in Outline(page, "es").text
    (line,) = folds_text(groups, "en")
    assert "folded, 3 folds: test accuracy" in line
    assert str(groups[0].paths.page) in line
    json.dumps(folds_json(groups), allow_nan=False)


def test_the_same_command_again_trains_nothing_and_changes_no_byte(tmp_path):
    """A fold is found by its key; several seeds are several groups."""
    _, first, _ = run_folds(tmp_path, seeds=(0, 1))
    assert len(first) == 2
    before = {path: path.read_bytes() for group in first for path in group.paths.folder.iterdir()}
    _, again, executor = run_folds(tmp_path, seeds=(0, 1))
    assert executor.trained == []
    assert {path: path.read_bytes() for group in again for path in group.paths.folder.iterdir()} == before


def test_a_diverged_fold_leaves_no_mean(tmp_path):
    """Its predictions are none, so there is none over all folds either; the page is written all the same."""
    _, (group,), _ = run_folds(tmp_path, behaviour={"adam": ["diverge"]})
    found = read_json(group.paths.summary)["metrics"]["accuracy"]
    assert (found["mean"], found["out_of_fold"]) == (None, None)
    assert group.paths.page.is_file()


def test_what_says_which_rows_are_tested_and_folds_are_not_both(tmp_path):
    """A fraction in the file, too few folds."""
    with pytest.raises(UsageError, match=r"dataset.split.test says which rows are tested") as refused:
        run_folds(tmp_path, split=", split: {test: 0.3}")
    assert "--set dataset.split.test=null, which" in str(refused.value)
    with pytest.raises(UsageError, match="--folds must be from 2"):
        run_folds(tmp_path, folds=1)
    assert not (tmp_path / "runs").exists()


def test_given_test_rows_have_no_folds(tmp_path):
    """An npz has a test set of its own."""
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    np.savez(tmp_path / "data.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    (tmp_path / "own.yaml").write_text(
        "name: own\ndataset: {name: npz, path: data.npz}\nmodel: {name: logistic}\noptimizer: {name: sgd}\n"
    )
    options = RunOptions((tmp_path / "own.yaml",), runs_dir=tmp_path / "runs", folds=3, quiet=True)
    with pytest.raises(InvalidError, match="no fold can have others"):
        run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: FakeExecutor())
