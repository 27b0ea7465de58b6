"""Commands that add to what is finished, killed or refused at each of their system calls, and given again."""

from __future__ import annotations

import contextlib
import hashlib
import shutil

import pytest
from struck import FAULTS, struck

from optbench.errors import StorageError
from optbench.run_store import RunPaths, added_files, read_manifest, verify_manifest
from optbench.runner.report import render_again

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning"),
]

# what a command does to names, and what can run out
CALLS = ("rename", "link", "unlink", "unlinkat", "mkdir", "rmdir")
ALL_CALLS = (*CALLS, "openat", "write", "fsync")


def drawn(paths):
    """Return other pictures than there are, and one more."""
    pictures = sorted(paths.folder.glob("*.png"))
    return dict.fromkeys([*pictures, paths.folder / "diagnostics.png", paths.report_html], b"another picture")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def require_whole(paths, key):
    """After whatever happened the run is finished and nothing in it is strange."""
    assert verify_manifest(paths, deep=True) == []
    assert added_files(paths) == []
    require_repaired(paths, key)


def require_repaired(paths, key):
    """The next report finishes what was begun and leaves nothing behind."""
    render_again(paths, key, drawn)
    assert verify_manifest(paths, deep=True) == []
    assert added_files(paths) == []
    assert read_manifest(paths).replaced == ()
    assert all(path.read_bytes() == b"another picture" for path in drawn(paths))
    assert not [name for name in contents(paths.folder) if name.startswith(".")]
    assert not paths.state.exists()


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        pytest.param("kill", CALLS, marks=[pytest.mark.long, pytest.mark.ci]),
        ("ENOSPC from then on", ("write", "mkdir")),
        pytest.param("kill", ("openat", "write", "fsync"), marks=pytest.mark.long),
        pytest.param("EIO once", ALL_CALLS, marks=pytest.mark.long),
        pytest.param("EROFS from then on", CALLS, marks=pytest.mark.long),
    ],
)
def test_report(made_once, tmp_path, fault, calls, record_property):
    """A run stays finished and undamaged at every instant; the next report finishes what was begun."""
    whole = min((made_once / "runs").iterdir())
    key = read_manifest(RunPaths(whole)).key
    points = 0
    for call in calls:
        number = 1
        while True:
            paths = RunPaths(tmp_path / f"{call}-{number}" / whole.name)
            shutil.copytree(whole, paths.folder)
            injected = FAULTS[fault].format(n=number)
            _, was_struck = struck(lambda at=paths: render_again(at, key, drawn), call, injected, tmp_path / "log")
            require_whole(paths, key)
            shutil.rmtree(paths.folder.parent)
            if not was_struck:
                break
            points += 1
            number += 1
    record_property("count", f"report, {fault}: {points} points")
    assert points > 8


def test_what_an_older_version_left_is_repaired(made_once, tmp_path):
    """Killed between two manifests, it left pictures that no manifest lists, for good."""
    paths = RunPaths(shutil.copytree(min((made_once / "runs").iterdir()), tmp_path / "run"))
    key = read_manifest(paths).key
    render_again(paths, key, drawn)
    _let_go_of(paths, "learning_curves.png", "report.html")
    (paths.folder / ".state" / "attempts" / "000001-0123456789abcdef" / "draft").mkdir(parents=True)
    (paths.folder / ".report.html.0123456789abcdef.tmp").touch()
    assert len(added_files(paths)) == 2
    require_repaired(paths, key)


def _let_go_of(paths, *names):
    """Write the manifest again without some files."""
    import json

    document = json.loads(paths.manifest.read_text())
    document.pop("sha256")
    for name in names:
        del document["files"][name]
    encoded = [(json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()]
    document["sha256"] = hashlib.sha256(encoded[0]).hexdigest()
    paths.manifest.write_bytes((json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ("kill", ("rename", "unlink", "fsync")),
        pytest.param("EIO once", ("openat", "write", "rename"), marks=pytest.mark.long),
    ],
)
def test_outputs_of_a_study_and_pages(tmp_path, fault, calls, record_property):
    """Files beside which no claim lies: old or new and whole, and what was begun is removed by the next writer."""
    from optbench.run_store import remove_leftovers, write_bytes

    names = ("verdict.json", "verdict.md", "results.csv", "report.html")
    points = 0

    def write(folder):
        remove_leftovers(folder)
        for name in names:
            write_bytes(folder / name, f"new {name}".encode())

    for call in calls:
        number = 1
        while True:
            folder = tmp_path / f"{call}-{number}"
            folder.mkdir()
            for name in names:
                (folder / name).write_bytes(f"old {name}".encode())
            _, was_struck = struck(lambda at=folder: write(at), call, FAULTS[fault].format(n=number), tmp_path / "log")
            for name in names:
                assert (folder / name).read_bytes() in (f"old {name}".encode(), f"new {name}".encode())
            with contextlib.suppress(StorageError):
                write(folder)
            assert sorted(path.name for path in folder.iterdir()) == sorted(names)
            assert all((folder / name).read_bytes() == f"new {name}".encode() for name in names)
            if not was_struck:
                break
            points += 1
            number += 1
    record_property("count", f"outputs, {fault}: {points} points")
    assert points >= 8


def test_a_writer_that_lives_keeps_its_file(tmp_path):
    """Leftovers are removed by another command only if nobody is writing them."""
    import os

    from optbench.run_store import remove_leftovers, write_bytes
    from optbench.run_store.atomic import write_in_parts

    begun, go_on = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:

        def slowly(file):
            file.write(b"first ")
            os.write(begun[1], b"x")
            os.read(go_on[0], 1)
            file.write(b"last")

        try:
            write_in_parts(tmp_path / "page.html", slowly)
        finally:
            os._exit(0)
    os.read(begun[0], 1)
    (tmp_path / ".page.html.0123456789abcdef.tmp").write_bytes(b"of one that was killed")
    (tmp_path / ".other.html.0123456789abcdef.tmp").write_bytes(b"of another file")
    remove_leftovers(tmp_path, of="page.html")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.startswith(".page.html.") for name in names] == [False, True]
    assert "of one" not in (tmp_path / names[1]).read_text()
    os.write(go_on[1], b"x")
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "page.html").read_bytes() == b"first last"
    write_bytes(tmp_path / "page.html", b"again")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html"]
