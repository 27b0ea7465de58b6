"""A run on a table that is read in chunks has the bytes of the run that holds it, after a kill -9 too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from identity_files import IDENTITY_FILES

from optbench.runner.run import RunOptions, run_experiments

pytestmark = pytest.mark.tensorflow

EXPERIMENT = """\
name: large
dataset: {name: csv, path: table.csv, target: y}
model: {name: mlp, hidden_units: [8], dropout: 0.2}
optimizer: {name: adam}
training: {epochs: 2, batch_size: 64}
report: {figures: false}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """An experiment on a table of 6,000 rows."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(0)
    rows = [
        f"{number:.5f},{'uvw'[level]},{'?' if hole else hole},{'yes' if number + level > 1 else 'no'}"
        for number, level, hole in zip(rng.normal(size=6000), rng.integers(0, 3, 6000), rng.random(6000), strict=True)
    ]
    (folder / "table.csv").write_text("\n".join(["a,b,c,y", *rows]))
    (folder / "large.yaml").write_text(EXPERIMENT)
    return folder / "large.yaml"


def command(config: Path, runs: Path) -> list[str]:
    """Return the command that trains the experiment."""
    return [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", str(runs), "--json"]


def variables(temporary: Path, megabytes: str) -> dict[str, str]:
    """Return an environment that says what is large and where temporary data goes."""
    return {**os.environ, "OPTBENCH_LARGE_TABLE_MB": megabytes, "TMPDIR": str(temporary)}


def identity(runs: Path) -> dict[str, bytes]:
    """Return the identity files of the only run of a folder."""
    (folder,) = runs.iterdir()
    return {name: (folder / name).read_bytes() for name in IDENTITY_FILES}


@pytest.fixture
def temporary():
    """A folder for temporary data whose path is short: sockets lie there too, and may not have long ones."""
    with tempfile.TemporaryDirectory(prefix="large-") as folder:
        yield Path(folder)


@pytest.mark.ci
@pytest.mark.long
def test_the_limit_of_memory_changes_no_byte(config, tmp_path, temporary, warm_workers):
    """Killed while the table is read and started again, in chunks or held: the same run, and nothing left behind."""
    in_chunks = variables(temporary, "0")
    killed = subprocess.Popen(command(config, tmp_path / "chunks"), env=in_chunks, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(temporary.glob("optbench-data-*/cells")) and time.monotonic() < deadline:
        time.sleep(0.001)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert list(temporary.glob("optbench-data-*"))
    done = subprocess.run(
        command(config, tmp_path / "chunks"), env=in_chunks, capture_output=True, text=True, check=True
    )
    assert [run["outcome"] for run in json.loads(done.stdout)["runs"]] == ["completed"]
    assert list(temporary.glob("optbench-data-*")) == []
    options = RunOptions((config,), runs_dir=tmp_path / "held", quiet=True)
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for)
    assert end.outcome == "completed"
    assert identity(tmp_path / "chunks") == identity(tmp_path / "held")
