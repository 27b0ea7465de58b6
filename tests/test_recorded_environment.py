"""Real commands in a hostile environment whose processes are killed: the bytes of an undisturbed run, or no run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from identity_files import IDENTITY_FILES
from selection import mostly_long

from optbench.runner.run import RunOptions, run_experiments

pytestmark = pytest.mark.tensorflow

CONFIG = """\
name: digits
seeds: [0, 1]
dataset: {{name: digits}}
model: {{name: cnn, filters: [8], hidden_units: [16]}}
optimizer: {{name: adam}}
training: {{epochs: 40, onednn: {onednn}}}
report: {{figures: false}}
"""
ROOT = Path(__file__).resolve().parent.parent
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'optbench'; from optbench.cli import main; main()"
)


def environment(tmp_path: Path, *, onednn: str) -> dict[str, str]:
    """Variables of somebody who has exported what changes bits, with a `keras.json` at home."""
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True, exist_ok=True)
    document = {"floatx": "float64", "epsilon": 1e-3, "backend": "tensorflow", "image_data_format": "channels_first"}
    (home / ".keras" / "keras.json").write_text(json.dumps(document))
    exported = {"TF_ENABLE_ONEDNN_OPTS": onednn, "OMP_NUM_THREADS": "2", "KERAS_MAX_EPOCHS": "2", "HOME": str(home)}
    return {name: value for name, value in os.environ.items() if name != "KERAS_HOME"} | exported


def run(config: Path, runs: Path, variables, *, killed=lambda _parts: [], kills: int = 0) -> tuple[int, int]:
    """Run the command; at the first epochs that are told, `killed` says which processes to kill.

    Returns the exit code and the number of kills.
    """
    arguments = ["run", str(config), "--runs-dir", str(runs), "-j", "1", "--retries", "2", "-v"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", START, str(ROOT / "src"), *arguments],
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    done = 0
    try:
        for line in process.stderr:
            if "epoch 2/" in line and done < kills:
                done += 1
                for one in killed(psutil.Process(process.pid)):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.send_signal(signal.SIGKILL)
        return process.wait(), done
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


def fork_servers(command: psutil.Process) -> list[psutil.Process]:
    """The children of a command that fork others; the name of Python's own has no underscore."""
    found = []
    for one in command.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "forkserver" in " ".join(one.cmdline()).replace("_", ""):
                found.append(one)
    return found


def identity(runs: Path) -> dict[str, bytes]:
    """The bytes of every identity file, by run and name."""
    folders = sorted(path.parent for path in runs.glob("*/MANIFEST.json"))
    return {
        f"{folder.name}/{name}": (folder / name).read_bytes()
        for folder in folders
        for name in IDENTITY_FILES
        if (folder / name).exists()
    }


@pytest.mark.parametrize(("onednn", "kills"), mostly_long([("true", 1), ("false", 2)], short=[], ci=[("true", 1)]))
def test_a_killed_fork_server_changes_no_bit(tmp_path, onednn, kills, warm_workers):
    """Runs in flight are tried again and later ones go on, in the recorded environment."""
    config = tmp_path / "digits.yaml"
    config.write_text(CONFIG.format(onednn=onednn))
    options = RunOptions((config,), runs_dir=tmp_path / "undisturbed", jobs=1, quiet=True)
    ends = run_experiments(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for)
    assert [end.outcome for end in ends] == ["completed", "completed"]
    hostile = environment(tmp_path, onednn="0" if onednn == "true" else "1")
    assert run(config, tmp_path / "killed", hostile, killed=fork_servers, kills=kills) == (0, kills)
    expected = identity(tmp_path / "undisturbed")
    assert len(expected) >= 2 * 8
    assert identity(tmp_path / "killed") == expected


@pytest.mark.long
@pytest.mark.ci
def test_a_process_that_something_else_changes_refuses_to_train(tmp_path):
    """Code that runs when Python starts switches oneDNN off: nothing is trained, nothing is created."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import os\nos.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'\n")
    config = tmp_path / "digits.yaml"
    config.write_text(CONFIG.format(onednn="true"))
    code, _ = run(config, tmp_path / "runs", {**os.environ, "PYTHONPATH": str(site)})
    assert code == 1
    assert not list(tmp_path.glob("runs/*"))
