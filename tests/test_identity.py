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
from selection import mostly_long

from optbench.cli import main
from optbench.run_store import RunPaths, verify_manifest
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
def finished(config, warm_workers):
    """The run in a warm worker, on its own; two threads, since it is a CNN."""
    (folder,) = trained([config], config.parent / "runs", warm_workers)
    return RunPaths(folder)


def trained(configs, runs_dir, workers, **options):
    """Train in workers forked for this process; returns the folders."""
    options = RunOptions(tuple(configs), runs_dir=runs_dir, quiet=True, **options)
    ends = run_experiments(options, say=lambda _sentence: None, executor_for=workers.executor_for)
    return [end.planned.paths.folder for end in ends]


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


@pytest.mark.long
@pytest.mark.ci
def test_a_cold_process_has_the_bytes_of_a_warm_worker(config, finished, tmp_path):
    """A staged folder, finished by hand with `python -m optbench.worker`, is the folder the command makes."""
    options = RunOptions((config,), runs_dir=tmp_path / "runs", quiet=True)
    interrupted = FakeExecutor({"adam": ["interrupted"]})
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_arguments: interrupted)
    paths = end.planned.paths
    subprocess.run([sys.executable, "-m", "optbench.worker", paths.folder], check=True, capture_output=True)
    assert_same(finished, paths)


@pytest.mark.ci
@pytest.mark.long
def test_the_second_run_of_a_command_has_the_bytes_of_the_first(config, finished, tmp_path):
    """Between other seeds, in another order and two at a time, a run of a command is what it is alone."""
    done = optbench("run", config, "--seeds", "2,1,0", "-j", 2, "--runs-dir", tmp_path / "runs", "--json")
    folders = {Path(run["folder"]).name: Path(run["folder"]) for run in json.loads(done.stdout)["runs"]}
    assert len(folders) == 3
    assert_same(finished, RunPaths(folders[finished.folder.name]))


@pytest.mark.ci
@pytest.mark.long
def test_several_devices_are_as_exact(config, warm_workers, tmp_path):
    """Two runs over two logical devices have the same bytes, dropout included."""
    several = tmp_path / "several.yaml"
    several.write_text(config.read_text().replace("epochs: 2", "epochs: 2, devices: 2, batch_size: 101"))
    (first,), (second,) = (trained([several], tmp_path / name, warm_workers) for name in ("first", "second"))
    assert_same(RunPaths(first), RunPaths(second))


@pytest.mark.ci
@pytest.mark.long
@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_other_engines_are_as_exact(engine, warm_workers, tmp_path):
    """Beside other seeds, weight decays and processes a run has the bytes it has alone."""
    config = tmp_path / "adamw.yaml"
    config.write_text(
        "name: adamw\ndataset: {name: wine}\nmodel: {name: mlp, hidden_units: [16], dropout: 0.2}\n"
        "optimizer: {name: adamw, weight_decay: 0.1}\n"
        f"training: {{epochs: 3, engine: {engine}}}\nreport: {{figures: false}}\n"
    )
    other = tmp_path / "other.yaml"
    other.write_text(config.read_text().replace("weight_decay: 0.1", "weight_decay: 0.9"))
    (alone,) = trained([config], tmp_path / "alone", warm_workers)
    folders = trained([other, config], tmp_path / "runs", warm_workers, seeds=(1, 0), jobs=2)
    (same,) = (folder for folder in folders if folder.name == alone.name)
    assert len(folders) == 4
    assert_same(RunPaths(alone), RunPaths(same))


@pytest.mark.long
@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_other_engines_reproduce(engine, warm_workers, tmp_path):
    """`reproduce` says of their runs too that they are bit-identical."""
    config = tmp_path / "adamw.yaml"
    config.write_text(EXPERIMENT.replace("epochs: 2", f"epochs: 2, engine: {engine}").replace("digits", "wine"))
    config.write_text(config.read_text().replace("cnn, filters: [8, 16], h", "mlp, h"))
    (folder,) = trained([config], tmp_path / "runs", warm_workers)
    assert "bit-identical" in optbench("reproduce", folder).stdout


PINNED = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}


@pytest.mark.parametrize(
    "variables",
    mostly_long([PINNED, *({name: PINNED[name]} for name in PINNED)], short=[], ci=[PINNED]),
    ids=" ".join,
)
def test_what_is_pinned_cannot_be_changed_from_outside(finished, variables):
    """Variables that change the bits of a plain Keras script change nothing here."""
    done = optbench("reproduce", finished.folder, **variables)
    assert "bit-identical" in done.stdout
    assert "may not be the same" not in done.stderr


@pytest.mark.long
@pytest.mark.ci
def test_what_cannot_be_pinned_is_named(finished):
    """Other instructions stand for another processor: exit 5, the first rung, that fact alone, and how far apart."""
    done = optbench("reproduce", finished.folder, "--json", code=5, ONEDNN_MAX_CPU_ISA="SSE41")
    found = json.loads(done.stdout)
    assert found["first_difference"] == "weights of epoch 1"
    assert {sentence.split(" differs")[0] for sentence in found["could_explain"]} == {
        "software.onednn_max_cpu_isa",
        "variables.ONEDNN_MAX_CPU_ISA",
    }
    assert 0 < found["largest_difference"]["predictions"] < 0.1
    assert "may not be the same here: variables.ONEDNN_MAX_CPU_ISA" in done.stderr


@pytest.mark.parametrize("number", mostly_long([2, 3, 8], short=[], ci=[2, 3]))
def test_one_run_started_several_times_at_once(number, config, finished, tmp_path, capsys):
    """One process trains, the others wait; all end well with one intact folder; readers never see half a run."""
    runs_dir = tmp_path / "runs"
    command = [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", str(runs_dir), "--json", "-j", "1"]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(number)
    ]
    while any(process.poll() is None for process in processes):
        for reader in (["ls", f"{runs_dir}", "--json"], ["compare", f"{runs_dir}/*", "--format", "json"]):
            with pytest.raises(SystemExit) as ended:
                main(reader)
            assert ended.value.code in (None, 0, 4), capsys.readouterr().err
        time.sleep(0.2)
    told = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * number, [err for _, err in told]
    outcomes = [json.loads(out)["runs"][0]["outcome"] for out, _ in told]
    assert sorted(outcomes) == ["completed", *["skipped"] * (number - 1)]
    (folder,) = runs_dir.iterdir()
    assert_same(finished, RunPaths(folder))
