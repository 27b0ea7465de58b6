"""Which study a run belongs to and what it is called there, what folds say together, and renamed folders."""

from __future__ import annotations

import json

import pytest
from finished_runs import make_run, store_run

from optbench.run_store import find_folders, find_runs, record_places, renamed_runs, study_places


@pytest.fixture
def study(tmp_path):
    """A study of a tuning run and a confirmation run, which only results.csv names."""
    folder = tmp_path / "quick-12345678"
    tuning, confirmed = make_run("adam", 0), make_run("sgd", 1)
    for record in (tuning, confirmed):
        store_run(record, folder)
    (folder / "study.json").write_text(json.dumps({"schema_version": 1, "study": "quick"}))
    (folder / "plan.csv").write_text(f"stage,optimizer,run\ntuning,adam,{tuning.run}\nconfirmation,momentum,\n")
    (folder / "results.csv").write_text(f"stage,optimizer,run\nconfirmation,momentum,{confirmed.run}\n")
    (folder / "verdict.md").write_text("# verdict\n")
    return folder


def test_runs_know_their_study(study):
    """Stage and label are those of its tables; a folder beside no study.json is in none."""
    records, _ = find_runs([str(study)], study.parent)
    found = {place.label: (place.study, place.stage) for place in record_places(records).values()}
    assert found == {"adam": (study.name, "tuning"), "momentum": (study.name, "confirmation")}
    assert study_places([str(study)]) == {}


@pytest.mark.parametrize("content", ["", "{}", "[]", "stage,run\n", "\x00"])
def test_damaged_tables_say_nothing(study, content):
    """They never break what reads the runs."""
    (study / "results.csv").write_text(content)
    (study / "plan.csv").write_text(content)
    records, _ = find_runs([str(study)], study.parent)
    assert {place.stage for place in record_places(records).values()} == {"confirmation"}


def test_the_files_of_a_study_are_no_news(study):
    """`compare STUDY/*` names them among the runs; elsewhere a file is told."""
    folders, notes = find_folders([str(path) for path in sorted(study.iterdir())], study.parent)
    assert (len(folders), notes) == (2, [])
    stray = study.parent / "notes.txt"
    stray.write_text("")
    assert [note.code for note in find_folders([str(study), str(stray)], study.parent)[1]] == ["find-no-folder"]


def test_a_folder_of_folds_names_its_runs(tmp_path):
    """The runs lie beside it; a name that leads elsewhere is none."""
    record = make_run("adam", 0)
    store_run(record, tmp_path)
    group = tmp_path / "demo-s0-3folds-12345678"
    group.mkdir()
    (group / "folds.json").write_text(json.dumps({"schema_version": 1, "runs": [record.run, "..", "a/b", 3]}))
    folders, notes = find_folders([str(group)], tmp_path)
    assert ([folder.name for folder in folders], notes) == ([record.run], [])
    assert find_folders([str(tmp_path)], tmp_path)[1] == []


def test_a_renamed_folder_is_known_by_its_key(tmp_path):
    """By its old name, too; a folder with a run's id is looked up by that alone."""
    record, other = make_run("adam", 0), make_run("adam", 1)
    for one in (record, other):
        store_run(one, tmp_path)
    (tmp_path / record.run).rename(tmp_path / "best")
    assert renamed_runs(tmp_path) == {record.key: tmp_path / "best"}
    assert find_folders([record.run], tmp_path)[0] == [tmp_path / "best"]
