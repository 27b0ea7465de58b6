"""Predictions of finished runs are read once, and little of them is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optbench.catalog.metrics import metric_named
from optbench.errors import StorageError
from optbench.records import Predictions, RunRecord, RunStatus
from optbench.run_store import RunPaths, write_predictions
from optbench.runner.stored_rows import StoredRows

NAMES = ("cat", "dog")
ACCURACY = metric_named("accuracy")


def predictions(classes):
    """Return predictions of four rows, the first two cats, in falling order."""
    scores = np.eye(2, dtype=np.float32)[np.array(classes)]
    return Predictions(np.array([0, 0, 1, 1]), scores, np.array([9, 7, 5, 3]))


@pytest.fixture
def run(tmp_path):
    """Make a run of classification that answers what it is given; its folder holds the predictions alone."""

    def made(name, classes):
        folder = tmp_path / name
        folder.mkdir()
        found = predictions(classes)
        write_predictions(RunPaths(folder).predictions, {"train": found, "test": found}, class_names=NAMES)
        return RunRecord(name, str(folder), "", RunStatus.COMPLETED, 0, {"task": "classification"}, {}, {}, {}, {}, "")

    return made


def predictions_of(record):
    """Return the path of a run's predictions."""
    return RunPaths(Path(record.folder)).predictions


def test_a_file_is_read_once_for_all_that_is_asked(run):
    """When the scores of its rows are known, the file may go: counts and answers are known, too."""
    record, rows = run("adam", [0, 1, 1, 1]), StoredRows(with_answers=True)
    scores = rows.scores(record, ACCURACY)
    predictions_of(record).unlink()
    assert (scores.rows.tolist(), scores.values.tolist()) == ([3, 5, 7, 9], [1, 1, 0, 1])
    assert (rows.counts(record).train, rows.counts(record).test) == (4, 4)
    answers = rows.answers(record)
    assert (answers.class_names, answers.n_train) == (NAMES, 4)
    assert (answers.test.rows.tolist(), answers.test.classes.tolist()) == ([3, 5, 7, 9], [1, 1, 1, 0])
    assert answers.confusion.tolist() == [[1, 1], [0, 2]]


def test_runs_on_one_split_share_its_row_numbers(run):
    """They would be most of what is kept of ten thousand runs."""
    rows = StoredRows(with_answers=True)
    first, second = (run(name, [0, 0, 1, 1]) for name in ("adam", "sgd"))
    assert rows.scores(first, ACCURACY).rows is rows.answers(second).test.rows
    assert rows.answers(first).test.classes.itemsize == 1


def test_a_run_without_finite_scores_has_no_answers(run):
    """Nor has a folder without predictions."""
    record, other = run("adam", [0, 0, 1, 1]), run("sgd", [0, 0, 1, 1])
    lost = predictions([0, 0, 1, 1])
    lost.y_score[0, 0] = np.nan
    write_predictions(predictions_of(record), {"test": lost}, class_names=NAMES)
    predictions_of(other).unlink()
    rows = StoredRows()
    assert (rows.answers(record).test, rows.answers(record).confusion) == (None, None)
    assert (rows.answers(other).test, rows.answers(other).class_names) == (None, ())


def test_a_damaged_file_has_no_scores_and_is_no_answer(run):
    """A verdict goes without single rows; what is drawn of them says what is wrong."""
    record, rows = run("adam", [0, 0, 1, 1]), StoredRows(with_answers=True)
    predictions_of(record).write_bytes(b"damaged")
    assert rows.scores(record, ACCURACY) is None
    with pytest.raises(StorageError):
        rows.answers(record)
