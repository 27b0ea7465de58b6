"""Folders that somebody has prepared: links in them lead no write elsewhere, and check sees whatever was added."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from attacked import untouched

from optbench.datasets.downloads import ensure_file
from optbench.errors import StorageError
from optbench.run_store import RunPaths, claim_run_folder, read_manifest
from optbench.runner.report import render_again

NAMES = ("log.txt", "code", ".state", "history.csv", "MANIFEST.json", "report.html", "config.yaml", "checkpoint")


@pytest.fixture
def planned(tmp_path, make_runs):
    """A run that is planned and has no folder yet."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    return run


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("to", ["file", "."])
def test_a_link_in_the_place_of_a_run_s_file(planned, make_runs, victim, name, to):
    """The run fails with the name of the link; what it points to is as it was."""
    planned.paths.folder.mkdir(parents=True)
    (planned.paths.folder / name).symlink_to(victim / to)
    with pytest.raises(StorageError, match=rf"{name} must be a folder or a file of the run. Received: a link"):
        make_runs.finished_run(planned)
    assert untouched(victim)
    (planned.paths.folder / name).unlink()
    make_runs.finished_run(planned)
    assert untouched(victim)


@pytest.mark.parametrize("below", [".state/attempts", ".state/job.json", ".state/claim-000001", "code/own.py"])
def test_a_link_deeper_in_a_begun_run(planned, make_runs, victim, below):
    """Also where an earlier attempt has left its folders."""
    make_runs.interrupted_run(planned)
    target = planned.paths.folder / below
    target.parent.mkdir(exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    target.symlink_to(victim)
    with pytest.raises(StorageError, match="Received: a link"):
        make_runs.stage(planned)
    assert untouched(victim)


def test_a_link_in_the_place_of_the_run_folder(planned, make_runs, victim):
    """A run is not written through it."""
    planned.paths.folder.parent.mkdir()
    planned.paths.folder.symlink_to(victim)
    with pytest.raises(StorageError, match="Received: a link"):
        make_runs.stage(planned)
    assert untouched(victim)


@pytest.mark.parametrize("name", ["report.html", "learning_curves.png", ".state", "new"])
def test_report_on_a_finished_run_with_a_link(runs, victim, name):
    """Neither the link nor what it points to is written."""
    paths = RunPaths(min(runs.iterdir()))
    (paths.folder / name).unlink(missing_ok=True)
    (paths.folder / name).symlink_to(victim / "file")
    with pytest.raises(StorageError):
        render_again(
            paths, read_manifest(paths).key, lambda at: {at.report_html: b"x", at.figure("learning_curves"): b"x"}
        )
    assert untouched(victim)


@pytest.mark.parametrize("inside", [".", "code"])
@pytest.mark.parametrize(
    ("kind", "put"),
    [
        ("a pipe", os.mkfifo),
        ("a link", lambda path: path.symlink_to("/etc/passwd")),
        ("a link", lambda path: path.symlink_to(path.name)),
        ("does not list it", Path.touch),
    ],
)
def test_check_sees_what_was_added(give, runs, inside, kind, put):
    """Whatever it is, wherever: exit 5 with its name."""
    folder = min(runs.iterdir())
    (folder / inside).mkdir(exist_ok=True)
    put(folder / inside / "added")
    ended = give("check", "runs")
    ended.require(5, saying="added")
    assert kind in ended.out
    document = json.loads(give("check", "runs", "--json").out)
    assert [bool(run["problems"]) for run in document["runs"]] == [True, False, False, False]


def test_a_part_of_a_download_that_is_a_link(tmp_path, victim, monkeypatch):
    """What is received goes into a file of its own."""
    import http.server
    import threading
    from hashlib import sha256

    from optbench.catalog.dataset import DataFile

    content = b"the content"

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    data_dir = tmp_path / "data"
    (data_dir / "set").mkdir(parents=True)
    address = f"http://127.0.0.1:{server.server_port}/file.bin"
    file = DataFile("set/file.bin", len(content), {sha256(content).hexdigest(): "original"}, (address,))
    part = data_dir / "set" / "file.bin.part"
    for put in (
        lambda: part.symlink_to(victim / "file"),
        lambda: os.link(victim / "file", part),
        lambda: os.mkfifo(part),
        lambda: part.symlink_to(part.name),
    ):
        put()
        assert ensure_file(file, data_dir=data_dir, quiet=True, dataset="set").path.read_bytes() == content
        assert untouched(victim)
        (data_dir / "set" / "file.bin").unlink()
    server.shutdown()
    server.server_close()


def test_a_link_in_the_place_of_a_page(give, runs, victim):
    """`compare --html` writes no file through a link."""
    del runs
    (victim.parent / "work" / "page.html").symlink_to(victim / "file")
    give("compare", "runs", "--html", "page.html").require(2, saying="something else")
    assert untouched(victim)


def test_run_folders_follow_the_umask(planned, make_runs):
    """A group that shares a folder can read it; temporary folders are nobody else's, whatever the umask."""
    from optbench.core.temporary_folders import temporary_folder

    before = os.umask(0o002)
    try:
        paths = make_runs.finished_run(planned, draw=True)
        with temporary_folder("test") as private:
            assert private.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
    for path in (paths.folder, *paths.folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o775 if path.is_dir() else 0o664), path


def test_a_claim_in_a_plain_folder_is_made(tmp_path):
    """What optbench itself leaves is no reason to refuse."""
    paths = RunPaths(tmp_path / "run")
    for _ in range(3):
        claim_run_folder(paths, key="ab" * 32).release()
