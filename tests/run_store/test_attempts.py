"""What is known of the attempts at a run."""

from __future__ import annotations

import os
from pathlib import Path

from optbench.run_store import RunPaths, begin_attempt, end_attempt, last_attempt, run_status, verify_manifest


def test_life_of_attempts(paths):
    """An attempt that tells its end is known by it; one that never does is known as cut off."""
    assert last_attempt(paths) is None
    begin_attempt(paths)
    first = last_attempt(paths)
    assert (first["attempt"], first["kind"], first["pid"]) == (1, "cut off", os.getpid())
    end_attempt(paths, kind="oom", exit_code=-9, reason="too large")
    assert {**last_attempt(paths), "ended_at": ""} == {
        **first,
        "kind": "oom",
        "exit_code": -9,
        "reason": "too large",
        "ended_at": "",
    }
    begin_attempt(paths)
    assert (last_attempt(paths)["attempt"], last_attempt(paths)["kind"]) == (2, "cut off")


def test_torn_records_are_passed_over(paths):
    """A damaged record hides neither the others nor the run."""
    begin_attempt(paths)
    end_attempt(paths, kind="timeout", exit_code=None, reason="")
    (paths.attempts / "000002.json").write_bytes(b'{"att')
    (paths.attempts / "notes.json").write_bytes(b"x")
    assert last_attempt(paths)["kind"] == "timeout"
    begin_attempt(paths)
    assert last_attempt(paths)["attempt"] == 3
    (paths.attempts / "000001.json").unlink()
    begin_attempt(paths)
    assert last_attempt(paths)["attempt"] == 4


def test_beginning_removes_leftovers_and_a_broken_manifest(tmp_path, make_run):
    """A damaged finished run is begun again with its broken manifest out of the way, but kept."""
    paths = make_run(tmp_path)
    data = paths.metrics.read_bytes()
    paths.metrics.unlink()
    leftover = paths.folder / ".roc_curve.csv.0123456789abcdef.tmp"
    leftover.write_bytes(b"half")
    begin_attempt(paths)
    assert not leftover.exists()
    assert not paths.manifest.exists()
    assert len(list(paths.state.glob("broken-*"))) == 1
    paths.metrics.write_bytes(data)
    assert verify_manifest(paths)
    assert not run_status(paths).is_finished


def test_end_without_beginning(tmp_path):
    """Ending what was never begun does nothing."""
    end_attempt(RunPaths(tmp_path / "none"), kind="crashed", exit_code=1, reason="x")
    assert list(tmp_path.iterdir()) == []


def test_full_disk_does_not_hide_the_end(paths, monkeypatch):
    """If the record of an end cannot be written, no error of its own appears."""
    begin_attempt(paths)

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    end_attempt(paths, kind="storage", exit_code=1, reason="full")
    assert last_attempt(paths)["kind"] == "cut off"
