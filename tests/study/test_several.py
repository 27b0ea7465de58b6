"""A study over several problems: the protocol on each, one folder, and what they say together."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from optbench.study.run import prepare_study
from optbench.study.verdict_json import verdict_document

MODEL = "model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}"
NAMES = ("iris", "wine", "breast_cancer", "digits")


def experiments(*items):
    return "experiments:\n" + "".join(f"  - {{{item}, {MODEL}}}\n" for item in items)


def on(*names):
    return experiments(*(f"dataset: {{name: {name}}}" for name in names))


def test_each_problem_is_tuned_confirmed_and_concluded_for_itself(study):
    """Equal budgets per problem, a choice per problem, a verdict per problem in DESIGN's shape, then the ranks."""
    end = study(experiment=on("iris", "wine"), optimizers="[sgd, rmsprop]", seeds=7)
    paths = end.plan.paths
    table = pd.read_csv(paths.results)
    tuning = table[table.stage == "tuning"]
    assert set(tuning[tuning.optimizer.isin(["sgd", "rmsprop"])].groupby(["problem", "optimizer"]).size()) == {3}
    assert set(table[table.stage == "confirmation"].groupby(["problem", "optimizer"]).size()) == {7}
    document = json.loads(paths.verdict_json.read_text())
    assert [one["name"] for one in document["problems"]] == ["iris", "wine"]
    for one in document["problems"]:
        assert {"metric", "optimizers", "pairs", "warnings", "verdict", "tuning", "chosen"} <= set(one)
        assert {pair["n"] for pair in one["pairs"]} == {7}
        own = tuning[(tuning.problem == one["name"]) & (tuning.optimizer == "sgd")]
        assert one["chosen"]["sgd"]["learning_rate"] == own.groupby("learning_rate").val_loss.mean().idxmin()
    across = document["across"]
    assert across["tests"] is None
    assert "fewer than 5 data sets" in across["untested_because"]
    for row in across["optimizers"]:
        means = [
            next(summary["mean"] for summary in one["optimizers"] if summary["optimizer"] == row["optimizer"])
            for one in document["problems"]
        ]
        best = [
            max(summary["mean"] for summary in one["optimizers"] if summary["optimizer"] in ("sgd", "rmsprop"))
            for one in document["problems"]
        ]
        assert row["regrets"] == pytest.approx([top - mean for top, mean in zip(best, means, strict=True)])
    text = paths.verdict_text.read_text()
    assert all(f"## {name}" in text for name in ("iris", "wine", "All problems together"))


@pytest.mark.long
@pytest.mark.ci
def test_a_second_call_does_nothing_and_another_problem_is_another_study(study):
    """All problems of one study are one plan."""
    first = study(experiment=on("iris", "wine"))
    second = study(experiment=on("iris", "wine"))
    assert (second.trained, second.written) == (0, ())
    third = study(experiment=on("iris", "digits"))
    assert third.plan.paths != first.plan.paths


def test_one_problem_in_a_list_is_a_study_of_one(study):
    """The shape of verdict.json depends on the number of problems, not on the key."""
    document = verdict_document(study(experiment=on("iris")).findings)
    assert "problems" in document
    assert document["optimizers"]


def test_settings_of_several_hyperparameters(study):
    """Weight decay in the optimizer against a penalty in the model: equal budgets, one problem, both remarked on."""
    end = study(
        optimizers="[{name: adamw, weight_decay: {low: 1e-4, high: 0.1}}, "
        "{label: adam-l2, name: adam, with: {model.l2: {low: 1e-6, high: 0.01}}}]",
        points=9,
        metric="val_log_loss",
        seeds=7,
    )
    document = verdict_document(end.findings)
    assert [one["settings"] for one in document["tuning"]] == [9, 9]
    assert set(document["chosen"]["adamw"]) == {"learning_rate", "weight_decay"}
    assert set(document["chosen"]["adam-l2"]) == {"learning_rate", "model.l2"}
    confirmed = [run for run in end.runs.planned if run.stage == "confirmation" and run.label == "adam-l2"]
    assert {run.planned.config.model.l2 for run in confirmed} == {document["chosen"]["adam-l2"]["model.l2"]}
    assert {(pair["a"], pair["b"], pair["not_tested_because"]) for pair in document["pairs"]} == {
        (pair["a"], pair["b"], None) for pair in document["pairs"]
    }
    assert any("The model's l2 differs" in sentence for sentence in document["warnings"])


@pytest.mark.parametrize("sampler", ["grid", "halton"])
def test_the_order_in_the_file_decides_no_setting(study, sampler):
    """One plan digest stands for one list of settings: of the axes of the points, each name has its own."""
    ranges = [
        "beta_2: {low: 0.9, high: 0.999}",
        "beta_1: {low: 0.5, high: 0.95}",
        "with: {model.l2: {low: 1e-6, high: 0.01}}",
    ]
    plans = []
    for written in (ranges, ranges[::-1]):
        optimizers = f"[{{name: adam, {', '.join(written)}}}]"
        options = study.options(optimizers=optimizers, points=16, sampler=sampler, metric="val_log_loss")
        plans.append(prepare_study(options, say=print))
    one, other = plans
    assert one.digest == other.digest
    assert one.settings(one.config.optimizers[0]) == other.settings(other.config.optimizers[0])
    assert [run.run for run in one.tuning_runs()] == [run.run for run in other.tuning_runs()]
