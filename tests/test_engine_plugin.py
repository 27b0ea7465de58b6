"""An engine of an installed package, used as people do.

Commands that train are processes in which TensorFlow cannot be imported; those that only read are called here, where
the package is installed or is not.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import engine_package
import psutil
import pytest
from identity_files import IDENTITY_FILES
from run_folders import finished_run, plan

pytestmark = [pytest.mark.long, pytest.mark.ci]

SOURCE = Path(__file__).resolve().parents[1] / "src"
START = "import sys; sys.argv[0] = 'optbench'; from optbench.cli import main; main()"
# Executed by every Python process of a command when it starts.
WITHOUT_TENSORFLOW = "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
EXPERIMENT = """\
name: {name}
seed: 0
dataset: {{name: iris}}
model: {{name: logistic}}
optimizer: {{name: {optimizer}, learning_rate: 0.01}}
training: {{epochs: 200, batch_size: 1, engine: {engine}}}
report: {{figures: false}}
"""


def write(path: Path, *, optimizer="adam", engine="numpy-logistic") -> Path:
    """Write an experiment whose epochs take long enough to be killed among them."""
    path.write_text(EXPERIMENT.format(name=path.stem, optimizer=optimizer, engine=engine))
    return path


@dataclass(frozen=True)
class Place:
    """A folder with a finished run of the engine, and commands in it as processes that have the package."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.site), str(SOURCE)]), "NO_COLOR": "1"}

    def program(self, *arguments, code: str = START) -> list[str]:
        return [sys.executable, "-P", "-c", code, *map(str, arguments)]

    def call(self, *arguments, code: str = START) -> tuple[int, str, str]:
        done = subprocess.run(
            self.program(*arguments, code=code),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def run_of(self, name: str, runs: str = "runs") -> Path:
        (folder,) = (self.folder / runs).glob(f"{name}-s0-*")
        return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    place = Place(folder)
    (engine_package.install(place.site) / "sitecustomize.py").write_text(WITHOUT_TENSORFLOW)
    code, _, said = place.call(code="import tensorflow")
    assert (code, "ModuleNotFoundError" in said) == (1, True)
    code, _, said = place.call("run", write(folder / "adam.yaml"), "-v")
    assert code == 0, said
    assert "engine numpy-logistic (as the experiment says)" in said
    return place


@pytest.fixture
def command(place, monkeypatch, capsys):
    """Call a command in this process and in the place; returns exit code, stdout and stderr."""
    from optbench.cli import main

    monkeypatch.chdir(place.folder)

    def call(*arguments, installed: bool = False) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            if installed:
                patch.syspath_prepend(str(place.site))
            with pytest.raises(SystemExit) as ended:
                main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return call


def test_a_finished_folder_has_everything_but_a_keras_model(place, command):
    """Every identity file, versions of the engine's package in the manifest, and a note that there is no model."""
    folder = place.run_of("adam")
    assert not [name for name in IDENTITY_FILES if not (folder / name).is_file()]
    assert not (folder / "model.keras").exists()
    manifest, environment = (json.loads((folder / name).read_text()) for name in ("MANIFEST.json", "environment.json"))
    assert manifest["status"] == "completed"
    assert set(manifest["versions"]) == {"numpy-logistic", "numpy", "scikit-learn"}
    assert [note["code"] for note in environment["notes"] if note["code"].startswith("training")] == [
        "training-engine-without-model"
    ]
    assert environment["software"]["numpy"]["version"] == manifest["versions"]["numpy"]
    assert environment["optimizer"]["class"] == "Adam"
    assert command("check", "runs")[0] == 0


def test_verbose_says_of_a_run_which_process_and_what_it_took(place):
    """Process, engine and times of each run, and those of the command at its end; without -v nothing of it."""
    short = ("run", "adam.yaml", "--set", "training.epochs=3")
    for options in ((), ("-v",)):
        code, _, said = place.call(*short, "--runs-dir", f"timed{len(options)}", *options)
        assert code == 0, said
        begins, of_command = (
            re.search(r"begins in process (\d+)", said),
            re.search(r"^process (\d+): ", said, re.MULTILINE),
        )
        took = r"epochs trained: 3, in \d+\.\d\d s; building took \d+\.\d\d s; at most \d[\d,]* MiB"
        assert bool(begins) == bool(of_command) == bool(re.search(took, said)) == bool(options), said
    assert begins[1] != of_command[1]


def test_it_is_reproduced_bit_by_bit(place):
    """`reproduce` trains again in processes of the engine's own environment."""
    code, out, said = place.call("reproduce", place.run_of("adam"))
    assert code == 0, said
    assert "identical" in out


@pytest.mark.ci
@pytest.mark.long
def test_a_killed_command_resumes_to_the_same_bytes(place):
    """The command and all its processes are killed while it trains; given again, it ends as if it had not been."""
    command = ("run", "adam.yaml", "--runs-dir", "killed", "-v")
    process = subprocess.Popen(
        place.program(*command),
        cwd=place.folder,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any("epoch 2" in line for line in process.stderr)
    for one in [*psutil.Process(process.pid).children(recursive=True), process]:
        one.kill()
    process.stderr.close()
    process.wait()
    assert not list((place.folder / "killed").glob("*/MANIFEST.json"))

    code, _, said = place.call(*command)
    assert code == 0, said
    assert "goes on after epoch" in said
    killed, straight = (place.run_of("adam", runs) for runs in ("killed", "runs"))
    for name in IDENTITY_FILES:
        assert (killed / name).read_bytes() == (straight / name).read_bytes(), name


def test_without_the_package_results_are_readable(place, command):
    """What only reads works; what would train says which engine is missing, and creates nothing."""
    folder = place.run_of("adam")
    for arguments in (("ls",), ("show", folder), ("check", "runs"), ("compare", "runs"), ("report", folder)):
        code, _, said = command(*arguments)
        assert code == 0, (arguments, said)
    for arguments in (("run", "adam.yaml", "--runs-dir", "none"), ("validate", "adam.yaml")):
        code, _, said = command(*arguments)
        assert code == 3, (arguments, said)
        assert "training.engine: must be auto, fused, xla or keras. Received: 'numpy-logistic'" in said
    assert not (place.folder / "none").exists()
    code, _, said = command("reproduce", folder)
    assert code == 3
    assert "'numpy-logistic'" in said
    assert "Install the package" in said


def test_a_misspelt_name_is_told_with_those_of_packages(place, command):
    """Where the package is installed, its engine is among the names."""
    bad = write(place.folder / "bad.yaml", engine="numpy-logisitc")
    code, _, said = command("config", bad, installed=True)
    assert code == 3
    assert "must be auto, fused, xla, keras or numpy-logistic" in said
    assert "Did you mean 'numpy-logistic'?" in said


def test_what_the_engine_does_not_train_is_said_before_anything_is_executed(place, command):
    """Its kind declares models and optimizers."""
    lion = write(place.folder / "lion.yaml", optimizer="lion")
    for arguments in (("validate", lion), ("run", lion, "--runs-dir", "refused", "--explain")):
        code, _, said = command(*arguments, installed=True)
        assert code == 3
        assert "lion.yaml: training.engine numpy-logistic does not execute all of this experiment" in said
        assert "optimizer.name: lion (it takes sgd, adam)" in said
    assert not (place.folder / "refused").exists()


def test_engines_of_two_packages_need_two_commands(place, command):
    """Their processes begin in other environments."""
    fused = write(place.folder / "fused.yaml", engine="fused")
    code, _, said = command("run", "adam.yaml", fused, installed=True)
    assert code == 2
    assert "engine: numpy-logistic" in said


def test_a_comparison_with_a_keras_run_says_that_engines_differ(place, command):
    """As it does between two engines of optbench's own."""
    (planned,) = plan(write(place.folder / "sgd.yaml", optimizer="sgd", engine="fused"), place.folder / "runs")
    finished_run(planned)
    code, out, said = command("compare", "runs", "--format", "json")
    assert code == 0, said
    differing = [one for one in json.loads(out)["findings"] if one["code"] == "comparison-execution-differs"]
    assert [one["values"]["setting"] for one in differing] == ["engine"]
    assert differing[0]["severity"] == "mismatch"
