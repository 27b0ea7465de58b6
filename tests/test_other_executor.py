"""An executor of another package executes real commands: found by name, with the bytes of the local one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import spool_executor
from identity_files import IDENTITY_FILES
from installed import write_package

from optbench.executors.registry import GROUP
from optbench.run_store import RunPaths, verify_manifest

pytestmark = pytest.mark.tensorflow

SMOKE = Path(__file__).resolve().parent.parent / "configs" / "smoke.yaml"


@pytest.fixture(scope="module")
def runs_by(tmp_path_factory):
    """Run `configs/smoke.yaml` by an executor in a process of its own; returns the run folders by name."""
    package = write_package(tmp_path_factory.mktemp("package"), GROUP, spool="spool_executor:make_executor")
    (package / "spool_executor.py").write_bytes(Path(spool_executor.__file__).read_bytes())

    def run(executor):
        runs_dir = tmp_path_factory.mktemp(executor)
        command = ["run", str(SMOKE), "--executor", executor, "-j", "2", "--runs-dir", str(runs_dir), "--json"]
        search = os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-m", "optbench", *command],
            env={**os.environ, "PYTHONPATH": search},
            cwd=runs_dir.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        runs = json.loads(done.stdout)["runs"]
        assert {one["outcome"] for one in runs} == {"completed"}
        return {Path(one["folder"]).name: Path(one["folder"]) for one in runs}

    return run


def test_another_executor_gives_the_same_bytes(runs_by):
    """Two seeds of the shipped example: every identity file is equal, and both folders are intact."""
    local, spooled = runs_by("local"), runs_by("spool")
    assert len(local) == 2
    assert set(local) == set(spooled)
    for name, folder in local.items():
        assert verify_manifest(RunPaths(spooled[name]), deep=True) == []
        for file in IDENTITY_FILES:
            assert (folder / file).read_bytes() == (spooled[name] / file).read_bytes(), file
