"""An executor of another package executes real commands: found by name, with the bytes of the local one.

Nothing in optbench knows of it: this carries out the recipe for an executor in CONTRIBUTING.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import spool_executor
from identity_files import IDENTITY_FILES
from installed import write_package
from small_study import STUDY

from optbench.executors.registry import GROUP
from optbench.run_store import RunPaths, verify_manifest
from optbench.runner.run import SCRATCH

pytestmark = pytest.mark.tensorflow

OPTBENCH = (sys.executable, "-m", "optbench")
SMOKE = Path(__file__).resolve().parent.parent / "configs" / "smoke.yaml"


@pytest.fixture(scope="module")
def runs_by(tmp_path_factory):
    """Give a command by an executor in a process of its own; returns the run folders that it made, by name."""
    package = write_package(
        tmp_path_factory.mktemp("package"), GROUP, spool="spool_executor:make_executor", far="spool_executor:FAR"
    )
    (package / "spool_executor.py").write_bytes(Path(spool_executor.__file__).read_bytes())

    def call(executor, name, file):
        runs_dir = tmp_path_factory.mktemp(executor)
        search = os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [*OPTBENCH, name, str(file), "--executor", executor, "-j", "2", "-q", "--runs-dir", str(runs_dir)],
            env={**os.environ, "PYTHONPATH": search},
            cwd=runs_dir.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        manifests = runs_dir.rglob("MANIFEST.json")  # those of studies and their verdicts are others
        return {path.parent.name: path.parent for path in manifests if (path.parent / "config.resolved.yaml").is_file()}

    return call


def assert_same(local, spooled):
    """The same runs, intact, with the same bytes in every identity file."""
    assert set(local) == set(spooled)
    for name, folder in local.items():
        assert verify_manifest(RunPaths(spooled[name]), deep=True) == []
        files = [file for file in IDENTITY_FILES if (folder / file).exists()]  # tuning runs have no test rows
        assert len(files) >= 8
        for file in files:
            assert (folder / file).read_bytes() == (spooled[name] / file).read_bytes(), file


@pytest.mark.ci
@pytest.mark.long
def test_another_executor_gives_the_same_bytes(runs_by):
    """Two seeds of the shipped example, trained side by side."""
    local, spooled = (runs_by(executor, "run", SMOKE) for executor in ("local", "spool"))
    assert len(local) == 2
    assert_same(local, spooled)


@pytest.mark.long
def test_one_that_says_it_is_elsewhere_gives_them_too(runs_by):
    """Data is laid below the runs directory, which other machines see, and is gone at the end."""
    local, far = (runs_by(executor, "run", SMOKE) for executor in ("local", "far"))
    assert_same(local, far)
    (runs_dir,) = {folder.parent for folder in far.values()}
    assert not [path for path in (runs_dir / SCRATCH).rglob("*") if path.is_file()]


@pytest.mark.long
def test_a_study_is_executed_by_it_as_well(runs_by, tmp_path):
    """Both stages, whose runs follow each other in groups."""
    file = tmp_path / "trial.yaml"
    file.write_text(STUDY)
    local, spooled = (runs_by(executor, "study", file) for executor in ("local", "spool"))
    assert len({name.rpartition("-s")[0] for name in local}) > 1  # tuning, confirmation, defaults
    assert_same(local, spooled)
