"""What a newer rule reads differently is another run; data to which no such rule applies keeps its runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optbench.datasets import outline
from optbench.run_store import read_json
from optbench.runner.plan import load_experiments, plan_run
from optbench.runner.reproduce import read_recorded
from optbench.runner.reproduction import changed_data

READING = {"left_out": ["id"]}


@pytest.fixture
def plan(make_runs, tmp_path):
    """Plan the run of one experiment on its data, read as told."""
    config = make_runs.write_experiment(tmp_path)
    (loaded,) = load_experiments([config], ())
    dataset = make_runs.plan(config, tmp_path)[0].dataset

    def call(reading):
        read = replace(dataset, facts={**dataset.facts, "reading": reading}) if reading else dataset
        return plan_run(loaded, seed=0, dataset=read, versions={"keras": "3"}, runs_dir=tmp_path / "runs")

    return call


def test_a_reading_is_in_the_key_and_in_the_manifest(plan, make_runs):
    """It stands where it changed something, and nowhere else; the outline of a data set keeps it."""
    before, after = plan({}), plan(READING)
    assert (before.dataset.reading, after.dataset.reading) == ({}, READING)
    assert before.key != after.key != plan({"left_out": ["name"]}).key
    assert outline(after.dataset).reading == READING
    manifests = [read_json(make_runs.finished_run(run).manifest) for run in (before, after)]
    assert "reading" not in manifests[0]
    assert manifests[1]["reading"] == READING


def test_a_reading_explains_other_data(plan, make_runs, tmp_path):
    """Where the data read today is not what a run was trained on, the rule that has come since is named."""
    run = plan({})
    recorded = read_recorded(str(make_runs.finished_run(run).folder), tmp_path)
    now = replace(run.dataset, data_digest="0" * 64, facts={**run.dataset.facts, "reading": READING})
    found = changed_data(recorded, now)
    assert found.first_difference == "data"
    assert [one.values for one in found.could_explain] == [
        {"fact": "data.reading.left_out.0", "before": None, "after": "id"}
    ]
    assert changed_data(recorded, run.dataset) is None
