"""`optbench rm` and `optbench gc`: what goes into the trash, and what stays."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from optbench.run_store import RunPaths


def contents(folder):
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def adam(runs_dir):
    return next(runs_dir.glob("adam-s0-*"))


@pytest.fixture
def a_study(runs_dir, adam):
    """A folder as studies have it, with one run in it."""
    folder = runs_dir / "trial-12345678"
    shutil.copytree(adam, folder / adam.name)
    (folder / "study.json").write_text("{}")
    return folder


def test_a_run_goes_into_the_trash_whole(command, runs_dir, adam):
    """With every byte; no other folder changes, and it is no run any more."""
    before, others = contents(adam), {path.name for path in runs_dir.iterdir()} - {adam.name}
    done = command("rm", adam, "--yes")
    assert done.code == 0
    assert adam.name in done.out
    assert not adam.exists()
    assert contents(runs_dir / ".trash" / adam.name) == before
    assert {path.name for path in runs_dir.iterdir()} == others | {".trash"}
    assert adam.name not in command("ls", runs_dir).out


def test_it_can_be_moved_back(command, runs_dir, adam):
    """It is the finished run that it was."""
    command("rm", adam, "--yes")
    (runs_dir / ".trash" / adam.name).rename(adam)
    assert command("check", adam).code == 0


def test_nothing_happens_where_nobody_can_be_asked(command, runs_dir, adam):
    """Without a terminal it takes --yes; the error says so."""
    before = contents(runs_dir)
    for more in ([], ["--json"]):
        done = command("rm", adam, *more)
        assert done.code == 2
        assert "--yes" in done.err + done.out
    assert contents(runs_dir) == before


def test_a_name_that_is_taken_in_the_trash_is_kept(command, runs_dir, adam):
    """The second of a name gets a number."""
    copy = runs_dir.parent / "copy"
    shutil.copytree(adam, copy)
    command("rm", adam, "--yes")
    copy.rename(adam)
    moved = json.loads(command("rm", adam, "--yes", "--json").out)["moved"]
    assert [one["now"] for one in moved] == [str(runs_dir.absolute() / ".trash" / f"{adam.name}.2")]
    assert {path.name for path in (runs_dir / ".trash").iterdir()} == {adam.name, f"{adam.name}.2"}


def test_a_study_goes_with_its_runs(command, runs_dir, a_study):
    """As one thing, into the trash of the directory it lies in; its runs too if they are named beside it."""
    run = next(path for path in a_study.iterdir() if path.is_dir())
    done = command("rm", run, a_study, "--yes", "--json")
    (moved,) = json.loads(done.out)["moved"]
    assert (moved["kind"], moved["runs"]) == ("study", 1)
    assert (runs_dir / ".trash" / a_study.name / run.name / "MANIFEST.json").is_file()


def test_a_run_of_a_study_goes_into_the_trash_beside_the_study(command, runs_dir, a_study):
    """No trash is made in the study, where nobody looks for one."""
    run = next(path for path in a_study.iterdir() if path.is_dir())
    assert command("rm", run, "--yes").code == 0
    assert (runs_dir / ".trash" / run.name).is_dir()
    assert not (a_study / ".trash").exists()


def test_a_run_that_somebody_holds_stays(command, runs_dir, make_runs, tmp_path):
    """It is said who holds it, and the study it belongs to stays as well."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path, optimizer="rmsprop"), runs_dir)
    make_runs.interrupted_run(run)
    with make_runs.claimed(run.paths, run.key):
        done = command("rm", run.paths.folder, "--yes")
    assert done.code == 4
    assert "holds it" in done.err
    assert run.paths.folder.is_dir()


@pytest.mark.parametrize("kind", ["runs directory", "foreign folder", "link", "file"])
def test_what_is_no_run_stays(command, runs_dir, adam, tmp_path, kind):
    """A whole runs directory is never taken for one thing."""
    named = {
        "runs directory": runs_dir,
        "foreign folder": tmp_path / "holiday",
        "link": tmp_path / "link",
        "file": tmp_path / "file",
    }[kind]
    (tmp_path / "holiday").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(adam)
    before = contents(tmp_path)
    done = command("rm", named, "--yes")
    assert done.code == 4
    assert str(named) in done.err
    assert contents(tmp_path) == before


def test_nothing_is_moved_through_a_link(command, runs_dir, adam, tmp_path):
    """Somebody put a link where the trash would be."""
    (tmp_path / "elsewhere").mkdir()
    (runs_dir / ".trash").symlink_to(tmp_path / "elsewhere")
    done = command("rm", adam, "--yes")
    assert done.code == 1
    assert ".trash must be a folder" in done.err
    assert adam.is_dir()
    assert not any((tmp_path / "elsewhere").iterdir())


def aged(folder, days):
    """Set the times of everything in a folder back."""
    for path in [folder, *folder.rglob("*")]:
        then = path.stat().st_mtime - days * 86_400
        os.utime(path, (then, then))


def test_gc_takes_old_unfinished_runs_alone(command, runs_dir, make_runs, tmp_path):
    """Neither finished ones, nor those that were at work lately."""
    old, new = (
        make_runs.plan(make_runs.write_experiment(tmp_path, optimizer=name), runs_dir)[0]
        for name in ("rmsprop", "adamw")
    )
    for run in (old, new):
        make_runs.interrupted_run(run)
    aged(RunPaths(old.paths.folder).folder, 10)
    for finished in runs_dir.glob("adam-s*"):
        aged(finished, 100)
    command("gc", runs_dir)
    assert old.paths.folder.is_dir()
    done = command("gc", runs_dir, "--unfinished", "--older-than", "7", "--yes", "--json")
    assert [one["folder"] for one in json.loads(done.out)["moved"]] == [str(old.paths.folder)]
    assert new.paths.folder.is_dir()
    assert (runs_dir / ".trash" / old.paths.folder.name).is_dir()


@pytest.mark.parametrize("options", [["--unfinished"], ["--older-than", "7"]])
def test_gc_takes_no_unfinished_run_of_today_by_mistake(command, runs_dir, options):
    """Which of them are meant has to be said."""
    assert command("gc", runs_dir, *options).code == 2


def test_gc_removes_temporary_folders_that_were_left(command, runs_dir, temporary_folder):
    """Those whose command was killed: nobody holds them; a folder in use stays."""
    from optbench.core.temporary_folders import make_temporary_folder

    left, used = make_temporary_folder("left"), make_temporary_folder("used")
    left.lock.close()
    done = command("gc", runs_dir, "--json")
    assert json.loads(done.out)["temporary_folders"] == 1
    assert not left.path.exists()
    assert used.path.is_dir()
    used.remove()


@pytest.mark.parametrize("options", [[], ["--unfinished", "--older-than", "7"]])
def test_gc_of_a_directory_that_is_not_there_is_refused(command, tmp_path, temporary_folder, options):
    """A name that was mistyped is told, not cleaned up in; nothing else is removed for it."""
    from optbench.core.temporary_folders import make_temporary_folder

    left = make_temporary_folder("left")
    left.lock.close()
    refused = command("gc", tmp_path / "nothere", *options)
    assert refused.code == 4
    assert "nothere is not a directory of runs" in refused.err
    assert left.path.is_dir()


def test_gc_removes_what_a_killed_import_has_left(command, runs_dir, temporary_folder):
    """It lies in the runs directory, out of sight; the trash, and what is in use, stay."""
    from optbench.core.temporary_folders import make_temporary_folder

    left, used = (make_temporary_folder("import", runs_dir / name) for name in (".import", ".merge"))
    left.lock.close()
    (runs_dir / ".trash").mkdir()
    assert json.loads(command("gc", runs_dir, "--json").out)["temporary_folders"] == 1
    assert not left.path.parent.exists()
    assert used.path.is_dir()
    assert (runs_dir / ".trash").is_dir()
    used.remove()


@pytest.mark.parametrize("way", [".", "{name}/code/..", "../{runs}/{name}"])
def test_a_run_may_be_named_by_a_way_back(command, runs_dir, adam, monkeypatch, way):
    """From inside, or up again: it is the run that goes, once, and nothing appears in it."""
    (adam / "code").mkdir()
    monkeypatch.chdir(adam if way == "." else runs_dir)
    done = command("rm", way.format(name=adam.name, runs=runs_dir.name), adam, "--yes")
    assert done.code == 0, done.err
    assert not adam.exists()
    assert [path.name for path in (runs_dir / ".trash").iterdir()] == [adam.name]
    assert not list(runs_dir.rglob(f"{adam.name}/**/.trash"))
