"""A run is finished if and only if its manifest is whole and its files are as listed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from run_folders import run_facts
from selection import mostly_long

from optbench.errors import StorageError
from optbench.records import RunStatus
from optbench.run_store import (
    RunPaths,
    begin_attempt,
    claim_run_folder,
    clear_state,
    publish_log,
    read_json,
    read_manifest,
    run_status,
    verify_manifest,
    write_json,
    write_manifest,
    write_text,
)
from optbench.run_store.documents import encode_json
from optbench.words import sentences


def said(problems):
    return sentences(problems, "en")


def reseal(paths, **changes):
    """Write a manifest with changed fields and a digest that fits: what a stranger could hand over."""
    body = {**json.loads(paths.manifest.read_bytes()), **changes}
    body.pop("sha256", None)
    sealed = {**body, "sha256": hashlib.sha256(encode_json(body)).hexdigest()}
    paths.manifest.write_bytes(encode_json(sealed))


def test_finished_run(tmp_path, make_run):
    """A written manifest verifies, holds what it was given, and lists every file with size and sha256."""
    paths = make_run(tmp_path, seed=4, status=RunStatus.DIVERGED)
    assert verify_manifest(paths) == []
    assert verify_manifest(paths, deep=True) == []
    assert run_status(paths) is RunStatus.DIVERGED
    manifest = read_manifest(paths)
    assert (manifest.seed, manifest.status, read_json(paths.manifest)["schema_version"]) == (4, "diverged", 1)
    assert list(manifest.files) == ["code/my model.py", "digests.json", "metrics.json", "timing.json"]
    for name, entry in manifest.files.items():
        data = (paths.folder / name).read_bytes()
        assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_what_is_not_listed(paths, claim, finish_run, tmp_path):
    """Lock, working files, temporary files and links are no part of a run; leftovers are removed."""
    (paths.folder / ".metrics.json.0123456789abcdef.tmp").write_bytes(b"half")
    (paths.folder / "link").symlink_to(tmp_path)
    paths.lock.write_text("")
    begin_attempt(claim)
    write_text(claim.log, "said\n")
    publish_log(claim)
    (paths.folder / ".roc_curve.csv.0123456789abcdef.tmp").write_bytes(b"half")
    finish_run(claim)
    assert list(read_manifest(paths).files) == ["log.txt"]
    clear_state(paths, claim)
    assert sorted(path.name for path in paths.folder.iterdir()) == [".lock", "MANIFEST.json", "link", "log.txt"]
    assert verify_manifest(paths, deep=True) == []


def test_any_file_name_can_be_listed(paths, claim, finish_run):
    """Names that are no UTF-8, or hold line ends and quotes, are listed and verified like others."""
    names = [b"caf\xc3\xa9", b"\xff\xfe", b"a\nb", b'"q\\', b"..x"]
    for name in names:
        (paths.folder / os.fsdecode(name)).write_bytes(name)
    finish_run(claim)
    assert {os.fsencode(name) for name in read_manifest(paths).files} == set(names)
    assert verify_manifest(paths, deep=True) == []
    (paths.folder / os.fsdecode(names[1])).unlink()
    assert len(verify_manifest(paths)) == 1


@pytest.mark.parametrize("step", mostly_long([1, 7], short=[7], ci=[1]))
def test_every_damage_of_the_manifest_is_seen(paths, claim, finish_run, step):
    """Cut at any length or with any byte changed, white space included, a manifest makes no finished run."""
    write_text(paths.log, "x")
    finish_run(claim)
    claim.release()
    whole = paths.manifest.read_bytes()
    for position in range(0, len(whole), step):
        byte = whole[position]
        for damaged in (
            whole[:position],
            whole[:position] + bytes([byte ^ 1]) + whole[position + 1 :],
            whole[:position] + (b"\t" if byte in b" \n" else b" ") + whole[position + 1 :],
        ):
            paths.manifest.write_bytes(damaged)
            assert len(verify_manifest(paths)) == 1
            assert run_status(paths) is RunStatus.UNFINISHED
            assert read_manifest(paths) is None
    for damaged in (whole + b"\n", whole + whole, b"\xef\xbb\xbf" + whole):
        paths.manifest.write_bytes(damaged)
        assert verify_manifest(paths)
    paths.manifest.write_bytes(whole)
    assert run_status(paths) is RunStatus.COMPLETED


def test_damaged_files_are_named(tmp_path, make_run):
    """A missing file or another size is seen at once; another byte of the same size by the deep check."""
    paths = make_run(tmp_path)
    data = paths.metrics.read_bytes()
    paths.metrics.write_bytes(data[:-1])
    assert [str(paths.metrics) in problem for problem in said(verify_manifest(paths))] == [True]
    paths.metrics.write_bytes(b"x" + data[1:])
    assert verify_manifest(paths) == []
    assert [str(paths.metrics) in problem for problem in said(verify_manifest(paths, deep=True))] == [True]
    paths.metrics.unlink()
    assert verify_manifest(paths)[0].code == "manifest-file-missing"
    assert run_status(paths) is RunStatus.UNFINISHED


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("change", [lambda data: data + b"\n", lambda data: data[:-1]], ids=["grown", "cut"])
def test_a_file_of_another_size_is_seen_without_reading_it(tmp_path, make_run, change, deep):
    """One byte more is as wrong as one byte less."""
    paths = make_run(tmp_path)
    paths.metrics.write_bytes(change(paths.metrics.read_bytes()))
    (problem,) = said(verify_manifest(paths, deep=deep))
    assert "it has changed since the run finished" in problem


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link inside", "link outside"])
def test_other_things_in_place_of_a_file(tmp_path, make_run, kind, deep):
    """A folder, pipe or link where a file was is a problem and is not opened, whatever its size."""
    paths = make_run(tmp_path)
    size = paths.metrics.stat().st_size
    copy = (tmp_path if kind == "link outside" else paths.folder) / "copy.json"
    paths.metrics.rename(copy)
    makers = {"folder": paths.metrics.mkdir, "pipe": lambda: os.mkfifo(paths.metrics)}
    makers.get(kind, lambda: paths.metrics.symlink_to(copy))()
    assert size > 0
    problems = said(verify_manifest(paths, deep=deep))
    assert len(problems) == 1
    assert "metrics.json" in problems[0]


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "code/../../secret", "", ".", "a//b", "a\0b", "link/secret"]
)
def test_names_that_leave_the_folder(tmp_path, make_run, name):
    """A manifest, however well sealed, cannot make a reader look outside the run folder."""
    paths = make_run(tmp_path / "runs")
    (tmp_path / "secret").write_text("s")
    (tmp_path / "runs" / "secret").write_text("s")
    (paths.folder / "link").symlink_to(tmp_path)
    entry = {"size": 1, "sha256": hashlib.sha256(b"s").hexdigest()}
    reseal(paths, files={name: entry})
    for deep in (False, True):
        assert len(verify_manifest(paths, deep=deep)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "abc"},
        {"seed": True},
        {"seed": "0"},
        {"status": "running"},
        {"config": []},
        {"versions": {"numpy": 2}},
        {"files": {"a": {"size": -1.5, "sha256": "0" * 64}}},
        {"files": {"a": {"size": 1}}},
        {"files": {"a": None}},
        {"files": {"a": {"size": 1, "sha256": ["0"]}}},
        {"machine": None},
        {"run": 3},
    ],
)
def test_wrong_types_are_refused(tmp_path, make_run, changes):
    """A sealed manifest with a field of another type is no manifest; readers behind it can rely on the types."""
    paths = make_run(tmp_path)
    reseal(paths, **changes)
    problems = said(verify_manifest(paths))
    assert len(problems) == 1
    assert next(iter(changes)) in problems[0]
    assert read_manifest(paths) is None


def test_newer_manifest(tmp_path, make_run):
    """A manifest of a newer optbench is refused with a sentence that says what to do."""
    paths = make_run(tmp_path)
    reseal(paths, schema_version=2)
    (problem,) = said(verify_manifest(paths))
    assert "newer optbench" in problem
    assert "Update" in problem
    assert run_status(paths) is RunStatus.UNFINISHED


def test_no_manifest(tmp_path):
    """A folder without manifest, or no folder at all, is unfinished."""
    paths = RunPaths(tmp_path / "nothing")
    assert "not finished" in said(verify_manifest(paths))[0]
    assert run_status(paths) is RunStatus.UNFINISHED
    assert not paths.folder.exists()


def test_state_is_cleared_only_behind_a_manifest(paths, claim, finish_run):
    """Working files of an unfinished run stay; those of a finished one go, and it stays finished."""
    write_json(paths.job, {"schema_version": 1})
    with pytest.raises(StorageError, match="must stay until the run is finished"):
        clear_state(paths)
    assert paths.job.exists()
    finish_run(claim)
    clear_state(paths, claim)
    assert not paths.state.exists()
    assert run_status(paths) is RunStatus.COMPLETED
    clear_state(paths)


def test_nan_never_reaches_a_manifest(paths, claim):
    """A config with NaN gives an error and no manifest."""
    with pytest.raises(StorageError, match="finite"):
        write_manifest(claim, run_facts(config={"x": float("nan")}))
    assert not paths.manifest.exists()


def test_everything_is_durable_before_the_manifest(tmp_path, monkeypatch, make_run):
    """Files written without waiting, and the folders with their names, are fsynced first; the manifest is last."""
    paths = make_run(tmp_path, seed=4)
    claim = claim_run_folder(paths, key="05" * 32)
    paths.manifest.unlink()
    write_text(claim.draft.history, "epoch", durable=False)
    claim.publish()
    steps = []
    fsync = os.fsync

    def record(descriptor):
        steps.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    write_manifest(claim, run_facts())
    listed = {str(paths.folder / name) for name in read_manifest(paths).files}
    first_of_manifest = next(i for i, step in enumerate(steps) if paths.manifest.name in step)
    before = set(steps[:first_of_manifest])
    assert before == listed | {str((paths.folder / name).parent) for name in listed}
    assert steps[-1] == str(paths.folder)
