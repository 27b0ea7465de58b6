"""Finishing a run: what it needs is loaded before, while TensorFlow is being imported elsewhere."""

from __future__ import annotations

import subprocess
import sys

from optbench.run_store import begin_attempt, end_attempt

CODE = """
import sys
from pathlib import Path
from optbench.run_store import RunPaths
from optbench.runner.finish import finish_run, load_libraries
load_libraries(draw=True)
before = set(sys.modules)
finish_run(RunPaths(Path(sys.argv[1])), draw=True)
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_finishing_a_run_imports_no_library_that_could_have_been_loaded_before(tmp_path, make_runs):
    """A run that waits for scikit-learn or matplotlib after training waits for two seconds more."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    paths = make_runs.stage(run)
    begin_attempt(paths)
    make_runs.pretend_training(run)
    end_attempt(paths, kind="trained", exit_code=0)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(paths.folder)], capture_output=True, text=True, check=True, timeout=120
    )
    assert paths.manifest.exists()
    assert not set(done.stdout.split()) & {"sklearn", "scipy", "pandas", "numpy", "matplotlib", "PIL", "jinja2"}
