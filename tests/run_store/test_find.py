"""Runs are found by every way a user names them, and what is passed over is said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from optbench.errors import NoRunsError
from optbench.run_store import RunPaths, claim_run_folder, find_folders, find_runs, read_run, write_json, write_text
from optbench.words import error_text, sentences


@pytest.fixture
def runs(tmp_path, make_run, monkeypatch):
    """Three finished runs, a study with one, an unfinished run, a foreign folder and a file."""
    folder = tmp_path / "runs"
    for seed in (2, 10, 0):
        make_run(folder, seed=seed)
    make_run(folder / "study-12345678", name="tuned", seed=7)
    unfinished = RunPaths(folder / "wine-s1-ffffffff")
    claim_run_folder(unfinished, key="f" * 64).release()
    (folder / "holiday").mkdir()
    (folder / "README.md").write_text("about")
    monkeypatch.chdir(tmp_path)
    return folder


def said(found):
    """What was found, and the sentences of the notes."""
    return found[0], sentences(found[1], "en")


def seeds(found):
    return [record.seed for record in found[0]]


def test_runs_directory(runs):
    """A runs directory gives all finished runs in natural order, studies included; the rest is noted."""
    records, notes = said(find_runs(["runs"], runs))
    assert [record.seed for record in records] == [7, 0, 2, 10]
    assert len(notes) == 2
    assert any("holiday" in note for note in notes)
    assert any("wine-s1-ffffffff is unfinished" in note for note in notes)


def test_digits_that_are_no_numbers(runs, make_run):
    """A folder may be called by a power, or in digits of another script; runs beside it are found."""
    for seed, name in ((3, "m²"), (4, "²1"), (5, "٣")):
        make_run(runs, seed=seed, name=name)
    assert sorted(seeds(find_runs(["runs"], runs))) == [0, 2, 3, 4, 5, 7, 10]
    assert sorted(seeds(find_runs(["runs/*-s[345]-*"], runs))) == [3, 4, 5]


@pytest.mark.parametrize(
    "argument, expected",
    [
        ("runs/wine-s10-0b0b0b0b", [10]),
        ("runs/wine-*", [0, 2, 10]),
        ("wine-s*", [0, 2, 10]),
        ("wine-s10-0b0b0b0b", [10]),
        ("0b0b0b0b", [10]),
        ("0b" * 32, [10]),
        ("tuned-s7-08080808", [7]),
        ("08080808", [7]),
        ("study-12345678", [7]),
        ("runs/study-12345678", [7]),
        ("runs/*", [7, 0, 2, 10]),
        ("runs/**/", [7, 0, 2, 10]),
    ],
)
def test_ways_to_name_a_run(runs, argument, expected):
    """Folder, pattern, id, key prefix, whole key, study."""
    assert sorted(seeds(find_runs([argument], runs))) == sorted(expected)


def test_order_and_repetition_of_arguments(runs):
    """Runs come in the order they are named, each once, however often and by whatever way it is named."""
    found = find_runs(
        ["0b0b0b0b", "runs/wine-s0-01010101/", "wine-s10-0b0b0b0b", "runs/../runs/wine-s0-01010101"], runs
    )
    assert seeds(found) == [10, 0]
    assert found[1] == []


def test_same_key_counts_once(runs):
    """A forced repetition and a copied folder are noted and not counted as further evidence."""
    original = runs / "wine-s0-01010101"
    shutil.copytree(original, runs / "wine-s0-01010101-again2")
    records, notes = said(find_runs(["runs/wine-s0-*"], runs))
    assert [record.folder for record in records] == ["runs/wine-s0-01010101"]
    assert any("again2 has the same key as runs/wine-s0-01010101" in note for note in notes)


@pytest.mark.parametrize("argument", ["nothing", "runs/nothing-*", "abcdefab", "", "runs/\0", "wine-s99-01010101"])
def test_nothing_of_that_name(runs, argument):
    """An argument that names nothing is an error even if others name runs."""
    with pytest.raises(NoRunsError, match="names no run"):
        find_runs(["runs", argument], runs)


def test_nearly_right_names_are_suggested(runs):
    """A misspelt run id is answered with the nearest one."""
    with pytest.raises(NoRunsError, match="Did you mean 'wine-s10-0b0b0b0b'"):
        find_runs(["wine-s10-0b0b0b0c"], runs)


@pytest.mark.parametrize("argument", ["runs/wine-s1-ffffffff", "runs/holiday", "runs/README.md"])
def test_nothing_finished(runs, argument):
    """If nothing named is finished, the error tells what was found instead."""
    with pytest.raises(NoRunsError) as refused:
        find_runs([argument], runs)
    assert re.search(r"no finished run.*\n.*passed over", error_text(refused.value, "en"))
    assert all(finding.code.startswith("find-") for finding in refused.value.findings)


def test_no_runs_directory(tmp_path):
    """A missing runs directory is an error with a sentence."""
    with pytest.raises(NoRunsError):
        find_runs(["abc"], tmp_path / "none")
    with pytest.raises(NoRunsError):
        find_runs([], tmp_path)


def test_folders_of_all_runs(runs):
    """Folders are found whether their runs are finished or not; what is no run is noted."""
    folders, notes = said(find_folders(["runs"], runs))
    assert [folder.name.partition("-")[2][:4] for folder in folders] == ["s7-0", "s0-0", "s1-f", "s2-0", "s10-"]
    assert len(notes) == 1
    assert find_folders(["wine-s1-ffffffff"], runs)[0] == [runs / "wine-s1-ffffffff"]
    with pytest.raises(NoRunsError, match="names no run"):
        find_folders(["nothing"], runs)


def test_damaged_runs_are_noted(runs):
    """A run with a missing file or a manifest cut in half is passed over, with the reason; the others are read."""
    (runs / "wine-s0-01010101" / "metrics.json").unlink()
    manifest = runs / "wine-s2-03030303" / "MANIFEST.json"
    manifest.write_bytes(manifest.read_bytes()[:100])
    records, notes = said(find_runs(["runs/wine-*"], runs))
    assert [record.seed for record in records] == [10]
    assert any("metrics.json is missing" in note for note in notes)
    assert any("MANIFEST.json" in note and "wine-s2" in note for note in notes)


def test_links_out_of_a_directory(runs, tmp_path, make_run):
    """A link in a runs directory that leads elsewhere is noted and not followed; named by itself it is."""
    elsewhere = make_run(tmp_path / "elsewhere", seed=5)
    (runs / "linked").symlink_to(elsewhere.folder)
    records, notes = said(find_runs(["runs"], runs))
    assert 5 not in [record.seed for record in records]
    assert any("linked is a link" in note for note in notes)
    assert seeds(find_runs(["runs/linked"], runs)) == [5]


def test_folder_names_with_pattern_characters(tmp_path, make_run):
    """A runs directory whose name looks like a pattern is taken literally."""
    folder = tmp_path / "a[1]* 'ü'"
    make_run(folder, seed=1)
    assert seeds(find_runs([str(folder)], folder)) == [1]
    assert seeds(find_runs(["wine-*"], folder)) == [1]


def test_a_pattern_that_matches_files_here_names_runs_there(tmp_path, make_run, monkeypatch):
    """Beside `wine-adam.yaml`, `wine-*` still names the runs; a folder here comes first."""
    make_run(tmp_path / "runs", seed=1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wine-adam.yaml").touch()
    assert seeds(find_runs(["wine-*"], Path("runs"))) == [1]
    make_run(tmp_path, seed=2)
    assert seeds(find_runs(["wine-*"], Path("runs"))) == [2]


def test_record(tmp_path, make_run):
    """A record holds what the folder holds."""
    paths = make_run(tmp_path, seed=3, status="diverged")
    record = read_run(paths.folder)
    assert (record.run, record.folder, record.seed) == (paths.folder.name, str(paths.folder), 3)
    assert record.status == "diverged"
    assert record.key == "04" * 32
    assert record.metrics["test"] == {"accuracy": 0.5, "roc_auc": None}
    assert record.timing["training_seconds"] == 0.25
    assert record.digests["order"] == ["a", "b"]
    assert record.config["optimizer"]["learning_rate"] == 1e-3
    assert (record.versions, record.machine) == ({"numpy": "2.4"}, "abc")


@pytest.mark.parametrize(
    "name, document",
    [
        ("metrics.json", {"schema_version": 1}),
        ("metrics.json", {"schema_version": 1, "test": {"accuracy": "high"}}),
        ("metrics.json", {"schema_version": 1, "test": {"accuracy": 1.0}, "train": [1]}),
        ("metrics.json", {"schema_version": 3, "test": {}}),
        ("timing.json", {"schema_version": 1, "training_seconds": "long"}),
        ("digests.json", {}),
        ("digests.json", None),
    ],
)
def test_unreadable_facts(paths, seal_run, name, document):
    """A sealed run whose facts have another shape is refused with the file's name, not met by a traceback later."""
    good = {
        "metrics.json": {"schema_version": 1, "test": {}},
        "timing.json": {"schema_version": 1},
        "digests.json": {"schema_version": 1},
    }
    for file, content in {**good, name: document}.items():
        if content is not None:
            write_json(paths.folder / file, content)
    seal_run(paths)
    with pytest.raises(NoRunsError, match=name):
        read_run(paths.folder)


@pytest.mark.parametrize("config", [{}, {"dataset": "wine"}, {"dataset": {"name": "wine"}, "model": {"name": 3}}])
def test_config_without_its_sections(paths, seal_run, config):
    """A sealed run whose config names no dataset, model or optimizer is refused with a sentence."""
    for path in (paths.metrics, paths.timing, paths.digests):
        write_json(path, {"schema_version": 1, "test": {}} if path == paths.metrics else {"schema_version": 1})
    seal_run(paths, config=config)
    with pytest.raises(NoRunsError, match="config must name a"):
        read_run(paths.folder)


def test_files_the_manifest_does_not_list_are_not_believed(paths, seal_run):
    """Metrics put beside a manifest that does not list them make no readable run."""
    write_text(paths.log, "x")
    seal_run(paths)
    for path in (paths.metrics, paths.timing, paths.digests):
        write_json(path, {"schema_version": 1, "test": {"accuracy": 1.0}})
    with pytest.raises(NoRunsError, match="manifest lists"):
        read_run(paths.folder)


def test_searching_creates_nothing(runs):
    """Looking for runs leaves every folder as it was."""
    before = sorted(os.walk(runs))
    find_runs(["runs"], runs)
    assert sorted(os.walk(runs)) == before


def test_listing_runs_loads_no_numpy(runs):
    """Finding and reading runs loads neither NumPy nor pandas, so that `ls` answers at once."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom optbench.run_store import find_runs\n"
        "print(len(find_runs(['runs'], Path('runs'))[0]), sorted({'numpy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=runs.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4 []"


def test_numbers_changed_at_equal_size_are_not_believed(runs):
    """The documents that are compared are verified by digest, not by size alone."""
    records, _ = find_runs([str(runs)], runs)
    paths = RunPaths(Path(records[0].folder))
    paths.metrics.write_text(paths.metrics.read_text().replace("0.5", "0.9"))
    found, notes = said(find_runs([str(runs)], runs))
    assert len(found) == len(records) - 1
    assert any("metrics.json has changed since the run finished" in note for note in notes)


def test_the_same_run_with_other_numbers_is_an_alarm(tmp_path, make_run, seal_run):
    """A repetition whose digests differ is no repetition: the note says what that means."""
    make_run(tmp_path)
    again = make_run(tmp_path, suffix="-again2")
    write_json(again.digests, {"schema_version": 1, "order": ["a", "other"]})
    seal_run(again, key="01" * 32)
    found, notes = said(find_runs([str(tmp_path)], tmp_path))
    assert len(found) == 1
    assert any(note.startswith("WARNING") and "did not give the same numbers" in note for note in notes)


def test_a_manifest_of_something_else_is_no_run(tmp_path, make_run):
    """Foreign folders are noted and passed over, whatever they call their files."""
    make_run(tmp_path)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "MANIFEST.json").write_text('{"hello": 1}')
    folders, notes = said(find_folders([str(tmp_path)], tmp_path))
    assert [folder.name for folder in folders] == ["wine-s0-01010101"]
    assert any("web is not a run folder" in note for note in notes)
