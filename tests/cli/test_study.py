"""`optbench study`: findings on stderr with exit code 3, the plan on stdout, nothing created, no TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CODE = """import sys
from optbench.cli.main import main
sys.argv[0] = "optbench"
try:
    main()
finally:
    print("LOADED", *sorted({"tensorflow", "keras"} & set(sys.modules)), file=sys.stderr)
"""
STUDY = (
    "experiment: {dataset: {name: iris}, model: {name: logistic}}\noptimizers: [sgd, adam]\nconfirmation: {seeds: 5}\n"
)


@pytest.fixture
def optbench(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-c", CODE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        words, _, loaded = done.stderr.rpartition("LOADED")
        return done.returncode, done.stdout, words, loaded.split()

    return run


def test_a_wrong_study_is_exit_3(optbench, tmp_path):
    """Every finding, and no folder."""
    (tmp_path / "s.yaml").write_text(STUDY.replace("sgd", "sgdd").replace("iris", "irus"))
    code, out, said, loaded = optbench("study", "s.yaml")
    assert (code, out, loaded) == (3, "", [])
    assert "s.yaml:1:30: experiment.dataset.name" in said
    assert "s.yaml:2:14: optimizers[0]: must be a Keras optimizer. Received: 'sgdd'. Did you mean 'sgd'?" in said
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


def test_explain_tells_the_plan(optbench, tmp_path):
    """28 tuning runs and 4 of the defaults on the same seeds, 20 to confirm, and that five seeds decide nothing."""
    (tmp_path / "s.yaml").write_text(STUDY)
    code, out, _, loaded = optbench("study", "s.yaml", "--explain", "--json")
    document = json.loads(out)
    assert (code, loaded, document["runs"], document["left"]) == (0, [], 52, 52)
    assert (document["seeds"], document["seeds_needed"]) == (5, 7)
    assert "5 seeds cannot reach p < 0.05" in document["says"]
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


def test_no_file_is_exit_3(optbench):
    """The file is named."""
    code, _, said, _ = optbench("study", "none.yaml")
    assert code == 3
    assert "none.yaml: there is no such file. 'optbench init --study' writes a starter." in said


def test_a_folder_for_figures_that_cannot_be_is_refused_before_anything_runs(optbench, tmp_path):
    """Exit code 2, and nothing was made."""
    (tmp_path / "s.yaml").write_text(STUDY)
    code, out, said, loaded = optbench("study", "s.yaml", "--figures", "no/figures")
    assert (code, out, loaded) == (2, "", [])
    assert "--figures must name something in a folder that exists" in said
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]
