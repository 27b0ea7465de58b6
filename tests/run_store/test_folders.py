"""Folders are claimed for one key, never taken over, never emptied."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from optbench.errors import InvalidError, MachineError, StorageError
from optbench.run_store import (
    RunPaths,
    claim_run_folder,
    contained,
    require_writable,
    run_id,
    write_json,
    write_text,
)


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_claim_creates_and_accepts_its_own(tmp_path, key):
    """A folder is created with its parents; claiming it again changes nothing of the run."""
    paths = RunPaths(tmp_path / "a" / "b" / run_id("wine", 0, key))
    claim_run_folder(paths, key=key).release()
    write_text(paths.config, "x")
    claim_run_folder(paths, key=key).release()
    assert sorted(path.name for path in paths.folder.iterdir()) == [".state", "config.yaml"]
    assert paths.config.read_text() == "x"


def test_the_whole_key_counts(paths, key):
    """A key with the same first 8 digits is another run and gets an error, not the folder."""
    with pytest.raises(StorageError, match="must be free or hold the run"):
        claim_run_folder(paths, key=key[:8] + "f" * 56)


def test_foreign_folders_are_refused(tmp_path, key):
    """A folder with anybody's files, and a file of that name, are refused and left alone."""
    paths = RunPaths(tmp_path / "mine")
    paths.folder.mkdir()
    (paths.folder / "thesis.tex").write_text("dear")
    with pytest.raises(StorageError, match="not a run of optbench"):
        claim_run_folder(paths, key=key)
    assert tree(paths.folder) == ["thesis.tex"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="a file is in the way"):
        claim_run_folder(RunPaths(tmp_path / "file"), key=key)
    with pytest.raises(StorageError, match="a file is in the way"):
        claim_run_folder(RunPaths(tmp_path / "file" / "run"), key=key)


@pytest.mark.parametrize("left", ["nothing", "lock", "state", "an attempt", "an empty claim", "half an old claim"])
def test_a_claim_cut_short_is_completed(tmp_path, key, left):
    """Whatever instant a claim was killed at, by a kill or a power cut, the next one succeeds."""
    paths = RunPaths(tmp_path / "run")
    paths.folder.mkdir()
    if left == "lock":
        paths.lock.touch()
    elif left != "nothing":
        paths.state.mkdir()
    if left == "an attempt":
        (paths.attempts / "000001-0123456789abcdef" / "draft").mkdir(parents=True)
    if left == "an empty claim":
        paths.claim(1).mkdir()
    if left == "half an old claim":
        (paths.state / ".claim.json.0123456789abcdef.tmp").write_bytes(b'{"sch')
    claim_run_folder(paths, key=key).release()
    with pytest.raises(StorageError, match="Move that folder away"):
        claim_run_folder(paths, key="f" * 64)


@pytest.mark.parametrize("made", ["claim.json", "job.json"])
def test_a_run_begun_by_an_older_version_is_claimed_by_its_key(tmp_path, key, made):
    """Folders from before there were claims record their key in other files; they are gone on with."""
    paths = RunPaths(tmp_path / "run")
    paths.state.mkdir(parents=True)
    write_json(paths.state / made, {"schema_version": 1, "key": key})
    with pytest.raises(StorageError, match="Move that folder away"):
        claim_run_folder(paths, key="f" * 64)
    assert claim_run_folder(paths, key=key).number == 1


def test_finished_and_damaged_runs_are_claimed_by_their_key(tmp_path, make_run):
    """A finished run, also one with a damaged file, is accepted for its own key and refused for any other."""
    paths = make_run(tmp_path, key="a" * 64)
    claim_run_folder(paths, key="a" * 64).release()
    paths.metrics.unlink()
    claim_run_folder(paths, key="a" * 64).release()
    with pytest.raises(StorageError):
        claim_run_folder(paths, key="a" * 63 + "b")
    shutil.rmtree(paths.state)
    paths.manifest.write_bytes(b"{")
    with pytest.raises(StorageError, match="Move that folder away"):
        claim_run_folder(paths, key="a" * 64)


def test_runs_of_a_newer_optbench_are_left_alone(tmp_path, key):
    """A folder that a newer optbench wrote is not taken over, even for the same key."""
    paths = RunPaths(tmp_path / "run")
    paths.folder.mkdir()
    write_json(paths.manifest, {"schema_version": 2, "key": key})
    with pytest.raises(StorageError, match="newer optbench"):
        claim_run_folder(paths, key=key)


@pytest.mark.parametrize("there", [True, False])
def test_writable_directory(tmp_path, there):
    """A directory that exists or can be created passes, and nothing stays behind."""
    directory = tmp_path / "runs" / "deep"
    if there:
        directory.mkdir(parents=True)
    before = tree(tmp_path)
    require_writable(directory)
    assert tree(tmp_path) == before


def test_a_probe_that_a_killed_command_has_left_goes(tmp_path):
    """A megabyte in a directory that has to stay clean; what is called otherwise stays."""
    (tmp_path / ".probe.0123456789abcdef.tmp").write_bytes(b"of one that was killed")
    (tmp_path / ".probe.txt").touch()
    require_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".probe.txt"]


def test_unusable_directories(tmp_path, monkeypatch):
    """A file in the way, a dangling link and a full disk are found before training, with the reason."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for directory in (tmp_path / "file", tmp_path / "file" / "runs", tmp_path / "link" / "runs"):
        with pytest.raises(MachineError, match="not a directory"):
            require_writable(directory)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    before = tree(tmp_path)
    with pytest.raises(MachineError, match="no space left"):
        require_writable(tmp_path)
    assert tree(tmp_path) == before


def test_read_only_directory(tmp_path, monkeypatch):
    """A directory without write permission is refused."""

    def refuse(*_arguments, **_options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # as the system does, unless one is root

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(MachineError, match="permission denied"):
        require_writable(tmp_path)


@pytest.mark.parametrize("name", ["a", "a/b c/ü", "..a", "a..", ".hidden", "a\\b"])
def test_names_inside(tmp_path, name):
    """A relative name gives the path below the root, whether it exists or not."""
    assert contained(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/", "/etc", "a/../../x", "a/..", "a//b", "a/", "./a", "a\0"])
def test_names_that_leave(tmp_path, name):
    """Absolute names and names with dots are refused, with the name."""
    with pytest.raises(InvalidError, match="must be relative"):
        contained(tmp_path, name)


def test_links_that_leave(tmp_path):
    """A link is followed to see where it leads: inside is fine, outside and round in circles is not."""
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "inside").symlink_to(root / "real")
    (root / "outside").symlink_to(tmp_path)
    (root / "circle").symlink_to(root / "circle")
    (tmp_path / "alias").symlink_to(root)
    assert contained(tmp_path / "alias", "inside/x") == tmp_path / "alias" / "inside" / "x"
    for name in ("outside", "outside/x"):
        with pytest.raises(InvalidError, match="must stay there"):
            contained(root, name)
