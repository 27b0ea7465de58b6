"""What is known of the attempts at a run, and what they said."""

from __future__ import annotations

import os
from dataclasses import replace

from optbench.run_store import (
    Attempt,
    RunPaths,
    begin_attempt,
    claim_run_folder,
    end_attempt,
    last_attempt,
    publish_log,
    run_status,
    verify_manifest,
    write_json,
    write_text,
)


def test_life_of_attempts(paths, claim, key):
    """An attempt that tells its end is known by it; one that never does is known as cut off."""
    first = last_attempt(paths)
    assert (first.number, first.kind, first.pid) == (2, "cut off", os.getpid())
    end_attempt(claim, kind="oom", exit_code=-9, reason="too large")
    ended = replace(first, kind="oom", exit_code=-9, reason="too large")
    assert replace(last_attempt(paths), ended_at="") == ended
    claim.release()
    claim_run_folder(paths, key=key).release()  # given back at once: no attempt
    assert replace(last_attempt(paths), ended_at="") == ended
    claim_run_folder(paths, key=key)
    assert (last_attempt(paths).number, last_attempt(paths).kind) == (4, "cut off")


def test_torn_records_are_passed_over(paths, claim, key):
    """A damaged record hides neither the others nor the run; numbers are never given twice."""
    end_attempt(claim, kind="timeout", exit_code=None, reason="")
    claim.release()
    claim_run_folder(paths, key=key).release()
    paths.claim_record(3).write_bytes(b'{"att')
    assert last_attempt(paths).kind == "timeout"
    assert claim_run_folder(paths, key=key).number == 4
    assert last_attempt(paths).number == 4


def test_a_torn_end_is_no_end(paths, claim):
    """A record of an end that cannot be read says nothing."""
    end_attempt(claim, kind="timeout", exit_code=None, reason="")
    for torn in (b'{"kind', b'{"schema_version": 1, "kind": "oom", "reason": 7}', b"[]"):
        (claim.folder / "end.json").write_bytes(torn)
        assert last_attempt(paths).kind == "cut off"


def test_attempts_from_before_there_were_claims_are_read(tmp_path):
    """Each is a file of its number; one that is torn, or that another number was given to, says nothing."""
    paths = RunPaths(tmp_path / "old")
    begun = {"schema_version": 1, "started_at": "2025-01-01T00:00:00+00:00", "pid": 4711}
    ended = {"kind": "oom", "exit_code": -9, "reason": "too large", "ended_at": "2025-01-01T01:00:00+00:00"}
    paths.attempts.mkdir(parents=True)
    assert last_attempt(paths) is None
    write_json(paths.attempts / "000001.json", {**begun, "attempt": 1})
    assert last_attempt(paths) == Attempt(1, begun["started_at"], 4711)
    write_json(paths.attempts / "000002.json", {**begun, **ended, "attempt": 2})
    write_json(paths.attempts / "000003.json", {**begun, "attempt": 7})
    (paths.attempts / "000004.json").write_bytes(b'{"attempt": 4')
    assert last_attempt(paths) == Attempt(2, begun["started_at"], 4711, **ended)


def test_beginning_removes_leftovers_and_a_broken_manifest(tmp_path, make_run):
    """A damaged finished run is begun again with its broken manifest out of the way, but kept."""
    paths = make_run(tmp_path, key="ab" * 32)
    data = paths.metrics.read_bytes()
    paths.metrics.unlink()
    leftover = paths.folder / ".roc_curve.csv.0123456789abcdef.tmp"
    leftover.write_bytes(b"half")
    begin_attempt(claim_run_folder(paths, key="ab" * 32))
    assert not leftover.exists()
    assert not paths.manifest.exists()
    assert len(list(paths.state.rglob("broken-*"))) == 1
    paths.metrics.write_bytes(data)
    assert verify_manifest(paths)
    assert not run_status(paths).is_finished


def test_full_disk_does_not_hide_the_end(paths, claim, monkeypatch):
    """If the record of an end cannot be written, no error of its own appears."""
    (claim.folder / "end.json").mkdir()
    end_attempt(claim, kind="storage", exit_code=1, reason="full")
    assert last_attempt(paths).kind == "cut off"


def said(paths, key, line, *, ending="release", **limit):
    """An attempt that says a line and then ends, is killed, or is killed after it has published the log."""
    claim = claim_run_folder(paths, key=key)
    begin_attempt(claim)
    write_text(claim.log, line)
    if ending != "kill":
        publish_log(claim, **limit)
    claim.release() if ending == "release" else claim.folder.rename(f"{claim.folder}.lost")


def test_the_log_holds_what_every_attempt_said_in_order(paths, key):
    """Attempts that ended, were killed, or were killed just after they had published the log: each line once."""
    paths.log.write_text("an older version\n")  # of an optbench from before there were claims
    for number, ending in enumerate(["kill", "release", "publish", "kill", "kill", "publish", "release"]):
        said(paths, key, f"line {number}\n", ending=ending)
    assert paths.log.read_text().splitlines() == ["an older version", *(f"line {n}" for n in range(7))]


def test_of_very_long_earlier_logs_the_newest_part_is_kept(paths, claim, key):
    """A log that is published again and again does not fill the disk; its last attempt is whole."""
    write_text(claim.log, "0123456789")
    claim.release()
    said(paths, key, "\nall of this\n", most_earlier=5)
    assert paths.log.read_text() == "(5 bytes of an earlier attempt are left out here)\n56789\nall of this\n"
