"""`optbench ls`: every run folder with its state, whatever else lies beside it."""

from __future__ import annotations

import json

import pytest

from optbench.run_store import RunPaths


def lines_by_run(text):
    return {line.split()[0]: line for line in text.splitlines()[1:]}


def test_finished_runs_with_accuracy(command, runs_dir):
    """One line a run; a diverged one has no accuracy."""
    done = command("ls", "runs")
    assert (done.code, done.err) == (0, "")
    lines = lines_by_run(done.out)
    assert len(lines) == 4
    assert sum("diverged" in line for line in lines.values()) == 1
    adam = next(line for run, line in lines.items() if run.startswith("adam-s0"))
    assert "completed" in adam
    assert "0.9000" in adam


def test_json_is_one_strict_document(command, runs_dir):
    """NaN never appears: the metrics of a diverged run are null."""
    document = json.loads(command("ls", runs_dir, "--json").out, parse_constant=pytest.fail)
    assert document["schema_version"] == 1
    by_status = {run["status"]: run for run in document["runs"]}
    assert by_status["completed"]["test"]["accuracy"] is not None
    assert by_status["diverged"]["test"]["accuracy"] is None


def test_other_things_are_noted_and_passed_over(command, runs_dir, make_runs, tmp_path):
    """Foreign folders and files, and links, are no runs; unfinished, damaged and running ones are told apart."""
    (runs_dir / "notes").mkdir()
    (runs_dir / "notes" / "todo.txt").write_text("buy milk")
    (runs_dir / "README.md").write_text("these are my runs")
    (runs_dir / "dangling").symlink_to(tmp_path / "nowhere")
    rmsprop, adamw = (
        make_runs.plan(make_runs.write_experiment(tmp_path, optimizer=name), runs_dir)[0]
        for name in ("rmsprop", "adamw")
    )
    make_runs.interrupted_run(rmsprop)
    held = make_runs.stage(adamw)
    damaged = next(runs_dir.glob("adam-s0-*"))
    RunPaths(damaged).metrics.write_text("{")
    with make_runs.claimed(held, adamw.key):
        done = command("ls", "runs")
        again = command("ls", "runs", "--json")
    assert done.code == 0
    lines = lines_by_run(done.out)
    assert len(lines) == 6
    assert "unfinished  interrupted: stopped after epoch 1 of 3." in lines[rmsprop.run]
    assert lines[adamw.run].split()[1] == "running"
    assert lines[damaged.name].split()[1] == "unfinished"
    assert "notes is not a run folder" in done.err
    assert [run["status"] for run in json.loads(again.out)["runs"]].count("running") == 1
    assert command("ls", "runs", "-q").err == ""


@pytest.mark.parametrize("manifest", ["", "{}", "[]", "null", '{"schema_version": 99}', "\x00\xff", '{"files": 3}'])
def test_a_damaged_manifest_is_an_unfinished_run(command, runs_dir, manifest):
    """Whatever a manifest holds, the other runs are listed and nothing falls over."""
    damaged = next(runs_dir.glob("adam-s0-*"))
    RunPaths(damaged).manifest.write_bytes(manifest.encode("latin-1"))
    done = command("ls", "runs")
    assert done.code == 0
    assert lines_by_run(done.out)[damaged.name].split()[1] == "unfinished"
    assert len(lines_by_run(done.out)) == 4


def test_damaged_content_behind_a_whole_manifest(command, runs_dir):
    """A file of the right size with wrong content is told as damaged."""
    paths = RunPaths(next(runs_dir.glob("adam-s0-*")))
    paths.timing.write_text("[" + " " * (paths.timing.stat().st_size - 2) + "]")
    done = command("ls", "runs")
    assert done.code == 0
    assert "damaged" in lines_by_run(done.out)[paths.folder.name]


def test_nothing_there_is_4(command, tmp_path):
    """A missing, an empty and a foreign directory each say what to do."""
    (tmp_path / "empty").mkdir()
    for name in ("missing", "empty"):
        done = command("ls", name)
        assert (done.code, done.out) == (4, "")
        assert "optbench run CONFIG..." in done.err
    (tmp_path / "file").write_text("")
    done = command("ls", "file")
    assert done.code == 4
    assert "not a directory" in done.err


def test_the_runs_directory_can_come_from_the_environment(command, runs_dir, monkeypatch):
    """OPTBENCH_RUNS_DIR replaces the default; an argument replaces both."""
    moved = runs_dir.rename(runs_dir.with_name("elsewhere"))
    monkeypatch.setenv("OPTBENCH_RUNS_DIR", str(moved))
    assert len(lines_by_run(command("ls").out)) == 4
    assert command("ls", "runs").code == 4


def test_runs_are_chosen_and_ordered(command, runs_dir):
    """The best first; in a table and in JSON."""
    every = json.loads(command("ls", runs_dir, "--json").out)["runs"]
    done = command("ls", runs_dir, "--where", "optimizer == 'adam' and accuracy > 0", "--sort", "accuracy", "--json")
    found = json.loads(done.out)["runs"]
    expected = [run for run in every if run["optimizer"] == "adam" and (run["test"]["accuracy"] or 0) > 0]
    assert {run["run"] for run in found} == {run["run"] for run in expected}
    accuracies = [run["test"]["accuracy"] for run in found]
    assert accuracies == sorted(accuracies, reverse=True)
    table = command("ls", runs_dir, "--where", "status == 'diverged'").out
    assert len(lines_by_run(table)) == 1
    none = command("ls", runs_dir, "--where", "accuracy > 2")
    assert (none.code, none.out) == (0, "")
    assert none.err.endswith(f"None of the {len(every)} runs meets --where.\n")
    assert "No run has a value" not in none.err
    of_a_study = command("ls", runs_dir, "--where", "study == 'mine'")
    assert (of_a_study.code, of_a_study.out) == (0, "")
    assert "No run has a value for 'study'. Names that have one: accuracy, " in of_a_study.err


def test_what_cannot_be_chosen_is_a_mistake_of_usage(command, runs_dir):
    """With the nearest name that is known."""
    done = command("ls", runs_dir, "--where", "optimiser == 'adam'")
    assert done.code == 2
    assert "Did you mean 'optimizer'" in done.err
    assert command("ls", runs_dir, "--sort", "speed").code == 2
