"""`optbench show`: what is known of one run."""

from __future__ import annotations

import json

import pytest

from optbench.run_store import RunPaths


def test_a_finished_run(command, runs_dir):
    """Experiment, metrics of every split and files, in plain lines."""
    (folder,) = runs_dir.glob("adam-s0-*")
    done = command("show", f"runs/{folder.name}")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"{folder.name}: completed"
    assert "optimizer: adam (learning_rate 0.01" in done.out
    (accuracy,) = [line.split() for line in lines if line.startswith("accuracy")]
    metrics = json.loads(RunPaths(folder).metrics.read_text())
    assert accuracy[1:] == [f"{metrics[split]['accuracy']:.4f}" for split in ("train", "validation", "test")]
    assert "MANIFEST.json" in lines[-1]


@pytest.mark.parametrize("how", ["id", "key prefix", "folder", "pattern"])
def test_every_way_to_name_a_run(command, runs_dir, how):
    """A folder, a pattern, an id and the first eight digits of a key name the same run."""
    (folder,) = runs_dir.glob("adam-s1-*")
    named = {"id": folder.name, "key prefix": folder.name[-8:], "folder": folder, "pattern": "runs/adam-s1-*"}
    document = json.loads(command("show", named[how], "--json").out, parse_constant=pytest.fail)
    assert document["run"] == folder.name
    assert document["key"].startswith(folder.name[-8:])
    assert document["config"]["seed"] == 1


def test_a_diverged_run_has_no_metrics(command, runs_dir):
    """Null in JSON, a dash in text, and the warning says why."""
    (folder,) = runs_dir.glob("sgd-s1-*")
    document = json.loads(command("show", folder, "--json").out, parse_constant=pytest.fail)
    assert document["status"] == "diverged"
    assert document["metrics"]["test"]["accuracy"] is None
    (accuracy,) = [line for line in command("show", folder).out.splitlines() if line.startswith("accuracy")]
    assert accuracy.split()[1:] == ["-", "-", "-"]


def test_an_unfinished_run(command, make_runs, tmp_path):
    """How the last attempt ended."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    make_runs.interrupted_run(run)
    done = command("show", run.run)
    assert done.code == 0
    assert done.out.splitlines()[0] == f"{run.run}: unfinished"
    assert "last attempt: interrupted: stopped after epoch 1 of 3." in done.out
    assert json.loads(command("show", run.run, "--json").out)["kind"] == "interrupted"


def test_one_run_only(command, runs_dir):
    """Several, none, and a foreign folder are 4."""
    for argument in ("runs", "nothing", "adam.yaml"):
        done = command("show", argument)
        assert (done.code, done.out) == (4, "")
        assert argument in done.err
    assert "4" in command("show", "runs").err
