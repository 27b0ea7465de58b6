"""An archive is taken in whole or not at all, never over something else, and what comes out is what went in."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile

import pytest
from run_folders import finished_run, plan, write_experiment
from telltale import faked

from optbench.errors import MismatchError, StorageError
from optbench.run_store import RunPaths, find_runs, read_json
from optbench.run_store.archive import Member, write_archive
from optbench.runner.report import render_reports
from optbench.runner.reproduce import reproduce
from optbench.sharing.take_in import take_in
from optbench.study.paths import StudyPaths
from optbench.study.redraw import redraw_study


def names_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_runs_and_studies_can_be_worked_with(private, shared, tmp_path):
    """They are found, drawn again, and a study's verdict is drawn to the same bytes."""
    runs = tmp_path / "received"
    taken = take_in(shared(private.runs_dir).path, runs)
    assert sorted(path.name for path in taken.placed) == names_in(private.runs_dir)
    assert names_in(runs) == names_in(private.runs_dir)  # no scratch is left
    records, _ = find_runs([str(runs)], runs)
    assert len(records) == len(find_runs([str(private.runs_dir)], private.runs_dir)[0])
    (study,) = runs.glob("*/study.json")
    assert redraw_study(StudyPaths(study.parent)).is_identical
    (mine,) = runs.glob("mine-*")
    assert render_reports([str(mine)], runs)[0] == [RunPaths(mine).report_html]


def test_twice_is_once(private, shared, tmp_path):
    """The same bytes are there already; also where the receiver has the first folders."""
    archive = shared(private.runs_dir).path
    take_in(archive, tmp_path / "received")
    again = take_in(archive, tmp_path / "received")
    assert again.placed == ()
    assert len(again.already) == 2
    assert len(take_in(archive, private.runs_dir).already) == 2


def test_something_else_in_its_place_is_kept(open_runs, shared, tmp_path):
    """One folder of another content: nothing at all is taken in."""
    runs = tmp_path / "received"
    taken = next(open_runs.iterdir()).name
    (runs / taken).mkdir(parents=True)
    (runs / taken / "mine.txt").write_text("mine")
    with pytest.raises(MismatchError, match="nothing is overwritten"):
        take_in(shared(open_runs).path, runs)
    assert names_in(runs) == [taken]
    assert names_in(runs / taken) == ["mine.txt"]


def test_a_run_of_the_same_key_with_other_bits_is_refused(open_runs, shared, tmp_path):
    """It has another folder's name here, so that only its key tells."""
    config = write_experiment(tmp_path / "here", optimizer="adam")
    (run,) = plan(config, tmp_path / "received")
    folder = finished_run(run, accuracy=0.5).folder
    folder.rename(folder.with_name(f"{folder.name}-again1"))
    with pytest.raises(MismatchError, match="other bits") as refused:
        take_in(shared(open_runs).path, tmp_path / "received")
    (finding,) = refused.value.findings
    assert finding.values["rung"] == "predictions"
    assert names_in(tmp_path / "received") == [f"{folder.name}-again1"]


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("with_data", [True, False])
def test_a_run_with_other_paths_is_compared_without_them(absolute, shared, tmp_path, with_data):
    """Every rung is compared but that of the experiment, which has other paths now; and it says so."""
    runs = tmp_path / "received"
    take_in(shared(absolute.runs_dir, with_data=with_data).path, runs)
    (mine,) = runs.glob("mine-*")
    hired = {"runs_dir": runs, "data_dir": tmp_path, "say": lambda _: None, "executor_for": faked}
    asked = []
    found = reproduce(str(mine), data=absolute.folder, trusts=lambda doubts: asked.extend(doubts) or True, **hired)
    assert [doubt.code for doubt in asked] == ["reproduce-key-shared"]
    assert found.rungs > 3  # beyond the experiment's; what comes then is invented from its paths here
    assert found.not_compared[:2] == ("config", "key")
    assert ("preprocessing.json" in found.not_compared) is not with_data
    assert "not compared" in found.text("en")
    digests = RunPaths(mine).digests
    assert read_json(digests)["config"]


def test_an_archive_that_is_not_there(tmp_path):
    """A sentence, and no runs directory."""
    from optbench.errors import OptbenchError

    with pytest.raises(OptbenchError):
        take_in(tmp_path / "none.zip", tmp_path / "received")
    assert not (tmp_path / "received").exists()


def test_a_disk_that_is_full_leaves_nothing(open_runs, shared, tmp_path, monkeypatch):
    """What was unpacked by then goes."""
    archive = shared(open_runs).path

    def refused(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.rename", refused)
    with pytest.raises(StorageError, match="space"):
        take_in(archive, tmp_path / "received")
    monkeypatch.undo()
    assert names_in(tmp_path / "received") == []
    shutil.rmtree(tmp_path / "received", ignore_errors=True)


def test_a_place_that_another_command_takes_along_is_made_again(open_runs, shared, tmp_path, monkeypatch):
    """Two imports at once: the one that ends removes the folder that the other has just found."""
    archive, made, lost = shared(open_runs).path, tempfile.mkdtemp, []

    def made_too_late(*, prefix, dir):  # noqa: A002 - the name of the parameter
        if dir is not None and not lost:
            lost.append(dir)
            dir.rmdir()
        return made(prefix=prefix, dir=dir)

    monkeypatch.setattr(tempfile, "mkdtemp", made_too_late)
    assert len(take_in(archive, tmp_path / "received").placed) == 2
    assert [path.name for path in lost] == [".import"]


def test_an_archive_is_read_in_a_notebook(private, shared):
    """Runs and the study are tables, and parts of them are compared; the archive is all that is needed."""
    import optbench

    archive = shared(private.runs_dir).path
    runs = optbench.load_runs(archive)
    assert len(runs) == 1 + 12
    study = optbench.load_study(archive)
    assert len(study.runs) == 12
    assert set(study.optimizers.optimizer) == {"adam", "sgd", "adam-default", "sgd-default"}
    assert len(study.pairs) == 5
    assert study.verdict in repr(study)
    assert study.recommended[""]["optimizer"] in {"adam", "sgd"}
    compared = optbench.compare(study.runs[study.runs.stage == "confirmation"])
    assert {one.label for one in compared.problems[0].optimizers} == set(study.optimizers.optimizer)
    first = optbench.load_study(next(private.runs_dir.glob("*/study.json")).parent)
    assert first.document == study.document
    assert list(first.runs.run) == list(study.runs.run)


def test_a_study_is_asked_for_by_name(open_runs, private, shared):
    """There is none, or none of that name."""
    import optbench
    from optbench.errors import NoRunsError

    with pytest.raises(NoRunsError, match="one finished study"):
        optbench.load_study(shared(open_runs).path)
    with pytest.raises(NoRunsError, match="called other"):
        optbench.load_study(shared(private.runs_dir, name="p.zip").path, name="other")


def test_what_no_manifest_of_a_study_lists_is_not_taken_in(private, shared, tmp_path):
    """A file, and a folder that is no run, in an archive that lists both."""
    with zipfile.ZipFile(shared(private.runs_dir).path) as archive:
        members = {name: Member(archive.read(name)) for name in archive.namelist()}
    about = json.loads(members.pop("ARCHIVE.json").source)
    about = {name: about[name] for name in ("runs", "studies")}
    for number, name in enumerate(("evil.py", "no-run/evil.py", "verdicts/evil.json")):
        path = tmp_path / f"{number}.zip"
        with path.open("wb") as file:
            write_archive(file, {**members, f"runs/{about['studies'][0]}/{name}": Member(b"evil")}, about)
        with pytest.raises(MismatchError, match="differ from their manifests") as refused:
            take_in(path, tmp_path / "received")
        assert "evil" in str(refused.value.findings)
    assert not (tmp_path / "received").exists()
