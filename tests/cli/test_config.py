"""`optbench config`: the complete experiment with the source of each value."""

from __future__ import annotations

import json

import yaml


def test_every_value_has_its_source(command, make_runs, tmp_path):
    """The file's line, --set, a default, or auto; nothing is created."""
    make_runs.write_experiment(tmp_path)
    done = command("config", "adam.yaml", "--set", "optimizer.beta_1=0.8")
    assert (done.code, done.err) == (0, "")
    lines = {line.split(":")[0].strip(): line for line in done.out.splitlines()}
    assert "adam.yaml:4" in lines["learning_rate"]
    assert "--set" in lines["beta_1"]
    assert "default" in lines["batch_size"]
    assert "auto" in lines["loss"]
    assert [path.name for path in tmp_path.iterdir()] == ["adam.yaml"]


def test_what_is_printed_is_an_experiment_again(command, make_runs, tmp_path):
    """The complete text means the same run: its own resolution changes nothing."""
    make_runs.write_experiment(tmp_path)
    first = command("config", "adam.yaml", "--set", "optimizer.beta_1=0.8")
    (tmp_path / "complete.yaml").write_text(first.out)
    again = command("config", "complete.yaml")
    assert again.code == 0
    assert yaml.safe_load(again.out) == yaml.safe_load(first.out)


def test_json(command, make_runs, tmp_path):
    """Values and sources, key by key."""
    make_runs.write_experiment(tmp_path)
    document = json.loads(command("config", "adam.yaml", "--json").out)
    assert document["config"]["training"]["epochs"] == 3
    assert document["config"]["training"]["loss"] != "auto"
    assert document["sources"]


def test_findings_are_3(command, tmp_path):
    """A missing file and a wrong value, with nothing on stdout."""
    (tmp_path / "bad.yaml").write_text("name: a\n")
    for name in ("missing.yaml", "bad.yaml"):
        done = command("config", name)
        assert (done.code, done.out) == (3, "")
        assert name in done.err
