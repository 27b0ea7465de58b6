"""`--json` wherever something is printed: one strict document on stdout, progress and notes on stderr."""

from __future__ import annotations

import json

import pytest
from finished_runs import make_run, store_run

from optbench.cli.app import app

FACTS = {"name", "key", "seed", "settings", "stage", "study"}


@pytest.fixture
def runs(tmp_path):
    """Seven seeds of Adam and SGD under runs/, with 5 and 10 epochs."""
    for seed in range(7):
        store_run(make_run("adam", seed, 0.9 + 0.001 * seed), tmp_path / "runs")
        store_run(make_run("adam", seed, 0.8 + 0.001 * seed**1.5, training={"epochs": 5}), tmp_path / "runs")
    return tmp_path / "runs"


def strict(text):
    return json.loads(text, parse_constant=pytest.fail)


def test_every_command_takes_it():
    """None is left out."""
    for command in app.registered_commands:
        assert "as_json" in command.callback.__annotations__, command.callback.__name__


@pytest.mark.parametrize(
    "arguments", [("list", "datasets"), ("init",), ("init", "--study"), ("schema",), ("fetch", "iris"), ("ls", "runs")]
)
def test_one_document(command, runs, arguments):
    """It has a version and nothing stands around it."""
    done = command(*arguments, "--json")
    assert done.code == 0
    assert strict(done.out).keys() & {"schema_version", "$schema"}


def test_runs_are_described_alike(command, runs):
    """`ls` and `compare` say of each run its name, key, seed, settings, study and stage."""
    listed = strict(command("ls", "runs", "--json").out)["runs"]
    compared = strict(command("compare", "runs", "--by", "epochs", "--json").out)
    assert compared["by"] == "training.epochs"
    assert len(listed) == len(compared["runs"]) == 14
    for run in (*listed, *compared["runs"]):
        assert run.keys() >= FACTS
        assert run["settings"]["training.epochs"] in (5, 10)
    assert {run["run"]: run["key"] for run in listed} == {run["run"]: run["key"] for run in compared["runs"]}
    assert {run["label"] for run in compared["runs"]} == {"epochs=5", "epochs=10"}


def test_a_wrong_setting_is_told_to_programs(command, runs):
    """An error is the document."""
    done = command("compare", "runs", "--by", "nothing", "--json")
    assert (done.code, strict(done.out)["error"]["code"]) == (2, "usage-by-unknown")


def test_what_sets_runs_of_one_name_apart(command, runs):
    """`ls` says the optimizer, in what runs of one name differ, and what a renamed folder was called."""
    old = next(runs.glob("*-s0-*"))
    old.rename(runs / "best")
    lines = command("ls", "runs").out.splitlines()
    assert lines[0].split()[-3:] == ["optimizer", "differs", "in"]
    assert sum("epochs=5" in line for line in lines) == sum("epochs=10" in line for line in lines) == 7
    (best,) = [line for line in lines if line.startswith("best ")]
    assert f"adam       was {old.name}; epochs=" in best
    assert f"folder: {runs.name}/best" in command("show", old.name).out


def test_every_command_can_be_silent():
    """`-q` is taken everywhere, so that a script need not know which commands have something to say."""
    for command in app.registered_commands:
        assert "quiet" in command.callback.__annotations__, command.callback.__name__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "dataset"), "Did you mean 'datasets'?"),
        (("validate",), "Missing argument 'CONFIG'"),
        (("run", "a.yaml", "-j", "two"), "Received: 'two'"),
        (("runn",), "Did you mean 'run'?"),
    ],
)
def test_a_wrong_command_line_is_told_to_programs(command, arguments, said):
    """What the parser refuses is one document, too, and one sentence on stderr without a frame around it."""
    done = command(*arguments, "--json")
    error = strict(done.out)["error"]
    assert (done.code, error["code"]) == (2, "usage-command-line")
    assert said in error["message"]
    assert done.err == f"optbench: {error['message']}\n"


def test_an_error_within_a_library_is_told_to_programs(command, monkeypatch):
    """Exit code 70 has a document as well."""

    def fail(_runs_dir):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("optbench.runner.listing.list_runs", fail)
    done = command("ls", "--json")
    document = strict(done.out)
    assert (done.code, document["exit_code"], document["error"]["code"]) == (70, 70, "error")
    assert "deep inside" in document["error"]["message"]
