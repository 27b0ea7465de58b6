"""The `evaluation` section: every misfit is a sentence, and without it nothing is another run."""

from __future__ import annotations

import pytest

from optbench.config import config_digest, parse_resolved, resolve
from optbench.config.load import dump_config
from optbench.errors import ConfigError

COST = "{cost: {false_positive: 1, false_negative: 5}}"


@pytest.mark.parametrize("rule", ["f1", COST, "{recall_at_precision: 0.9}"])
def test_a_rule_comes_back_as_it_was_written(load, text, rule):
    """Through the resolved file, too."""
    config = load(text(evaluation=f"{{threshold: {rule}, calibration: temperature}}")).config
    assert parse_resolved(dump_config(config)) == config


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{threshold: f2}", "evaluation.threshold: must be f1"),
        ("{threshold: 0.3}", "evaluation.threshold: must be f1"),
        ("{threshold: {}}", "must have one of cost, recall_at_precision and value. Received: none"),
        ("{threshold: {cots: {false_positive: 1, false_negative: 1}}}", "Did you mean 'cost'"),
        (f"{{threshold: {COST[:-1]}, recall_at_precision: 0.5}}}}", "Received: cost and recall_at_precision"),
        ("{threshold: {cost: {false_positive: 1}}}", "false_negative: missing"),
        ("{threshold: {cost: {false_positive: 0, false_negative: 1}}}", "must be greater than 0. Received: 0"),
        ("{threshold: {recall_at_precision: 90}}", "must be at most 1. Received: 90"),
        ("{calibration: platt}", "must be temperature, or a mapping of keys and values. Received: 'platt'"),
        ("f1", "evaluation: must be a mapping"),
    ],
)
def test_what_is_wrong_is_said(load, text, section, said):
    """Rule, received value, remedy."""
    with pytest.raises(ConfigError, match=said):
        load(text(evaluation=section))


def test_validation_rows_are_needed(load, text):
    """Of fractions the file says it; of arrays only reading them does."""
    nothing = "{name: iris, split: {validation: 0}}"
    with pytest.raises(ConfigError, match=r"calibration is chosen on validation rows"):
        load(text(dataset=nothing, evaluation="{calibration: temperature}"))
    config = load(text(dataset="{name: npz, path: a.npz}", evaluation="{calibration: temperature}")).config
    facts = {"seed": 0, "num_classes": 2, "input_shape": (4,), "official_test": True}
    with pytest.raises(ConfigError, match=r"evaluation.calibration: calibration is chosen on validation rows"):
        resolve(config, **facts, has_validation=False)
    assert resolve(config, **facts).evaluation == config.evaluation


def test_a_threshold_is_for_two_classes_and_calibration_for_any_number(load, text):
    """Regression has neither."""
    facts = {"seed": 0, "num_classes": 3, "input_shape": (4,), "official_test": False}
    with pytest.raises(ConfigError, match=r"evaluation.threshold is for two classes. Received: data with 3"):
        resolve(load(text(evaluation="{threshold: f1}")).config, **facts)
    resolve(load(text(evaluation="{calibration: temperature}")).config, **facts)
    for key, value in (("threshold", "f1"), ("calibration", "temperature")):
        with pytest.raises(ConfigError, match=f"{key} is for classes, and this is regression"):
            load(text(task="regression", dataset="{name: diabetes}", evaluation=f"{{{key}: {value}}}"))


def test_only_what_is_asked_for_is_another_run(load, text):
    """A file with the keys at null is the run of before."""
    plain, null, asked = (
        config_digest(load(text(**more)).config)
        for more in ({}, {"evaluation": "{threshold: null, calibration: null}"}, {"evaluation": "{threshold: f1}"})
    )
    assert plain == null != asked


def test_what_is_given_needs_no_validation_rows(load, text):
    """A threshold and a temperature that were found elsewhere; both come back from the resolved file."""
    given = "{threshold: {value: 0.3}, calibration: {temperature: 1.5}}"
    config = load(text(dataset="{name: breast_cancer, split: {validation: 0}}", evaluation=given)).config
    evaluation = resolve(config, seed=0, num_classes=2, input_shape=(4,), official_test=False).evaluation
    assert (evaluation.given_threshold, evaluation.given_temperature) == (0.3, 1.5)
    assert evaluation.to_be_chosen == ()
    assert parse_resolved(dump_config(config)) == config


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"dataset": "{name: iris, split: {all_rows: true, withhold_test: true}}"}, "none are left for withhold_test"),
        ({"dataset": "{name: iris, split: {all_rows: true, folds: 3, fold: 0}}"}, "none are left for folds"),
        (
            {"dataset": "{name: iris, split: {all_rows: true}}", "evaluation": "{calibration: temperature}"},
            "calibration is chosen on validation rows",
        ),
        (
            {"dataset": "{name: iris, split: {all_rows: true}}", "training": "{early_stopping: {monitor: val_loss}}"},
            "val_loss needs validation rows, and dataset.split.all_rows leaves none",
        ),
    ],
)
def test_what_all_rows_leave_nothing_for(load, text, sections, said):
    """Rows to validate or test on are none then."""
    with pytest.raises(ConfigError, match=said):
        load(text(**sections))
