"""The engine of a study file: for all runs, written down with the first plan, kept by what extends it."""

from __future__ import annotations

import json
from dataclasses import replace

from optbench.run_store import read_json
from optbench.study.begun import Begun

XLA = "experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}\nengine: xla"


def engines_of(end):
    return {run.planned.config.training.engine for run in end.runs.planned}


def test_it_is_that_of_every_run_and_makes_another_study(study):
    """The experiment's own is replaced; another engine is another key."""
    compiled, plain = study(experiment=XLA), study()
    assert (engines_of(compiled), engines_of(plain)) == ({"xla"}, {"fused"})
    assert compiled.plan.key != plain.plan.key
    assert compiled.plan.config.engine == "xla"


def test_what_auto_stood_for_is_kept(study):
    """An extension goes on with what the first plan wrote down, whatever the rule would say by then."""
    first = study()
    record = read_json(first.plan.paths.record)
    assert record["engines"] == {"iris": dict.fromkeys(["sgd", "adam", "sgd-default", "adam-default"], "fused")}
    changed = {"iris": dict.fromkeys(record["engines"]["iris"], "xla")}
    first.plan.paths.record.write_text(json.dumps({**record, "engines": changed}))
    again = study.plan_of(seeds=3)
    assert {run.planned.config.training.engine for run in again.tuning_runs()} == {"xla"}
    assert replace(again, begun=Begun(), _planned={}).engines_used()["iris"]["sgd"] == "fused"
