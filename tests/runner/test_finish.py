"""Finishing a run: what it needs is loaded before, while TensorFlow is being imported elsewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from optbench.comparison import compare
from optbench.run_store import read_json, read_run
from optbench.words import sentence

CODE = """
import sys
from pathlib import Path
from optbench.run_store import RunPaths, claim_run_folder
from optbench.runs.finish import finish_run, load_libraries
from optbench.words import sentence
load_libraries(draw=True)
claim = claim_run_folder(RunPaths(Path(sys.argv[1])), key=sys.argv[2])
before = set(sys.modules)
finish_run(claim, draw=True)
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


@pytest.mark.long
@pytest.mark.ci
def test_finishing_a_run_imports_no_library_that_could_have_been_loaded_before(tmp_path, make_runs):
    """A run that waits for scikit-learn or matplotlib after training waits for two seconds more."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    paths = make_runs.stage(run)
    make_runs.pretend_training(run)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(paths.folder), run.key],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert paths.manifest.exists()
    assert not set(done.stdout.split()) & {"sklearn", "scipy", "pandas", "numpy", "matplotlib", "PIL", "jinja2"}


BUILT = {"class": "AdamW", "is_keras": True, "arguments": {"weight_decay": 0.02}, "undecayed": [], "parts": []}
OWN = "{name: python, function: 'own.py:make', arguments: {weight_decay: 0.5}}"


def finished(folder, make_runs, optimizer, built):
    folder.mkdir()
    (folder / "own.py").write_text("def make(weight_decay):\n    raise NotImplementedError\n")
    text = f"name: a\ndataset: {{name: iris}}\nmodel: {{name: logistic}}\noptimizer: {optimizer}\n"
    (folder / "a.yaml").write_text(text + f"training: {{epochs: {make_runs.EPOCHS}}}\n")
    (run,) = make_runs.plan(folder / "a.yaml", folder / "runs")
    return make_runs.finished_run(run, optimizer=built)


def test_the_record_of_the_built_optimizer_stays_with_the_run(tmp_path, make_runs):
    """It is read back where the config does not tell what was built, and shown by `compare`."""
    paths = finished(tmp_path / "own", make_runs, OWN, BUILT)
    assert read_json(paths.environment)["optimizer"] == BUILT
    record = read_run(paths.folder)
    assert record.optimizer == BUILT
    (problem,) = compare([record]).problems
    assert sentence(problem.update_rules[0].weight_decay, "en").startswith("w ← w - lr 0.02 w")

    patterns = "{name: adamw, exclude_from_weight_decay: [bias]}"
    assert read_run(finished(tmp_path / "named", make_runs, patterns, BUILT).folder).optimizer == BUILT
    assert read_run(finished(tmp_path / "plain", make_runs, "{name: adamw}", BUILT).folder).optimizer is None


def test_a_run_without_a_record_says_so(tmp_path, make_runs):
    """Folders of older versions are compared as before, and nothing is guessed from the arguments of the function."""
    record = read_run(finished(tmp_path / "own", make_runs, OWN, None).folder)
    assert record.optimizer is None
    (problem,) = compare([record]).problems
    assert problem.update_rules[0].weight_decay.code == "decay-not-recorded"


def test_a_record_that_has_changed_since_is_not_believed(tmp_path, make_runs):
    """`check` names the file; `compare` goes on without it."""
    paths = finished(tmp_path / "own", make_runs, OWN, BUILT)
    paths.environment.write_bytes(paths.environment.read_bytes().replace(b"0.02", b"0.03"))
    assert read_run(paths.folder).optimizer is None
