"""The real commands with every sentence replaced by its code: the same keys, digests and bytes, the same decisions."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from selection import mostly_long

from optbench.run_store import RunPaths
from optbench.words import CODES, VARIABLE

pytestmark = [pytest.mark.tensorflow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[1]
TABLE = "id,size,note,kind,y\n" + "".join(
    f"{i},{'' if i == 5 else i * 7 % 11}.5,the size of number {i} is told here,same,{'ab'[i % 2]}\n" for i in range(80)
)
EXPERIMENTS = {
    "classes": "dataset: {name: csv, path: table.csv, target: y}\nmodel: {name: mlp, hidden_units: [4], dropout: 0.2}\n"
    "optimizer: {name: adam}\ntraining: {epochs: 3, early_stopping: {monitor: val_loss, patience: 1}}\n",
    "numbers": "task: regression\ndataset: {name: diabetes}\nmodel: {name: mlp, hidden_units: [8]}\n"
    "optimizer: {name: rmsprop}\ntraining: {epochs: 3, diagnostics: true}\n",
    "diverges": "task: regression\ndataset: {name: diabetes}\nmodel: {name: linear}\n"
    "optimizer: {name: sgd, learning_rate: 1.0e+30}\ntraining: {epochs: 5}\n",
    "averages": "dataset: {name: wine}\nmodel: {name: logistic}\noptimizer: {name: adam, use_ema: true}\n"
    "training: {epochs: 2}\n",
}
STUDY = """\
experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}
optimizers: [sgd, adam]
tuning: {points: 2}
confirmation: {seeds: 2}
splits: 2
"""
# Tests that compare digests, keys and bytes: they need no sentence, so they pass in a language of codes, too.
TESTS = (
    "tests/test_frozen_keys.py",
    "tests/config/test_key.py",
    "tests/test_array_digests.py",
    "tests/test_random_streams.py",
    "tests/datasets/test_large_tables.py",
    "tests/test_kills.py",
    "tests/test_identity.py",
    "tests/test_study_end_to_end.py",
    "tests/test_other_executor.py",
)
# Compared with something said to a person, for which `reproduce` has no other way to be asked.
BY_SENTENCE = "not reproduce and not pinned and not named"


def optbench(folder, language, *arguments):
    """Run a command in a process of its own that speaks the language; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "optbench", *arguments],
        cwd=folder,
        env={**os.environ, VARIABLE: language},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A folder of the same runs and study for each language; what `run` told programs and `validate` people."""
    folders, said = {}, {}
    for language in ("en", CODES):
        folder = folders[language] = tmp_path_factory.mktemp(language)
        (folder / "table.csv").write_text(TABLE)
        for name, text in EXPERIMENTS.items():
            (folder / f"{name}.yaml").write_text(f"name: {name}\n{text}")
        (folder / "trial.yaml").write_text(STUDY)
        files = [f"{name}.yaml" for name in EXPERIMENTS]
        done = optbench(folder, language, "run", *files, "--runs-dir", "runs", "-j", "2", "--json")
        runs = sorted(json.loads(done.stdout)["runs"], key=lambda run: run["run"])
        said[language] = (runs, optbench(folder, language, "validate", files[0]).stdout)
        optbench(folder, language, "study", "trial.yaml", "--runs-dir", "studies", "-j", "2")
    return folders, said


def run_folders(folder):
    return {path.name: RunPaths(path) for path in sorted((folder / "runs").iterdir())}


@pytest.mark.ci
def test_runs_have_the_same_keys_and_identity_files(spoken):
    """Classes and numbers, early stopping, diagnostics, a divergence: every identity file, byte for byte."""
    english, coded = (run_folders(spoken[0][language]) for language in ("en", CODES))
    assert list(english) == list(coded)
    assert len(english) == len(EXPERIMENTS)
    compared = 0
    for name, paths in english.items():
        for file, path in paths.identity_files.items():
            other = coded[name].identity_files[file]
            assert path.exists() == other.exists(), (name, file)
            if path.exists():
                assert path.read_bytes() == other.read_bytes(), (name, file)
                compared += 1
        environments = [json.loads(one.environment.read_text()) for one in (paths, coded[name])]
        assert environments[0]["notes"] == environments[1]["notes"]
        assert environments[0]["reason"] == environments[1]["reason"]
    assert compared > 30


@pytest.mark.ci
def test_what_programs_read_of_runs_is_the_same(spoken):
    """But for clock times; people read codes alone."""
    (english, words), (coded, codes) = (spoken[1][language] for language in ("en", CODES))
    for one, other in zip(english, coded, strict=True):
        assert {**one, "training_seconds": 0} == {**other, "training_seconds": 0}
    assert {run["finding"]["code"] for run in english if run["finding"]} == {"training-loss-not-finite"}
    assert "is left out" in words
    assert "is left out" not in codes
    assert "data-column-left-out" in codes


@pytest.mark.ci
def test_a_study_decides_the_same(spoken):
    """Plan, results and verdict for programs, sentences included: those are English always."""
    documents, tables = [], []
    for language in ("en", CODES):
        (study,) = (spoken[0][language] / "studies").iterdir()
        verdict = json.loads((study / "verdict.json").read_text())
        for one in verdict["optimizers"]:
            assert one.pop("training_seconds") > 0
        documents.append(verdict)
        with (study / "results.csv").open() as file:
            tables.append(
                [(study / "plan.csv").read_bytes(), *({**row, "seconds": ""} for row in csv.DictReader(file))]
            )
        runs = sorted(path.parent for path in study.glob("*/metrics.json"))
        tables[-1] += [(run.name, (run / "metrics.json").read_bytes()) for run in runs]
    assert documents[0] == documents[1]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 10


@pytest.mark.parametrize("file", mostly_long(TESTS, short=(), ci=TESTS[:4]))
def test_tests_of_keys_digests_and_bytes_pass_in_codes(file, tmp_path):
    """In a process of their own, without what takes long."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", file, "-k", BY_SENTENCE],
        cwd=ROOT,
        env={**os.environ, VARIABLE: CODES, "PYTEST_DEBUG_TEMPROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
