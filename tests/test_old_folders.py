"""Folders that the first release wrote: today's commands read, check, draw, reproduce, resume and skip them.

The corpus is made from git, by the first release itself. tests/cli/test_older_folders.py is its quick companion.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import first_release
import pytest

from optbench.run_store import RunPaths, verify_manifest

pytestmark = [pytest.mark.long, pytest.mark.ci, pytest.mark.tensorflow]

CONFIGS = {
    "table": "dataset: {name: csv, path: table.csv, target: y}\nmodel: {name: mlp, hidden_units: [4]}\n"
    "optimizer: {name: adam, learning_rate: 0.01}\ntraining: {epochs: 3}\n",
    "table-sgd": "dataset: {name: csv, path: table.csv, target: y}\nmodel: {name: mlp, hidden_units: [4]}\n"
    "optimizer: {name: sgd}\ntraining: {epochs: 3}\n",
    "number": "task: regression\ndataset: {name: diabetes}\nmodel: {name: mlp, hidden_units: [4]}\n"
    "optimizer: {name: adam}\ntraining: {epochs: 3, diagnostics: true}\n",
    "diverged": "task: regression\ndataset: {name: diabetes}\nmodel: {name: mlp, hidden_units: [4]}\n"
    "optimizer: {name: sgd, learning_rate: 1e6}\ntraining: {epochs: 3}\n",
}
KILLED = (
    "name: killed\ndataset: {name: iris}\nmodel: {name: mlp, hidden_units: [4], dropout: 0.1}\n"
    "optimizer: {name: adam}\ntraining: {epochs: 60, engine: keras}\n"
)
STUDY = (
    "experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}\n"
    "optimizers: [sgd, adam]\ntuning: {points: 2, seeds: 1}\nconfirmation: {seeds: 2}\nsplits: 2\n"
)
SMALL = "model: {name: logistic}, training: {epochs: 2}"
STUDY_OF_TWO = (
    f"experiments: [{{dataset: {{name: iris}}, {SMALL}}}, {{dataset: {{name: wine}}, {SMALL}}}]\n"
    "optimizers: [adam]\ntuning: {points: 1, seeds: 1}\nconfirmation: {seeds: 1}\n"
)
FINISHED = [*CONFIGS]


@pytest.fixture(scope="module")
def corpus(first_release_tree, tmp_path_factory):
    """A folder with config files, and runs and studies as the first release wrote them; only to be read."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [f"{i % 7},{'?' if i % 11 == 0 else i % 5},{'abc'[i % 3]},{'yes' if i % 4 else 'no'}" for i in range(120)]
    (folder / "table.csv").write_text("\n".join(["p,q,r,y", *rows]) + "\n")
    for name, text in CONFIGS.items():
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    (folder / "killed.yaml").write_text(KILLED)
    (folder / "trial.yaml").write_text(STUDY)
    (folder / "two.yaml").write_text(STUDY_OF_TWO)
    assert first_release.where_imported(first_release_tree, folder) == first_release_tree / "src"
    files = [f"{name}.yaml" for name in CONFIGS]
    first_release.optbench(first_release_tree, "run", *files, "--runs-dir", "runs", "-j", "1", cwd=folder)
    for study, where in (("trial.yaml", "studies"), ("two.yaml", "studies-of-two")):
        first_release.optbench(first_release_tree, "study", study, "--runs-dir", where, "-j", "1", cwd=folder)
    _kill_after_a_checkpoint(first_release_tree, folder)
    return folder


def _kill_after_a_checkpoint(tree: Path, folder: Path) -> None:
    command = [*first_release.command_of(tree), "run", "killed.yaml", "--runs-dir", "runs", "-j", "1"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=first_release.environment_of(tree),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + first_release.LONGEST
    while not list(folder.glob("runs/killed-*/.state/ckpt-*.npz")):
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def copy(corpus, tmp_path):
    """The corpus, to be written into."""
    return Path(shutil.copytree(corpus, tmp_path / "copy"))


def today(folder: Path, *arguments: object, code: int = 0) -> str:
    """Run a command of today's optbench in a folder; what it prints, of one that fails what it complains of."""
    return first_release.optbench(first_release.ROOT, *arguments, cwd=folder, code=code)


def run_folder(folder: Path, name: str) -> Path:
    """Return the folder of the run of an experiment."""
    (found,) = (path for path in (folder / "runs").glob(f"{name}-s0-*"))
    return found


def test_they_are_listed_shown_and_checked(corpus):
    """Every run with its state and its metric; warnings as they were written; every byte as it was."""
    listed = {
        run["run"].rpartition("-s0-")[0]: run for run in json.loads(today(corpus, "ls", "runs", "--json"))["runs"]
    }
    assert {name: run["status"] for name, run in listed.items()} == {
        "table": "completed",
        "table-sgd": "completed",
        "number": "completed",
        "diverged": "diverged",
        "killed": "unfinished",
    }
    assert listed["table"]["test"]["accuracy"] == recorded(corpus, "table")["test"]["accuracy"]
    for name in FINISHED:
        text = today(corpus, "show", run_folder(corpus, name))
        assert all(sentence in text for sentence in recorded(corpus, name)["warnings"]), text
    assert recorded(corpus, "table")["warnings"]
    today(corpus, "check", *(run_folder(corpus, name) for name in FINISHED))


def recorded(folder: Path, name: str) -> dict:
    """Return metrics.json of the run of an experiment."""
    return json.loads((run_folder(folder, name) / "metrics.json").read_text())


def test_they_are_compared(corpus):
    """With each other, and nothing but the optimizer is found to differ."""
    folders = [run_folder(corpus, name) for name in ("table", "table-sgd")]
    document = json.loads(today(corpus, "compare", *folders, "--format", "json"))
    assert [one["n"] for one in document["optimizers"]] == [1, 1]
    assert {one["optimizer"] for one in document["optimizers"]} == {"adam", "sgd"}
    accuracies = sorted(recorded(corpus, name)["test"]["accuracy"] for name in ("table", "table-sgd"))
    assert sorted(one["mean"] for one in document["optimizers"]) == accuracies


def test_they_are_drawn_again(copy):
    """The page is made from what is stored, and the run stays finished."""
    folders = [run_folder(copy, name) for name in FINISHED if name != "diverged"]
    today(copy, "report", *folders)
    for folder in folders:
        paths = RunPaths(folder)
        assert paths.report_html.is_file()
        assert verify_manifest(paths, deep=True) == []


@pytest.mark.parametrize("name", ["table", "number"])
def test_they_are_reproduced(corpus, name):
    """Bit-identical; what metrics.json holds today beside the entries of before is said and does not count."""
    found = json.loads(today(corpus, "reproduce", run_folder(corpus, name), "--json"))
    assert (found["identical"], found["first_difference"]) == (True, None)
    older = found["older_metrics"]
    assert older is not None
    assert (older["entries_compared"], older["different"]) == (_entries(corpus, name), [])


def _entries(folder: Path, name: str) -> int:
    document = recorded(folder, name)
    return (
        sum(len(document[split]) for split in ("train", "validation", "test")) + 3
    )  # epochs_run, best_epoch, diverged


def test_finished_runs_are_skipped_and_an_unfinished_one_goes_on(copy, first_release_tree):
    """Their keys are those of before; the killed run goes on from its checkpoint and ends with the bytes of before."""
    straight = copy.parent / "straight"
    shutil.copytree(copy, straight)
    before = {path: path.stat().st_mtime_ns for path in copy.glob("runs/*/*") if "killed-" not in str(path)}
    files = [*(f"{name}.yaml" for name in CONFIGS), "killed.yaml"]
    done = json.loads(today(copy, "run", *files, "--runs-dir", "runs", "-j", "1", "--no-figures", "--json"))
    outcomes = {run["run"].rpartition("-s0-")[0]: run["outcome"] for run in done["runs"]}
    assert outcomes == {**dict.fromkeys(FINISHED, "skipped"), "killed": "completed"}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list((copy / "runs").glob("killed-*"))) == 1
    first_release.optbench(first_release_tree, "run", "killed.yaml", "--runs-dir", "runs", "--no-figures", cwd=straight)
    one, other = (json.loads((run_folder(where, "killed") / "digests.json").read_text()) for where in (copy, straight))
    assert {**one, "metrics": ""} == {**other, "metrics": ""}


def test_finished_studies_are_read(copy):
    """Every command tells of a finished study; what needs more than was kept says what brings it, and then works."""
    (study,) = (copy / "studies").iterdir()
    shown = json.loads(today(copy, "show", study, "--json"))
    verdict = json.loads((study / "verdict.json").read_text())
    assert (shown["status"], shown["verdict"]) == ("completed", verdict["verdict"])
    checked = json.loads(today(copy, "check", study, "--json"))
    runs = [path for path in study.iterdir() if path.is_dir()]
    assert {one["folder"] for one in checked["runs"]} == {str(study), *map(str, runs)}
    assert all(one["finished"] and not one["problems"] for one in checked["runs"])
    rows = json.loads(today(copy, "compare", study, "--format", "json"))["optimizers"]
    assert {row["optimizer"].split()[0] for row in rows} == {"adam", "sgd"}
    for command in ("report", "reproduce"):
        assert "'optbench study FILE' with its file once" in today(copy, command, study, code=1)
    today(copy, "study", "trial.yaml", "--runs-dir", "studies")
    for command in ("report", "reproduce", "check"):
        today(copy, command, study)


def times(paths):
    """When each file was changed last."""
    return {path: path.stat().st_mtime_ns for path in paths}


def test_a_finished_study_is_not_trained_again(copy):
    """The same command finds every run, trains none, and says so; no run folder is touched or added."""
    before = times(copy.glob("studies/*/*-s*/*"))
    verdict = json.loads(next(copy.glob("studies/*/verdict.json")).read_text())
    again = json.loads(today(copy, "study", "trial.yaml", "--runs-dir", "studies", "--json"))
    assert times(copy.glob("studies/*/*-s*/*")) == before
    assert {path.name for path in copy.glob("studies/*/*") if path.is_dir() and "-s" not in path.name} == {"verdicts"}
    assert len(list((copy / "studies").iterdir())) == 1
    kept = ("a", "b", "n", "differences", "ci_low", "ci_high", "p", "p_adjusted", "decision", "not_tested_because")
    assert [{name: pair[name] for name in kept} for pair in again["pairs"]] == [
        {name: pair[name] for name in kept} for pair in verdict["pairs"]
    ]
    assert len(json.loads(next(copy.glob("studies/*/study.json")).read_text())["openings"]) == 1
    assert not any(again["study"]["design"].values())
    assert "An earlier version of optbench began" in next(copy.glob("studies/*/verdict.md")).read_text()


def test_a_finished_study_of_two_problems_is_not_trained_again(copy):
    """Each problem keeps its split, its runs and its pairs."""
    (folder,) = (copy / "studies-of-two").iterdir()
    before = times(folder.glob("*-s*/*"))
    again = json.loads(today(copy, "study", "two.yaml", "--runs-dir", "studies-of-two", "--json"))
    assert times(folder.glob("*-s*/*")) == before
    assert list((copy / "studies-of-two").iterdir()) == [folder]
    assert [[(pair["a"], pair["b"]) for pair in one["pairs"]] for one in again["problems"]] == [
        [("adam", "adam-default")]
    ] * 2


def test_an_unfinished_study_goes_on_under_its_design(copy):
    """One confirmation run is missing, and its file asks for a seed more: that run, and a seed of each row."""
    (folder,) = copy.glob("studies/trial-*")
    shutil.rmtree(next(folder.glob("adam-default-s1001-*")))
    before = {path.name for path in folder.glob("*-s*")}
    (copy / "trial.yaml").write_text(STUDY.replace("confirmation: {seeds: 2}", "confirmation: {seeds: 3}"))
    today(copy, "study", "trial.yaml", "--runs-dir", "studies")
    trained = {path.name.rpartition("-")[0] for path in folder.glob("*-s*") if path.name not in before}
    of_new_seed = {f"{row}-s1002" for row in ("sgd", "adam", "sgd-default", "adam-default")}
    assert trained == {"adam-default-s1001", *of_new_seed}


def test_another_optimizer_begins_a_study_of_todays_design(corpus):
    """In a folder beside the old one; runs at the defaults have tuning seeds there, and what was trained counts."""
    (corpus / "more.yaml").write_text("name: trial\n" + STUDY.replace("[sgd, adam]", "[sgd, adam, nadam]"))
    found = json.loads(today(corpus, "study", "more.yaml", "--runs-dir", "studies", "--explain", "--json"))
    assert Path(found["folder"]).name not in {path.name for path in (corpus / "studies").iterdir()}
    of_new_row = sum(one["run"].startswith("nadam") for one in found["explained"])
    assert of_new_row <= found["left"] < found["runs"]
    tuning = {one["run"].rpartition("-s0-")[0] for one in found["explained"] if one["stage"] == "tuning"}
    assert tuning >= {"sgd-default", "adam-default", "nadam-default"}
