"""The contract of a task, held against every task there is: predictions, evaluation, tables, pictures, page part."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from read_page import data_of

from optbench.catalog import tasks as catalog
from optbench.catalog.metrics import history_columns, measured, table_rows
from optbench.evaluation import final_losses, metrics_json
from optbench.records import SPLITS, History, Predictions
from optbench.regression_records import TargetPredictions
from optbench.run_store import RunPaths
from optbench.tasks import TASKS, task_named
from optbench.words.tables import row_title

NAMES = ("a", "b", "c")


def scores(rows, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, len(NAMES), rows)
    raw = rng.dirichlet(np.ones(len(NAMES)), rows) + np.eye(len(NAMES))[y]
    return Predictions(y, (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32), np.arange(rows))


def numbers(rows, seed):
    y = np.random.default_rng(seed).normal(50.0, 9.0, rows)
    return TargetPredictions(y, y + np.random.default_rng(seed + 1).normal(size=rows), np.arange(rows))


MAKERS = {catalog.CLASSIFICATION: scores, catalog.REGRESSION: numbers}


@pytest.fixture(params=TASKS)
def task(request):
    """Each task that is registered."""
    return TASKS[request.param]


@pytest.fixture
def predictions(task):
    """Predictions of the task on three splits."""
    return {split: MAKERS[task.facts.name](40 + seed, seed) for seed, split in enumerate(SPLITS)}


@pytest.fixture
def history(task):
    """Two epochs of the task's columns."""
    names = history_columns(task.facts.name)
    columns = ("epoch", *names, *(f"val_{name}" for name in names), "learning_rate")
    rows = tuple((float(epoch), *(1.0 / (2 + epoch + k) for k in range(len(columns) - 2)), 0.1) for epoch in range(3))
    return History(columns, rows)


@pytest.fixture
def evaluation(task, predictions, history):
    """The evaluation of the predictions."""
    return task.evaluate(predictions, class_names=NAMES, positive_class=None, history=history)


def test_the_catalogue_and_the_room_have_the_same_tasks():
    """What a file may name is what can be evaluated; a record without a task is of the default one."""
    assert set(TASKS) == set(catalog.TASKS) == set(MAKERS)
    assert all(task.facts is catalog.TASKS[name] for name, task in TASKS.items())
    assert task_named(None) is TASKS[catalog.DEFAULT_TASK]


def test_predictions_come_back_as_they_were_written(task, predictions, tmp_path):
    """Bit for bit, and the digest of what is read is that of what was written."""
    paths = RunPaths(tmp_path)
    task.write_predictions(paths, predictions, class_names=NAMES)
    read = task.read_predictions(paths)
    ours, theirs = task.answers(predictions), task.answers(read)
    assert list(ours) == list(theirs)
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert set(ours) < set(np.load(paths.predictions).files)
    assert task.stored_answers(paths).n_train == len(predictions["train"].y_true)


def test_every_split_has_every_metric_of_the_task(task, evaluation):
    """Each a number, since there are rows and all predictions are finite."""
    for values in evaluation.metrics.values():
        of_two = {metric.name for metric in measured(task.facts.name) if metric.for_two_classes}
        assert {name for name, value in values.items() if value is None} == of_two


def test_tables_figures_and_page_part_are_made_from_the_evaluation(task, evaluation, history, tmp_path):
    """Some table, some picture; the page has a row for each metric."""
    from optbench.reporting.run_report import RunReport, render_run_report

    task.write_tables(RunPaths(tmp_path), evaluation)
    assert list(tmp_path.iterdir())
    figures = task.figures(evaluation, history, best_epoch=1)
    assert "learning_curves" in figures
    report = RunReport(
        run="r",
        status="completed",
        reason=None,
        config={},
        config_text="",
        evaluation=evaluation,
        epochs_run=2,
        best_epoch=1,
        environment={},
        timing={},
        digests={},
        history=history,
    )
    part = task.page_part(report, evaluation)
    charts = partial(task.page_charts, report, evaluation)
    titles = {row_title(row): row.name for row in table_rows(task.facts.name, "page")}
    of_three = {metric.name for metric in measured(task.facts.name) if not metric.for_two_classes}
    assert of_three <= {titles[row[0]] for row in part.metric_rows}
    page = render_run_report(report, partial(task.page_part, report, evaluation), charts, "en")
    assert part.written_by in page
    assert "learning" in data_of(page)["figures"]


def test_metrics_json_has_the_loss_of_the_weights_that_are_kept(task, evaluation, history):
    """Of the best epoch if its weights are restored, else of the last one, as after divergence; none on test rows."""

    def loss(*, restores_best, diverged=False):
        losses = final_losses(history, best_epoch=1, restores_best=restores_best, diverged=diverged)
        document = metrics_json(evaluation, losses=losses, epochs_run=2, best_epoch=1, diverged=diverged)
        assert document["test"]["loss"] is None
        return document["validation"]["loss"], document["train"]["loss"]

    rows = {
        int(epoch): row
        for epoch, row in enumerate(zip(history.column("val_loss"), history.column("loss"), strict=True))
    }
    assert loss(restores_best=True) == rows[1]
    assert loss(restores_best=False) == loss(restores_best=True, diverged=True) == rows[2]


def test_a_starter_experiment_names_the_task_unless_it_is_the_default(task):
    """What `optbench init` writes is read as what it is for."""
    setting, comment = task.starter_head
    assert setting in (f"task: {task.facts.name}", "")
    assert bool(setting) == bool(comment) == (task.facts.name != catalog.DEFAULT_TASK)
