"""Study folders that somebody has prepared: links in them lead no write elsewhere, and check names what was added."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from attacked import untouched
from fake_training import FakeExecutor
from small_study import conclude

from optbench.errors import InvalidError, StorageError
from optbench.run_store import new_submission, read_study_manifest
from optbench.runner.folds import gather_folds
from optbench.runner.run import RunOptions, run_experiments
from optbench.study.check import check_study
from optbench.study.paths import StudyPaths


def without_files(study):
    """Leave of a study its runs alone."""
    plan = read_study_manifest(StudyPaths(study).manifest).plan
    for path in study.iterdir():
        if path.is_file():
            path.unlink()
    shutil.rmtree(study / "verdicts")
    return plan[:8]


@pytest.fixture(params=["elsewhere", "beside"])
def victim_near_or_far(request, work, victim):
    """The same folder; also where it lies in the runs directory, out of which no link to it leads."""
    (work / "runs").mkdir(exist_ok=True)
    return victim if request.param == "elsewhere" else Path(shutil.move(victim, work / "runs" / "victim"))


@pytest.mark.parametrize("name", ["verdicts", "verdicts/{plan}", "."])
@pytest.mark.parametrize("is_finished", [True, False])
def test_a_link_in_the_place_of_a_folder(work, concluded, victim_near_or_far, name, is_finished):
    """The study ends with its name; nothing lands behind it. Without it the same command goes on."""
    victim = victim_near_or_far
    plan = read_study_manifest(StudyPaths(concluded).manifest).plan[:8] if is_finished else without_files(concluded)
    place = concluded / name.format(plan=plan)
    place.parent.mkdir(exist_ok=True)
    if place.exists():
        shutil.move(place, work / "moved")
    place.symlink_to(victim)
    with pytest.raises((InvalidError, StorageError), match="must not be a link|a link that leads out"):
        conclude(work)
    assert untouched(victim)
    place.unlink()
    if name == ".":
        shutil.move(work / "moved", place)
    conclude(work)
    assert untouched(victim)
    assert all(one.finished and not one.problems for one in check_study(StudyPaths(concluded)))


@pytest.mark.parametrize("name", ["verdict.md", "plan.csv", "study.yaml", "MANIFEST.json", "report.html"])
@pytest.mark.parametrize("to", ["file", "."])
def test_a_link_in_the_place_of_a_file(work, concluded, victim, name, to):
    """It is replaced by the file, and what it points to is as it was."""
    without_files(concluded)
    (concluded / name).symlink_to(victim / to)
    conclude(work)
    assert untouched(victim)
    assert not (concluded / name).is_symlink()


def test_a_link_in_the_place_of_what_folds_say(give, work, victim_near_or_far, experiment):
    """`run --folds` writes no page through it; what it leaves where nothing was prepared is nothing added."""
    options = RunOptions((experiment("{name: iris}"),), runs_dir=work / "runs", folds=2, quiet=True, figures=False)
    ends = run_experiments(options, say=lambda _: None, executor_for=lambda *_: FakeExecutor(None))
    (group,) = gather_folds(ends, work / "runs")
    (group.paths.folder / ".report.html.0123456789abcdef.tmp").touch()
    give("check", "runs").require(0, saying=group.paths.folder.name)
    gather_folds(ends, work / "runs")
    assert len(list(group.paths.folder.iterdir())) == 3
    shutil.rmtree(group.paths.folder)
    group.paths.folder.symlink_to(victim_near_or_far)
    with pytest.raises((InvalidError, StorageError), match="must not be a link|a link that leads out"):
        gather_folds(ends, work / "runs")
    assert untouched(victim_near_or_far)


@pytest.mark.parametrize("name", [".merge", ".import", ".scratch"])
def test_a_link_in_the_place_of_what_a_command_works_in(give, work, concluded, victim, experiment, name):
    """What is put together before it gets its name is put together nowhere else."""
    commands = {
        ".merge": ("merge", "elsewhere", "--runs-dir", "runs"),
        ".import": ("import", "s.zip"),
        ".scratch": ("run", experiment("{name: iris}"), "--executor", "slurm"),
    }
    give("share", concluded, "--out", "s.zip").require(0)
    shutil.copytree(work / "runs", work / "elsewhere")
    (work / "runs" / name).symlink_to(victim)
    ended = give(*commands[name])
    assert ended.code == 1
    assert f"{name} must " in ended.err
    assert "link" in ended.err
    assert untouched(victim)


def test_a_link_in_the_place_of_what_is_submitted(work, concluded, victim):
    """A scheduler's jobs are told nothing through it."""
    (work / "runs" / ".jobs").symlink_to(victim)
    with pytest.raises(StorageError, match="must not be a link"):
        new_submission(work / "runs", [[concluded]], {})
    assert untouched(victim)


PUT = (
    ("a pipe", os.mkfifo),
    ("a link", lambda path: path.symlink_to("/etc/passwd")),
    ("a link", lambda path: path.symlink_to("/etc")),
    ("a link", lambda path: path.symlink_to(path.name)),
    ("does not list it", lambda path: path.write_text("x")),
    ("does not list it", lambda path: (path.mkdir(), (path / "inside").touch())),
    ("a pipe", lambda path: (path.mkdir(), os.mkfifo(path / "inside"))),
)
PLACES = ("added", ".added", ".state", "recommended-added.yaml", "verdicts/added", "verdicts/{plan}/added")


@pytest.mark.parametrize("place", PLACES)
def test_check_names_what_was_added_to_a_study(give, concluded, place):
    """Whatever it is, wherever, named by itself or with all in its directory: exit 5 with its name."""
    plan = read_study_manifest(StudyPaths(concluded).manifest).plan[:8]
    path = concluded / place.format(plan=plan)
    for number, (kind, put) in enumerate(PUT):
        put(path)
        ended = give("check", (concluded, "runs", "runs/*")[number % 3], "--quick")
        ended.require(5, saying=path.name)
        assert kind in ended.out, (kind, ended.out)
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    give("check", concluded).require(0)


def test_what_a_killed_command_leaves_was_not_added(give, concluded):
    """A temporary file, and an empty folder, as in a run; of a link that is called so it is told."""
    left = [
        folder / ".verdict.md.0123456789abcdef.tmp"
        for folder in (concluded, concluded / "verdicts", *(concluded / "verdicts").iterdir())
    ]
    for path in left:
        path.touch()
    (concluded / "empty").mkdir()
    give("check", concluded).require(0)
    left[0].unlink()
    left[0].symlink_to("/etc/passwd")
    give("check", concluded).require(5, saying="a link")


@pytest.mark.parametrize("name", ["verdicts", "verdicts/{plan}"])
def test_verdicts_that_are_a_link(give, work, concluded, name):
    """Also to a copy of what it was: what lies elsewhere is nobody's to vouch for."""
    plan = read_study_manifest(StudyPaths(concluded).manifest).plan[:8]
    place = concluded / name.format(plan=plan)
    shutil.move(place, work / "moved")
    place.symlink_to(work / "moved")
    give("check", concluded).require(5, saying="it is a link")


@pytest.mark.parametrize("put", [lambda _path: None, os.mkfifo, lambda path: path.symlink_to("/etc/passwd")])
def test_a_study_without_its_record_is_a_study(give, concluded, put):
    """Its manifest says so: it is on the list, damaged, and report draws neither it nor its runs."""
    record = concluded / "study.json"
    record.unlink()
    put(record)
    for named in (concluded, "runs", "runs/*", concluded.name):
        give("check", named).require(5, saying="study.json")
    before = {path.name: path.stat().st_mtime_ns for path in concluded.rglob("*")}
    give("report", concluded).require(1, 3, saying="not drawn again")
    assert {path.name: path.stat().st_mtime_ns for path in concluded.rglob("*")} == before
    for command in (("ls",), ("compare", concluded), ("show", concluded), ("share", concluded, "--out", "s.zip")):
        give(*command).require(0, 1, 3, 5)


def test_check_names_what_was_added_to_folds(give, work, runs):
    """Nothing seals them, but what is not theirs is told; a folder that is called so is one."""
    del runs
    folds = work / "runs" / "a-s0-5folds-01234567"
    folds.mkdir()
    (folds / "folds.json").write_text('{"runs": []}')
    (folds / "report.html").touch()
    give("check", "runs").require(0)
    for place in ("added", "out_of_fold.csv", "folds.json"):
        for kind, put in PUT[:4] if place != "added" else PUT:
            path = folds / place
            path.unlink(missing_ok=True)
            put(path)
            ended = give("check", "runs", folds)
            ended.require(5, saying=place)
            assert kind.replace("does not list it", "folds.json") in ended.out
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def test_verdicts_among_the_runs_of_a_study_are_no_warning(give, concluded):
    """`compare STUDY/*` names them, as it names the study's files; alone they are no runs."""
    ended = give("compare", *sorted(map(str, concluded.iterdir())))
    ended.require(0)
    assert "passed over" not in ended.err
    give("compare", concluded / "verdicts").require(4)
