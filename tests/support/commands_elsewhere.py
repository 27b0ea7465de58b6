"""Commands that have their runs executed on a cluster, and what their runs are compared with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths, verify_manifest
from optbench.runner.run import RunOptions, run_experiments

# some seconds of training: jobs, workers, nodes and commands are killed in it
LONG = """\
name: long
dataset: {name: digits}
model: {name: python, function: "gated.py:build"}
optimizer: {name: adam}
training: {epochs: 700}
report: {figures: false}
"""
# workers come up at times that lie further apart than a fast machine takes to train: where one run is disturbed while
# another is trained, each tells that it has begun and waits for the gate. A command first builds the model for its plan
GATED = """\
import os
import time
from pathlib import Path

import keras

GATE = Path(__file__).parent / "gate"

def build(input_shape, num_classes):
    is_for_plan = not any(GATE.iterdir())
    (GATE / f"begun-{os.getpid()}").touch()
    while not is_for_plan and not (GATE / "open").exists():
        time.sleep(0.02)
    layers = keras.layers
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Flatten(),
        layers.Dense(32, "relu"),
        layers.Dropout(0.3),
        layers.Dense(16, "relu"),
        layers.Dropout(0.3),
        layers.Dense(num_classes, "softmax"),
    ])
"""


def long_experiment(folder: Path) -> Path:
    """Write the experiment whose runs are disturbed; its gate is open."""
    path = folder / "long.yaml"
    path.write_text(LONG)
    path.with_name("gated.py").write_text(GATED)
    gate = folder / "gate"
    gate.mkdir()
    (gate / "open").touch()
    return path


@contextmanager
def closed_gate(config: Path) -> Iterator[Path]:
    """Have every run that a command begins wait until this is left; a file is there for its plan and for each."""
    gate = config.with_name("gate")
    for path in gate.iterdir():
        path.unlink()
    try:
        yield gate
    finally:
        (gate / "open").touch()


def run_undisturbed(config: Path, runs_dir: Path, warm_workers, *, seeds: tuple[int, ...] = (0,)) -> Path:
    """Return the folder of the first run when nothing happens to it, on this machine; the others lie beside it."""
    options = RunOptions((config,), seeds=seeds, runs_dir=runs_dir, jobs=1, quiet=True)
    ends = run_experiments(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for)
    assert {end.outcome for end in ends} == {"completed"}
    return ends[0].planned.paths.folder


class Commands:
    """Commands of optbench, with a runs directory of their own."""

    executor = ""
    prefix: tuple[str, ...] = ()  # what a command is started by

    def __init__(self, variables: dict[str, str], folder: Path) -> None:
        self.environment = {**os.environ, **variables, "XDG_CONFIG_HOME": str(folder / "no-config")}
        self.folder, self.runs = folder, folder / "runs"

    def begin(self, name: str, *arguments: object) -> subprocess.Popen[str]:
        command = [*self.prefix, sys.executable, "-m", "optbench", name, *map(str, arguments)]
        return subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *arguments: object, code: int = 0) -> dict:
        """Execute runs elsewhere to the end of the command; returns what it prints as JSON."""
        return self.ended(self.begin("run", *arguments, *self.options, "--json"), code)

    @property
    def options(self) -> tuple[object, ...]:
        return ("--executor", self.executor, "-j", "2", "--runs-dir", self.runs)

    def ended(self, process: subprocess.Popen[str], code: int = 0) -> dict:
        out, err = process.communicate(timeout=480)
        assert process.returncode == code, err
        return json.loads(out)

    def listed(self) -> dict:
        (run,) = self.ended(self.begin("ls", self.runs, "--json"))["runs"]
        return run

    def epochs_of(self, attempts: int) -> int:
        """The last epoch that the newest of so many attempts has logged; 0 before it has."""
        logs = sorted(self.runs.glob("*/.state/attempts/*/log.txt"))
        return _last_epoch(logs[-1]) if len(logs) >= attempts else 0

    def begin_together(self, config: Path, *arguments: object) -> subprocess.Popen[str]:
        """Begin two runs of a command, and return when both are being trained and their first checkpoints are here."""
        with closed_gate(config) as gate:
            command = self.begin("run", config, "--seeds", "0,1", *self.options, *arguments)
            self.wait_for(lambda: len(list(gate.glob("begun-*"))) == 3, command)
        self.wait_for(lambda: self.slowest_of(2) > 5 and len(set(self._folders_with_checkpoints())) == 2, command)
        return command

    def slowest_of(self, runs: int) -> int:
        """The last epoch that all of so many runs have logged in an attempt; 0 before they have."""
        logs = list(self.runs.glob("*/.state/attempts/*/log.txt"))
        return min(map(_last_epoch, logs)) if len(logs) >= runs else 0

    def _folders_with_checkpoints(self) -> list[Path]:
        return [path.parent for path in self.runs.glob("*/.state/ckpt-*.npz")]

    def first_epoch_of_last_attempt(self) -> int:
        """The first epoch that the newest attempt has logged: 0, or the one after its checkpoint."""
        log = max(self.runs.glob("*/.state/attempts/*/log.txt")).read_text()
        return int(re.search(r"^epoch (\d+)/", log, re.MULTILINE)[1])

    def happened(self) -> object:
        """What is said where something does not come."""
        return [*sorted(self.runs.glob("*")), *sorted(self.runs.glob("*/.state/*/*"))]

    def wait_for(self, done, command: subprocess.Popen[str] | None = None, seconds: float = 240) -> None:
        """Wait for something, which does not come any more when the command has ended."""
        give_up = time.monotonic() + seconds
        while not done():
            if command is not None and command.poll() is not None:
                raise AssertionError(command.communicate())
            assert time.monotonic() < give_up, self.happened()
            time.sleep(0.05)


def _last_epoch(log: Path) -> int:
    epochs = re.findall(r"^epoch (\d+)/", log.read_text(), re.MULTILINE)
    return int(epochs[-1]) if epochs else 0


def assert_same(first: Path, second: Path) -> None:
    """The second is intact, and every identity file has the bytes of the first."""
    assert verify_manifest(RunPaths(second), deep=True) == []
    names = [name for name in IDENTITY_FILES if (first / name).exists()]
    assert len(names) >= 8
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
