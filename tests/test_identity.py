"""The same bytes however a run is executed, and by how many at once; `reproduce` notices what cannot be pinned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_training import FakeExecutor
from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths, verify_manifest
from optbench.runner import run as run_module
from optbench.runner.run import RunOptions, run_experiments

pytestmark = pytest.mark.tensorflow

EXPERIMENT = """\
name: cnn
dataset: {name: digits}
model: {name: cnn, filters: [8, 16], hidden_units: [16], dropout: 0.2}
optimizer: {name: adam}
training: {epochs: 2}
report: {figures: false}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("identity") / "cnn.yaml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture(scope="module")
def finished(config):
    """The run as the command makes it, in a warm worker; two threads, since it is a CNN."""
    done = optbench("run", config, "--runs-dir", config.parent / "runs", "--json")
    (run,) = json.loads(done.stdout)["runs"]
    return RunPaths(Path(run["folder"]))


def optbench(*arguments, code=0, **variables):
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "optbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **variables},
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def assert_same(first: RunPaths, second: RunPaths):
    assert verify_manifest(second, deep=True) == []
    for name in IDENTITY_FILES:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def test_a_cold_process_has_the_bytes_of_a_warm_worker(config, finished, tmp_path, monkeypatch):
    """A staged folder, finished by hand with `python -m optbench.worker`, is the folder the command makes."""
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "make_executor", lambda *_arguments: FakeExecutor({"adam": ["interrupted"]}))
        options = RunOptions((config,), runs_dir=tmp_path / "runs", quiet=True)
        (end,) = run_experiments(options, say=lambda _sentence: None)
    paths = end.planned.paths
    subprocess.run([sys.executable, "-m", "optbench.worker", paths.folder], check=True, capture_output=True)
    assert_same(finished, paths)


def test_the_second_run_of_a_command_has_the_bytes_of_the_first(config, finished, tmp_path):
    """Between other seeds, in another order and two at a time, a run is what it is alone."""
    done = optbench("run", config, "--seeds", "2,1,0", "-j", 2, "--runs-dir", tmp_path / "runs", "--json")
    folders = {Path(run["folder"]).name: Path(run["folder"]) for run in json.loads(done.stdout)["runs"]}
    assert len(folders) == 3
    assert_same(finished, RunPaths(folders[finished.folder.name]))


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_other_engines_are_as_exact(engine, tmp_path):
    """Beside other seeds, weight decays and processes a run has the bytes it has alone, and it reproduces."""
    config = tmp_path / "adamw.yaml"
    config.write_text(
        "name: adamw\ndataset: {name: wine}\nmodel: {name: mlp, hidden_units: [16], dropout: 0.2}\n"
        "optimizer: {name: adamw, weight_decay: 0.1}\n"
        f"training: {{epochs: 3, engine: {engine}}}\nreport: {{figures: false}}\n"
    )
    other = tmp_path / "other.yaml"
    other.write_text(config.read_text().replace("weight_decay: 0.1", "weight_decay: 0.9"))
    done = optbench("run", config, "--runs-dir", tmp_path / "alone", "--json")
    (alone,) = json.loads(done.stdout)["runs"]
    options = ("--seeds", "2,1,0", "-j", 2, "--runs-dir", tmp_path / "runs", "--json")
    folders = [Path(run["folder"]) for run in json.loads(optbench("run", other, config, *options).stdout)["runs"]]
    (same,) = (folder for folder in folders if folder.name == Path(alone["folder"]).name)
    assert len(folders) == 6
    assert_same(RunPaths(Path(alone["folder"])), RunPaths(same))
    assert "bit-identical" in optbench("reproduce", same).stdout


@pytest.mark.parametrize(
    "variable", ["TF_NUM_INTRAOP_THREADS=1", "TF_NUM_INTEROP_THREADS=1", "TF_ENABLE_ONEDNN_OPTS=0"]
)
def test_what_is_pinned_cannot_be_changed_from_outside(finished, variable):
    """Variables that change the bits of a plain Keras script change nothing here."""
    name, _, value = variable.partition("=")
    done = optbench("reproduce", finished.folder, **{name: value})
    assert "bit-identical" in done.stdout
    assert "may not be the same" not in done.stderr


def test_what_cannot_be_pinned_is_named(finished):
    """Other instructions stand for another processor: exit 5, the first rung, that fact alone, and how far apart."""
    done = optbench("reproduce", finished.folder, "--json", code=5, ONEDNN_MAX_CPU_ISA="AVX2")
    found = json.loads(done.stdout)
    assert found["first_difference"] == "weights of epoch 1"
    assert {sentence.split(" differs")[0] for sentence in found["could_explain"]} == {
        "software.onednn_max_cpu_isa",
        "variables.ONEDNN_MAX_CPU_ISA",
    }
    assert 0 < found["largest_difference"]["predictions"] < 0.1
    assert "may not be the same here: variables.ONEDNN_MAX_CPU_ISA" in done.stderr


def test_one_run_started_eight_times_at_once(config, finished, tmp_path):
    """One process trains, the others wait; all end well with one intact folder; readers never see half a run."""
    runs_dir = tmp_path / "runs"
    command = [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", str(runs_dir), "--json", "-j", "1"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    while any(process.poll() is None for process in processes):
        for reader in (["ls", runs_dir, "--json"], ["compare", f"{runs_dir}/*", "--format", "json"]):
            done = subprocess.run(
                [sys.executable, "-m", "optbench", *map(str, reader)], capture_output=True, check=False
            )
            assert done.returncode in (0, 4), done.stderr
            assert b"Traceback" not in done.stderr
        time.sleep(0.2)
    told = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, [err for _, err in told]
    outcomes = [json.loads(out)["runs"][0]["outcome"] for out, _ in told]
    assert sorted(outcomes) == ["completed", *["skipped"] * 7]
    (folder,) = runs_dir.iterdir()
    assert_same(finished, RunPaths(folder))
