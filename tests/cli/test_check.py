"""`optbench check`: every byte of a run folder against its manifest."""

from __future__ import annotations

import json
import os

import pytest

from optbench.run_store import RunPaths


def test_untouched_runs_are_ok(command, runs_dir):
    """One line a run."""
    done = command("check", "runs")
    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) == 4
    assert all(line.endswith(": ok") for line in done.out.splitlines())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda paths: flip(paths.predictions), "predictions.npz must have sha256"),
        (lambda paths: flip(paths.metrics), "metrics.json must have sha256"),
        (lambda paths: paths.history.unlink(), "history.csv is missing"),
        (lambda paths: os.truncate(paths.roc_curve, 3), "roc_curve.csv must have"),
        (lambda paths: flip(paths.manifest), "MANIFEST.json"),
        (lambda paths: (paths.folder / "note.txt").write_text("x"), "note.txt was added"),
    ],
    ids=["flipped", "flipped json", "missing", "truncated", "manifest", "added"],
)
def test_any_change_is_5(command, runs_dir, damage, said):
    """One bit is enough; the other runs are still told to be ok."""
    (folder,) = runs_dir.glob("adam-s0-*")
    damage(RunPaths(folder))
    done = command("check", "runs")
    assert done.code == 5
    assert said in done.out
    assert done.out.count(": ok") == 3
    assert "1 of 4 run folders" in done.err
    machine = command("check", "runs", "--json")
    document = json.loads(machine.out)
    assert machine.code == 5
    assert document["ok"] is False
    (damaged,) = [run for run in document["runs"] if run["problems"]]
    assert any(said in problem for problem in damaged["problems"])
    assert len(damaged["findings"]) == len(damaged["problems"])
    assert all(set(finding) == {"code", "severity", "values"} for finding in damaged["findings"])
    assert not any(run["findings"] for run in document["runs"] if run is not damaged)


def test_unfinished_and_foreign_are_passed_over(command, runs_dir, make_runs, tmp_path):
    """They cannot be checked, and do not fail the check of the rest; alone they are 4."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path, optimizer="rmsprop"), runs_dir)
    make_runs.interrupted_run(run)
    (runs_dir / "notes").mkdir()
    done = command("check", "runs")
    assert done.code == 0
    assert f"{run.run}: unfinished, passed over" in done.out
    assert "notes" in done.err
    assert command("check", run.run).code == 4
    assert command("check", "nothing").code == 4


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda paths: paths.history.unlink(), "history.csv is missing"),
        (lambda paths: os.truncate(paths.roc_curve, 3), "roc_curve.csv must have"),
        (lambda paths: flip(paths.manifest), "MANIFEST.json"),
        (lambda paths: (paths.folder / "note.txt").write_text("x"), "note.txt was added"),
    ],
    ids=["missing", "truncated", "manifest", "added"],
)
def test_a_quick_check_finds_what_needs_no_reading(command, runs_dir, damage, said):
    """Names, sizes and the manifest itself; and it says that this is all."""
    (folder,) = runs_dir.glob("adam-s0-*")
    damage(RunPaths(folder))
    done = command("check", "runs", "--quick")
    assert done.code == 5
    assert said in done.out
    assert done.out.count(": ok") == 3
    assert "without --quick every byte is" in done.err


def test_a_quick_check_reads_no_contents(command, runs_dir):
    """A flipped bit of a file that is not the manifest is what it does not see; the document says so."""
    (folder,) = runs_dir.glob("adam-s0-*")
    flip(RunPaths(folder).predictions)
    done = command("check", "runs", "--quick", "--json")
    document = json.loads(done.out)
    assert (done.code, document["ok"], document["deep"]) == (0, True, False)
    assert json.loads(command("check", "runs", "--json").out)["deep"] is True
