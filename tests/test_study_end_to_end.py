"""The real `optbench study` command: killed and called again, a crippled optimizer, the same optimizer twice."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from optbench.runner.init import starter_for_table
from optbench.runner.reproduce import reproduce
from optbench.study.markdown import clock_heading
from optbench.study.run import StudyOptions, run_study

pytestmark = pytest.mark.tensorflow

STUDY = """\
experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}
optimizers: [sgd, adam]
tuning: {points: 2}
"""
ON_SPLITS = "confirmation: {seeds: 2}\n"  # seed i on split i
AND_ON_ONE = "confirmation: {seeds: 2, on_one_split: 5}\n"
BESIDE_OTHERS = "confirmation: {seeds: 2}\nsplits: 2\n"
CRIPPLED = """\
experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [16]}, training: {epochs: 10}}
optimizers:
  - {label: adam, name: adam, learning_rate: 0.03}
  - {label: adam-again, name: adam, learning_rate: 0.03}
  - {label: adam-nearly, name: adam, learning_rate: 0.03, epsilon: 1.0e-8}
  - {label: crippled, name: adam, learning_rate: 1e-6}
baseline: adam
confirmation: {seeds: 7}
"""
SMALLER = {
    "optimizers: [sgd, rmsprop, adam, adamw]": "optimizers: [sgd, adam]",
    "points: 7, seeds: 2": "points: 2, seeds: 1",
    "confirmation: {seeds: 10}": "confirmation: {seeds: 2}",
    "hidden_units: [64, 32]": "hidden_units: [4]",
    "epochs: 10": "epochs: 2",
    "stratify: true, seed: 0}": "stratify: true, seed: 0, group: kunde}",
}
LONGEST = 300.0


def command(file, runs_dir):
    return [sys.executable, "-m", "optbench", "study", str(file), "--runs-dir", str(runs_dir), "-j", "2", "--json"]


def completed(file, runs_dir):
    """Run the command to its end; returns the study's folder."""
    done = subprocess.run(command(file, runs_dir), capture_output=True, text=True, check=False, timeout=LONGEST)
    assert done.returncode == 0, done.stderr
    (folder,) = runs_dir.iterdir()
    assert json.loads(done.stdout) == json.loads((folder / "verdict.json").read_text())
    return folder


def killed(file, runs_dir, *, runs):
    """Start the command, and kill it with its children as soon as so many runs are finished."""
    process = subprocess.Popen(
        command(file, runs_dir), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + LONGEST
    while len(list(runs_dir.glob("*/*/MANIFEST.json"))) < runs and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def content(folder):
    """Return the outputs without what a clock wrote into them."""
    verdict = json.loads((folder / "verdict.json").read_text())
    for one in verdict["optimizers"]:
        assert one.pop("training_seconds") > 0
    with (folder / "results.csv").open() as file:
        results = [{**row, "seconds": ""} for row in csv.DictReader(file)]
    return {
        "verdict.json": json.dumps(verdict),
        "verdict.md": (folder / "verdict.md").read_text().partition(clock_heading())[0],
        "results.csv": results,
        "plan.csv": (folder / "plan.csv").read_bytes(),
    }


@pytest.mark.parametrize(
    ("confirmation", "points"),
    [
        pytest.param(ON_SPLITS, (10,), marks=[pytest.mark.long, pytest.mark.ci]),
        pytest.param(AND_ON_ONE, (3, 13, 21), marks=pytest.mark.long),
        pytest.param(BESIDE_OTHERS, (3, 10, 17), marks=pytest.mark.long),
    ],
    ids=["splits of their own", "seeds on one split", "other splits"],
)
def test_a_study_that_is_killed_ends_like_one_that_was_not(tmp_path, confirmation, points, warm_workers):
    """In tuning, in confirmation, on other splits: the same bytes but for training_seconds and the page's last part."""
    file = tmp_path / "trial.yaml"
    file.write_text(STUDY + confirmation)
    options = StudyOptions(file, runs_dir=tmp_path / "straight", quiet=True, jobs=2)
    straight = run_study(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for).plan.paths.folder
    kills = [killed(file, tmp_path / "killed", runs=runs) for runs in points]
    resumed = completed(file, tmp_path / "killed")
    assert kills[0]
    assert content(resumed) == content(straight)


@pytest.mark.long
@pytest.mark.ci
def test_a_table_comes_to_a_verdict_by_what_init_writes(tmp_path, warm_workers):
    """File, 'init --study', 'study', verdict, 'reproduce', in a row: a table with numbers, dates, categories and texts.

    Here with fewer runs, and with whole groups on one side.
    """
    words = ["gut", "schlecht", "langsam", "schnell", "freundlich", "defekt", "erstattet", "sauber"]
    texts = [" ".join(words[n * k % 7] for k in range(1, 7)) + f" {n}" for n in range(300)]
    rows = "".join(
        f"k{n % 30};{n * 7 % 11}.5;{'Straße' if n % 3 else 'Weg'};{1 + n % 28}.{1 + n % 12}.2019;{texts[n]};"
        f"{'ja' if n % 4 else 'nein'}\n"
        for n in range(300)
    )
    (tmp_path / "bank.csv").write_bytes(f"kunde;größe;ort;seit;notiz;y\n{rows}".encode("cp1252"))
    written, _ = starter_for_table(tmp_path / "bank.csv", None, study=True)
    assert "features: {notiz: text, seit: date}" in written
    for full, small in SMALLER.items():
        assert full in written
        written = written.replace(full, small)
    file = tmp_path / "study.yaml"
    file.write_text(written)
    options = StudyOptions(file, runs_dir=tmp_path / "runs", quiet=True, jobs=2)
    end = run_study(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for)
    folder = end.plan.paths.folder
    document = json.loads((folder / "verdict.json").read_text())
    assert document["verdict"]
    assert {one["optimizer"] for one in document["optimizers"]} >= {"sgd", "adam"}
    again = reproduce(
        str(next(folder.glob("adam-s1000-*"))),
        runs_dir=tmp_path / "runs",
        data_dir=tmp_path,
        say=lambda _sentence: None,
        executor_for=warm_workers.executor_for,
    )
    assert again.is_identical


@pytest.mark.long
def test_the_same_command_again_changes_no_byte(tmp_path):
    """Nothing is trained, nothing is written."""
    file = tmp_path / "trial.yaml"
    file.write_text(STUDY + ON_SPLITS)
    folder = completed(file, tmp_path / "runs")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    completed(file, tmp_path / "runs")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.long
@pytest.mark.ci
def test_a_crippled_optimizer_loses_and_the_same_one_twice_does_not(tmp_path, warm_workers):
    """Real training: one algorithm twice is told, not tested; a twin is tested and wins nothing; no rate, no win."""
    file = tmp_path / "crippled.yaml"
    file.write_text(CRIPPLED)
    options = StudyOptions(file, runs_dir=tmp_path / "runs", quiet=True, jobs=2)
    end = run_study(
        options, say=lambda _sentence: None, executor_for=warm_workers.executor_for, page_of=lambda _study: "a page"
    )
    document = json.loads(end.plan.paths.verdict_json.read_text())
    pairs = {frozenset((pair["a"], pair["b"])): pair for pair in document["pairs"]}
    same = pairs[frozenset(("adam", "adam-again"))]
    assert (same["differences"], same["decision"], same["p"]) == ([0.0] * 7, "undecided", None)
    told = [one["values"]["labels"] for one in document["findings"] if one["code"] == "comparison-same-algorithm"]
    assert told == [["adam", "adam-again"]]
    twin, crippled = (pairs[frozenset(("adam", label))] for label in ("adam-nearly", "crippled"))
    assert twin["p"] is not None
    assert twin["decision"] in ("equivalent", "undecided")
    assert crippled["decision"] == ("a_better" if crippled["a"] == "adam" else "b_better")
    first = " ".join(end.plan.paths.verdict_text.read_text().split()[:120])
    assert "Take adam" in first
    assert document["recommended"]["learning_rate"] == 0.03
    assert "What that risks" in first
