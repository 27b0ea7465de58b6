"""`--dry-run`: what is left, how long it takes, how big it gets; the models are tried out, nothing is created."""

from __future__ import annotations

import json

import pytest
from fake_training import FakeExecutor

from optbench.executors.interface import TaskEnd
from optbench.runner import foresee
from optbench.runner.run import RunOptions

COST = {"notes": [], "parameters": 123, "state_bytes": 1_000_000, "seconds_per_epoch": 0.5, "peak_memory_mb": 300.0}


@pytest.fixture
def foreseen(tmp_path, make_runs):
    """Foresee `adam.yaml` with workers that measure `COST`; returns what `dry_run` returns."""
    config = make_runs.write_experiment(tmp_path)

    def call(*seeds, **measured):
        def try_out(task, _as_usual):
            return TaskEnd(task.name, 0, {**COST, **measured}, "", "ok")

        options = RunOptions((config,), seeds=seeds, runs_dir=tmp_path / "runs", data_dir=tmp_path / "data")
        executor = FakeExecutor(instead_of={"try_out": try_out})
        return foresee.dry_run(options, say=lambda _sentence: None, executor_for=lambda *_: executor)

    return call


def test_time_is_shared_between_jobs_and_disk_is_not(foreseen, tmp_path):
    """Two runs of three epochs of half a second take 1.5 s with -j 2; their folders take the sum."""
    found = foreseen(0, 1)
    assert [one.seconds for one in found] == [1.5, 1.5]
    document = json.loads(json.dumps(foresee.foreseen_json(found, jobs=2), allow_nan=False))
    assert document["training_seconds"] == 1.5
    assert document["disk_bytes"] == sum(run["disk_bytes"] for run in document["runs"]) > 2_000_000
    assert foresee.foreseen_json(found, jobs=1)["training_seconds"] == 3.0
    assert foresee.foreseen_json(found, jobs=64)["training_seconds"] == 1.5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adam.yaml"]


def test_what_is_finished_costs_nothing(foreseen, make_runs, tmp_path):
    """Only what is left is counted."""
    (run,) = make_runs.plan(tmp_path / "adam.yaml", tmp_path / "runs")
    make_runs.finished_run(run)
    found = foreseen(0, 1)
    assert [one.why.split(":")[0] for one in found] == ["completed", "new"]
    assert found[0].disk_bytes == 0
    assert "1 of 2 runs to train, about 1.5 s with -j 1" in foresee.foreseen_text(found, jobs=1)


@pytest.mark.parametrize(
    ("seconds_per_epoch", "said"), [(0.001, "0.003 s"), (10, "30 s"), (100, "5 min"), (6000, "5.0 h")]
)
def test_durations_read_well(foreseen, seconds_per_epoch, said):
    """Neither 0.0 s nor 18000.0 s."""
    text = foresee.foreseen_text(foreseen(0, seconds_per_epoch=seconds_per_epoch), jobs=1)
    assert f"about {said} with -j 1" in text
    assert f"123 weights, about {said}, 300 MB of memory" in text
