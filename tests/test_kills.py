"""Real training, killed at random moments and after checkpoints, and resumed: the bytes of an undisturbed run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from identity_files import IDENTITY_FILES
from selection import mostly_long

from optbench.run_store import RunPaths, verify_manifest
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.messages import EpochEnded, news_of

pytestmark = pytest.mark.tensorflow

LONGEST_WAIT = 0.8  # seconds between two kills; building takes half a second, training one to three
EXPERIMENTS = {
    "dropout, batch norm, adam": """\
name: mlp
dataset: {name: digits}
model: {name: mlp, hidden_units: [32, 16], dropout: 0.3, batch_normalization: true}
optimizer: {name: adam}
training: {epochs: 25}
report: {figures: false}
""",
    "cnn, sgd with momentum": """\
name: cnn
dataset: {name: digits}
model: {name: cnn, filters: [8], hidden_units: [16], dropout: 0.2}
optimizer: {name: sgd, momentum: 0.9}
training: {epochs: 12, threads: 1}
report: {figures: false}
""",
    "adamw, schedule, early stopping": """\
name: adamw
dataset: {name: digits}
model: {name: layers, layers: [Flatten: , {GaussianNoise: {stddev: 0.3}}, {Dense: {units: 32, activation: relu}}]}
optimizer:
  name: adamw
  use_ema: true
  learning_rate: {schedule: cosine_decay, initial_learning_rate: 0.02, decay_steps: 800}
training:
  epochs: 40
  early_stopping: {monitor: val_loss, patience: 6, restore_best: true}
report: {figures: false}
""",
    "gru, engine xla": """\
name: gru
dataset: {name: sequence_parity, length: 8, rows: 500}
model: {name: rnn, cell: gru, recurrent_units: [16], dropout: 0.2}
optimizer: {name: adam, learning_rate: 0.01}
training: {epochs: 60, engine: xla}
report: {figures: false}
""",
    "engine keras": """\
name: keras
dataset: {name: wine}
model: {name: mlp, hidden_units: [16], dropout: 0.2}
optimizer: {name: lion, learning_rate: 0.001}
training: {epochs: 15, engine: keras}
report: {figures: false}
""",
    "regression with diagnostics": """\
name: numbers
task: regression
dataset: {name: friedman1, rows: 1000}
model: {name: mlp, hidden_units: [32], dropout: 0.1}
optimizer: {name: rmsprop, centered: true}
training: {epochs: 40, diagnostics: true}
report: {figures: false}
""",
}
OF_OTHER_KINDS = ("residuals.csv", "diagnostics.csv")
AT_RANDOM = ("dropout, batch norm, adam", "regression with diagnostics")


@pytest.fixture(scope="module")
def undisturbed(request, tmp_path_factory, warm_workers):
    """An experiment file, and the folder of its run when nothing happens to it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    config = folder / "experiment.yaml"
    config.write_text(EXPERIMENTS[request.param])
    return config, trained(config, folder / "runs", warm_workers.executor_for)


def trained(config, runs_dir, executor_for, **options):
    """Train in workers forked for this process; returns the finished folder's paths."""
    options = RunOptions((config,), runs_dir=runs_dir, jobs=1, quiet=True, **options)
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=executor_for)
    assert end.outcome == "completed", (end.kind, end.reason)
    return end.planned.paths


def assert_same(first: RunPaths, second: RunPaths):
    """Both are intact, and every identity file has the same bytes."""
    assert verify_manifest(second, deep=True) == []
    names = [name for name in (*IDENTITY_FILES, *OF_OTHER_KINDS) if (first.folder / name).exists()]
    assert len(names) >= 8
    for name in names:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def kill_all(processes) -> int:
    """Kill processes; returns how many there were left to kill."""
    killed = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            killed += 1
    return killed


class Killer(threading.Thread):
    """Kills the worker that trains, after random times, until it has done so often enough."""

    def __init__(self, runs_dir: Path, workers, *, kills: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._runs_dir, self._workers, self._most = runs_dir, workers, kills
        self._random = random.Random(seed)
        self._done = threading.Event()
        self.kills = 0

    def run(self):
        while not list(self._runs_dir.rglob("job.json")) and not self._done.is_set():
            time.sleep(0.01)  # trying the model out is not what is tested
        while self.kills < self._most and not self._done.wait(self._random.uniform(0.02, LONGEST_WAIT)):
            self.kills += kill_all(self._workers.at_work())

    def stop(self):
        self._done.set()
        self.join()


def killed_at_random(undisturbed, workers, runs_dir, *, kills, seed):
    """Train with kills on the way; returns how many there were."""
    config, expected = undisturbed
    killer = Killer(runs_dir, workers, kills=kills, seed=seed)
    killer.start()
    try:
        paths = trained(config, runs_dir, workers.executor_for, retries=2 * kills)
    finally:
        killer.stop()
    assert_same(expected, paths)
    return killer.kills


@pytest.mark.parametrize("undisturbed", mostly_long(EXPERIMENTS, short=AT_RANDOM[:1], ci=AT_RANDOM[1:]), indirect=True)
def test_killed_at_random_times(undisturbed, warm_workers, tmp_path, record_property):
    """A chain of up to three kills ends with the same bytes."""
    kills = killed_at_random(undisturbed, warm_workers, tmp_path / "runs", kills=3, seed=1)
    record_property("count", f"{kills} kills")
    assert kills >= 2


def killing_after_checkpoints(workers, runs_dir, killed, *, most):
    """Make executors whose worker is killed, at most so often, at the first epoch that it reports after a checkpoint.

    `killed` gets the name of the checkpoint that the next worker has to go on from.
    """

    def executor_for(options, experiments):
        executor = workers.executor_for(options, experiments)
        execute = executor.execute

        def with_kills(tasks, *, on_event, **options):
            def kill_if_there_is_a_new_checkpoint(name, event):
                on_event(name, event)
                newest = max((path.name for path in runs_dir.rglob("ckpt-*.npz")), default="")
                if isinstance(news_of(event), EpochEnded) and newest > max(killed, default="") and len(killed) < most:
                    kill_all(workers.at_work())
                    killed.append(newest)

            return execute(tasks, on_event=kill_if_there_is_a_new_checkpoint, **options)

        executor.execute = with_kills
        return executor

    return executor_for


@pytest.mark.parametrize(
    "undisturbed",
    mostly_long(
        EXPERIMENTS,
        short=["cnn, sgd with momentum"],
        ci=["adamw, schedule, early stopping", "gru, engine xla", "engine keras"],
    ),
    indirect=True,
)
def test_killed_after_checkpoints(undisturbed, warm_workers, tmp_path, record_property):
    """Killed at an epoch's end, twice if the training is long enough for it, and gone on with each time."""
    config, expected = undisturbed
    killed: list[str] = []
    executor_for = killing_after_checkpoints(warm_workers, tmp_path / "runs", killed, most=2)
    paths = trained(config, tmp_path / "runs", executor_for, retries=2)
    record_property("count", f"{len(killed)} kills")
    assert_same(expected, paths)
    assert killed
    assert paths.log.read_text().count("goes on after epoch") == len(killed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("undisturbed", EXPERIMENTS, indirect=True)
def test_killed_a_hundred_times(undisturbed, warm_workers, tmp_path, seed):
    """The same, at many more moments."""
    assert killed_at_random(undisturbed, warm_workers, tmp_path / "runs", kills=5, seed=seed) > 0


@pytest.mark.parametrize(
    ("name", "kills"),
    mostly_long(
        [("regression with diagnostics", 1), ("dropout, batch norm, adam", 2)],
        short=[],
        ci=[("regression with diagnostics", 1)],
    ),
)
def test_the_whole_command_killed(name, kills, warm_workers, tmp_path):
    """`kill -9` of the command and all its children; the same command again ends with the same bytes."""
    config = tmp_path / "experiment.yaml"
    config.write_text(EXPERIMENTS[name].replace("epochs: 25", "epochs: 100").replace("epochs: 40", "epochs: 200"))
    expected = trained(config, tmp_path / "undisturbed", warm_workers.executor_for)
    runs_dir = tmp_path / "runs"
    command = [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", str(runs_dir), "-q"]
    for _ in range(kills):
        process = subprocess.Popen(
            command, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        checkpoints = len(list(runs_dir.rglob("ckpt-*.npz")))
        deadline = time.monotonic() + 60
        while len(list(runs_dir.rglob("ckpt-*.npz"))) <= min(checkpoints, 1) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run([*command[:-1], "--explain"], capture_output=True, text=True, check=True)
    assert "resumes" in done.stdout
    subprocess.run(command, check=True, capture_output=True)
    (folder,) = runs_dir.iterdir()
    assert_same(expected, RunPaths(folder))


@pytest.mark.long
def test_a_suspended_command_changes_nothing_any_more(tmp_path, warm_workers):
    """The command and its children are stopped, another one takes the run over and finishes it; the first goes on."""
    config = tmp_path / "experiment.yaml"
    config.write_text(EXPERIMENTS["dropout, batch norm, adam"].replace("epochs: 25", "epochs: 200"))
    expected = trained(config, tmp_path / "undisturbed", warm_workers.executor_for)
    runs_dir = tmp_path / "runs"
    command = [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", str(runs_dir), "--json", "-q"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(runs_dir.rglob("ckpt-*.npz")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGSTOP)
        paths = trained(config, runs_dir, warm_workers.executor_for, take_over=True)
        before = {path: path.read_bytes() for path in paths.folder.rglob("*") if path.is_file()}
        os.killpg(process.pid, signal.SIGCONT)
        (row,) = json.loads(process.communicate(timeout=60)[0])["runs"]
    assert (process.returncode, row["outcome"]) == (0, "completed")  # as the other one has finished it
    assert_same(expected, paths)
    assert {path: path.read_bytes() for path in paths.folder.rglob("*") if path.is_file()} == before
