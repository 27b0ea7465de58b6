"""`optbench refit`, killed with all its children and given again: the bytes of one that nothing happened to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths, verify_manifest

pytestmark = [pytest.mark.tensorflow, pytest.mark.long]

EXPERIMENT = """\
name: digits
dataset: {name: digits}
model: {name: mlp, hidden_units: [32], dropout: 0.2}
optimizer: {name: adam}
training: {epochs: 150, early_stopping: {patience: 150, restore_best: false}}
report: {figures: false}
"""
SIGNS = {
    "staged": ".state/job.json",
    "training": ".state/ckpt-*.npz",
    "trained": ".state/training.json",
    "finished": "MANIFEST.json",
}
LONGEST = 120.0


def command(*arguments):
    return [sys.executable, "-m", "optbench", *map(str, arguments), "-q"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run, and the folder of its refit when nothing happens to it."""
    place = tmp_path_factory.mktemp("refit")
    (place / "digits.yaml").write_text(EXPERIMENT)
    subprocess.run(command("run", place / "digits.yaml", "--runs-dir", place / "runs"), check=True)
    (folder,) = (place / "runs").iterdir()
    subprocess.run(command("refit", folder, "--runs-dir", place / "expected"), check=True, capture_output=True)
    (expected,) = (place / "expected").iterdir()
    return folder, RunPaths(expected)


@pytest.mark.parametrize("when", SIGNS)
def test_it_goes_on_where_it_was(run, tmp_path, when):
    """Killed as soon as it is staged, has a checkpoint, is trained, or has its manifest."""
    folder, expected = run
    again = command("refit", folder, "--runs-dir", tmp_path / "runs")
    process = subprocess.Popen(again, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + LONGEST
    while not list((tmp_path / "runs").glob(f"*/{SIGNS[when]}")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(again, check=True, capture_output=True)
    (made,) = (tmp_path / "runs").iterdir()
    paths = RunPaths(made)
    assert verify_manifest(paths, deep=True) == []
    names = [name for name in IDENTITY_FILES if (expected.folder / name).exists()]
    assert len(names) >= 8
    for name in names:
        assert (paths.folder / name).read_bytes() == (expected.folder / name).read_bytes(), name
    # beside a manifest they harm nobody: what is finished is skipped, and `report` removes them
    assert when == "finished" or not paths.state.exists()
