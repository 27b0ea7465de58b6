"""`task`: what fits classes, what fits a number, and what is said where they are mixed up."""

from __future__ import annotations

import pytest

from optbench.config import parse_resolved, resolve, run_key
from optbench.config.load import dump_config

NUMBER = {"task": "regression", "dataset": "{name: diabetes}"}
MISFITS = [
    ({"task": "regresion"}, "task: must be classification or regression.", "Did you mean 'regression'?"),
    ({"dataset": "{name: diabetes}"}, "dataset.name: diabetes holds a number", "'task: regression' at the top"),
    ({"task": "regression"}, "dataset.name: iris has classes.", "Remove 'task: regression'"),
    ({**NUMBER, "model": "{name: logistic}"}, "model.name: logistic is for classes.", "counterpart is linear"),
    ({"model": "{name: linear}"}, "model.name: linear predicts a number.", "For classes take logistic"),
    (
        {**NUMBER, "training": "{loss: binary_crossentropy}"},
        "training.loss: must be a loss for regression. Received: 'binary_crossentropy'.",
        "Known: auto, mean_squared_error, mean_absolute_error, huber, log_cosh",
    ),
    ({"training": "{loss: huber}"}, "training.loss: must be a loss for classification.", "write 'task: regression'"),
    (
        {**NUMBER, "training": "{loss: mean_absolute_percentage_error}"},
        "training.loss: mean_absolute_percentage_error compares sizes",
        "Set training.standardize_target: false.",
    ),
    (
        {**NUMBER, "training": "{early_stopping: {monitor: val_accuracy}}"},
        "training.early_stopping.monitor: must be loss, mse, rmse, mae or r2",
        "Received: val_accuracy.",
    ),
    ({"training": "{early_stopping: {monitor: val_mae}}"}, "must be loss or accuracy", "for classification"),
    (
        {"training": "{early_stopping: {monitor: auc}}"},
        "must be loss or accuracy, or one of them",
        "for classification",
    ),
    ({**NUMBER, "training": "{class_weight: balanced}"}, "training.class_weight: class_weight is for", "Remove it."),
    ({"training": "{standardize_target: true}"}, "training.standardize_target: is for a number", "Remove it"),
    ({**NUMBER, "dataset": "{name: diabetes, split: {stratify: true}}"}, "dataset.split.stratify", "Remove it."),
    (
        {**NUMBER, "dataset": "{name: csv, path: a.csv, target: y, positive_class: x}"},
        "dataset.positive_class",
        "this is regression. Remove it.",
    ),
    (
        {**NUMBER, "dataset": "{name: 'openml:531', positive_class: x}"},
        "dataset.positive_class",
        "this is regression. Remove it.",
    ),
]


@pytest.mark.parametrize("lines, rule, remedy", MISFITS)
def test_a_misfit_is_one_finding_with_rule_and_remedy(lines, rule, remedy, refused, text):
    """What does not fit the task is told at its place, with the way out, and once."""
    (finding,) = refused(text(**lines))
    assert rule in finding
    assert remedy in finding


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_table_of_openml_is_for_both_tasks(load, text, task):
    """What its target is, the table tells, not its name."""
    assert load(text(task=task, dataset="{name: 'openml:531'}")).config.task == task


def resolved(load, text, **lines):
    config = load(text(**lines)).config
    classes = 0 if config.task == "regression" else 3
    return resolve(config, seed=0, num_classes=classes, input_shape=(4,), official_test=False)


def test_regression_is_resolved_to_what_is_trained(load, text):
    """Mean squared error, a standardised target, rows drawn without strata; written out and read back alike."""
    config = resolved(load, text, **NUMBER)
    assert config.training.loss == "mean_squared_error"
    assert config.training.standardize_target is True
    assert config.dataset.split.stratify is False
    assert parse_resolved(dump_config(config)) == config


def test_classification_has_nothing_of_regression(load, text):
    """The task stands in the resolved experiment; what is for numbers only is null."""
    plain = resolved(load, text).to_plain()
    assert plain["task"] == "classification"
    assert plain["training"]["standardize_target"] is None


def test_the_task_is_in_the_key(load, text):
    """The same table predicted as classes and as numbers are two runs."""
    data = "{name: csv, path: a.csv, target: y}"
    keys = {
        run_key(resolved(load, text, dataset=data, task=task), data_digest="d", code={}, versions={})
        for task in ("classification", "regression")
    }
    assert len(keys) == 2


@pytest.mark.parametrize("model", ["{name: mlp}", "{name: linear}", "{name: layers, layers: [{Dense: {units: 3}}]}"])
def test_every_other_model_fits(model, load, text):
    """They end in one linear unit."""
    assert resolved(load, text, **NUMBER, model=model).task == "regression"
