"""Commands that add to what is finished, killed or refused at each of their system calls, and given again."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

import pytest
from small_study import conclude
from struck import FAULTS, struck

from optbench.run_store import RunPaths, added_files, read_manifest, verify_manifest
from optbench.runner.figure_folder import FigureFolder
from optbench.runner.report import render_again
from optbench.study.check import check_study
from optbench.study.export import export_runs
from optbench.study.paths import StudyPaths

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


def strike(work, call, fault, step, make, look):
    """Strike every `step`th call of some work done again and again; return how many were struck.

    Parameters
    ----------
    make : returns a new place for the work
    look : at the place after each
    """
    points, number = 0, 1
    while True:
        place = make(f"{call}-{number}")
        _, was_struck = struck(partial(work, place), call, FAULTS[fault].format(n=number), place / "log")
        look(place)
        shutil.rmtree(place)
        if not was_struck:
            return points
        points += 1
        number += step


@pytest.fixture(scope="module")
def studies(concluded_once, tmp_path_factory):
    """What a study's files are written from, and what they are then: without them, pages lost, another question."""
    found = {}
    for case in ("new", "pages lost", "another question"):
        start = shutil.copytree(concluded_once, tmp_path_factory.mktemp("study") / "start")
        (folder,) = (start / "runs").iterdir()
        if case == "new":
            for path in folder.iterdir():
                path.unlink() if path.is_file() else path.name == "verdicts" and shutil.rmtree(path)
        elif case == "pages lost":
            (folder / "report.html").unlink()
            (folder / "verdict.md").write_text("damaged")
        else:
            with (start / "st.yaml").open("a") as file:
                file.write("margin: 0.02\n")
        whole = shutil.copytree(start, start.with_name("whole"))
        conclude(whole)
        found[case] = (start, contents(whole / "runs" / folder.name))
    return found


@pytest.mark.parametrize("case", ["new", "pages lost", "another question"])
@pytest.mark.parametrize(
    ("fault", "calls", "step"),
    [
        ("kill", ("rename",), 7),
        pytest.param("kill", ("rename", "link", "unlink", "mkdir"), 1, marks=[pytest.mark.long, pytest.mark.ci]),
        pytest.param("kill", ("openat", "write", "fsync"), 5, marks=pytest.mark.long),
        pytest.param("EIO once", ("rename", "unlink", "mkdir", "write"), 1, marks=pytest.mark.long),
        pytest.param("ENOSPC from then on", ("write", "mkdir"), 3, marks=pytest.mark.long),
    ],
)
def test_outputs_of_a_study(studies, tmp_path, case, fault, calls, step, record_property):
    """Whatever it was at, a study with a manifest is whole, so is each kept verdict, and the same command ends alike.

    The whole command is struck over runs that are finished: its record, plan, openings, tables, pages, verdicts.
    """
    start, whole = studies[case]

    def faults(place):
        (folder,) = (place / "runs").glob("st-*")
        return {
            Path(one.values.get("path", one.code)).name
            for part in check_study(StudyPaths(folder))
            for one in part.problems
        }

    def look(place):
        assert faults(place) <= faults(start)
        conclude(place)
        (folder,) = (place / "runs").glob("st-*")
        assert contents(folder) == whole
        assert faults(place) == set()

    def make(name):
        return shutil.copytree(start, tmp_path / name)

    points = sum(strike(conclude, call, fault, step, make, look) for call in calls)
    record_property("count", f"study, {case}, {fault}: {points} points")
    assert points > 0


class _Figures:
    """Two figures in three formats, which are drawn when they are asked for."""

    def files(self):
        """Return names and bytes."""
        return [(f"{name}.{end}", f"{name} as {end}".encode()) for name in ("a", "b") for end in ("svg", "pdf", "png")]


@pytest.mark.parametrize(("within", "number"), [("", 6), ("run", 6)])
def test_figures(tmp_path, within, number, record_property):
    """Killed at each rename, each is old or new and whole; the next command leaves nothing else there."""

    def write(place):
        FigureFolder(place / "figures").write(_Figures(), within)

    def make(name):
        (tmp_path / name / "figures" / within).mkdir(parents=True)
        (tmp_path / name / "figures" / within / "a.svg").write_text("a as svg")
        return tmp_path / name

    def look(place):
        folder = place / "figures" / within
        wanted = dict(_Figures().files())
        there = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
        assert there.items() <= wanted.items()
        write(place)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == wanted

    points = strike(write, "rename", "kill", 1, make, look)
    record_property("count", f"figures: {points} points")
    assert points == number


@pytest.mark.parametrize(
    "calls", [("rename",), pytest.param(("mkdir", "fsync", "openat"), marks=[pytest.mark.long, pytest.mark.ci])]
)
def test_an_export_of_tables(made_once, tmp_path, calls, record_property):
    """Killed anywhere, the folder is there as a whole or not at all; the same command ends alike, nothing beside it."""

    def write(place):
        export_runs([str(made_once / "runs")], made_once / "runs", to="csv", out=place / "tables")

    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name

    write(make("whole"))
    whole = contents(tmp_path / "whole")
    assert len(whole) > 2

    def look(place):
        (place / "log").unlink()
        there = {name: digest for name, digest in contents(place).items() if not name.startswith(".")}
        assert there in ({}, whole)
        write(place)
        assert contents(place) == whole

    points = sum(strike(write, call, "kill", 1 if call == "rename" else 9, make, look) for call in calls)
    record_property("count", f"tables: {points} points")
    assert points > 0


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
