"""Run folders in the form of the first release, and of later ones, side by side: every command reads them all.

tests/test_old_folders.py does the same with folders that the first release itself wrote.
"""

from __future__ import annotations

import json
from pathlib import Path

import older_folders
import pytest

from optbench.config import growth
from optbench.run_store import RunPaths, read_json
from optbench.runner.reproduce import read_recorded
from optbench.runner.reproduction import compare


@pytest.fixture
def older(make_runs, tmp_path):
    """A finished run in the form of the first release."""
    config = make_runs.write_experiment(tmp_path)
    (planned,) = make_runs.plan(config, tmp_path / "runs")
    return older_folders.as_first_release(make_runs.finished_run(planned, accuracy=0.8))


@pytest.fixture
def again(make_runs, tmp_path):
    """The same run finished by today's steps, in another folder."""
    (planned,) = make_runs.plan(tmp_path / "adam.yaml", tmp_path / "again")
    return make_runs.finished_run(planned, accuracy=0.8)


def test_it_is_listed_shown_checked_and_drawn(command, older):
    """With its metric and the sentences it was written with; drawn again it is still intact."""
    assert f"{older_folders.accuracy(older):.4f}" in command("ls", "runs").out
    shown = command("show", older.folder)
    assert (shown.code, older_folders.WARNING in shown.out) == (0, True)
    assert command("report", older.folder).code == 0
    assert older.report_html.is_file()
    assert command("check", older.folder).code == 0


def test_it_is_compared_with_a_run_of_today(command, older, make_runs, tmp_path):
    """Nothing but the optimizer differs: a key or an entry that is new is no difference."""
    config = make_runs.write_experiment(tmp_path, optimizer="sgd")
    make_runs.finished_run(make_runs.plan(config, tmp_path / "runs")[0])
    done = command("compare", "runs/*", "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert sorted(one["optimizer"] for one in document["optimizers"]) == ["adam", "sgd"]
    assert {finding["code"] for finding in document["findings"]} <= {
        "comparison-one-learning-rate",
        "comparison-margin-below-row",
    }


def test_it_is_the_same_run_as_one_of_today(command, older, again):
    """Of one key and one ladder but for metrics.json, whose form is another: counted once, without a warning."""
    done = command("compare", older.folder, again.folder)
    assert "it is the same run; counted once" in done.err
    assert "WARNING" not in done.err


def test_it_is_skipped(command, older):
    """The same command finds it finished."""
    done = command("run", "adam.yaml", "--explain")
    assert (done.code, "finished: same key" in done.out or "completed: same key" in done.out) == (0, True), done.out


def test_a_key_it_did_not_have_is_no_reason_for_a_new_run(command, older, monkeypatch):
    """`--explain` names what makes a run another one, and not the key that its record lacks."""
    config = read_json(older.manifest)["config"]
    del config["training"]["diagnostics"]
    older_folders.rewrite(older, {}, config=config)
    monkeypatch.setitem(growth.ADDED_LATER, "training.diagnostics", False)
    done = command("run", "adam.yaml", "--set", "optimizer.learning_rate=0.02", "--explain")
    assert f"new: optimizer.learning_rate 0.01 -> 0.02 against {older.folder.name}" in done.out


def test_entries_that_both_have_are_what_the_metrics_rung_compares(older, again, tmp_path):
    """A later metrics.json with more entries and coded warnings is the same run; the output says what was compared."""
    older_folders.as_later(again)
    found = compare(read_recorded(str(older.folder), tmp_path), again)
    assert (found.is_identical, found.first_difference) == (True, "")
    assert found.rungs == 4 + 3 * 3 + 2
    entries = 3 * len(older_folders.METRICS) + 3  # epochs_run, best_epoch, diverged
    assert found.older_metrics is not None
    assert (found.older_metrics.recorded, found.older_metrics.written, found.older_metrics.entries) == (1, 2, entries)
    assert f"the {entries} entries that both have are equal" in found.text()
    assert found.to_json()["older_metrics"]["different"] == []


def test_a_last_bit_of_a_metric_is_a_difference(older, again, tmp_path):
    """Common numbers are compared bit for bit, and those that differ are named."""
    older_folders.as_later(again, nudged=True)
    found = compare(read_recorded(str(older.folder), tmp_path), again)
    assert (found.first_difference, found.older_metrics.different) == ("metrics", ("test.accuracy",))
    assert "these differ: test.accuracy" in found.text()


def test_a_ladder_that_tells_of_other_metrics_is_a_difference(older, again, tmp_path):
    """Its digest has to be that of its own metrics.json."""
    older_folders.as_later(again)
    older_folders.rewrite(older, {older.digests: {**read_json(older.digests), "metrics": "0" * 64}})
    found = compare(read_recorded(str(older.folder), tmp_path), again)
    assert (found.first_difference, found.older_metrics) == ("metrics", None)


def test_metrics_of_both_schemas_are_read_and_of_a_newer_one_are_not(command, older):
    """Version 1 and 2 are known; a third is said to be of a newer optbench."""
    for version, code in ((1, 0), (2, 0), (3, 4)):
        older_folders.rewrite(older, {older.metrics: {**read_json(older.metrics), "schema_version": version}})
        done = command("compare", older.folder)
        assert done.code == code, done.err
    assert "newer optbench" in done.err


def test_a_manifest_tells_of_a_reading_only_where_there_is_one(older, tmp_path):
    """A folder without it is read as before; with it, it is kept."""
    assert "reading" not in read_json(older.manifest)
    older_folders.rewrite(older, {}, reading={"left_out": ["id"]})
    recorded = read_recorded(str(older.folder), tmp_path)
    assert recorded.manifest.reading == {"left_out": ["id"]}
    assert RunPaths(Path(older.folder)).manifest.is_file()
