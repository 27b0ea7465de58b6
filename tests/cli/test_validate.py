"""`optbench validate`: findings on stderr with exit code 3, facts on stdout, no TensorFlow."""

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
    print("LOADED", *sorted({"tensorflow", "keras", "matplotlib"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def optbench(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-c", CODE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        words, _, loaded = done.stderr.rpartition("LOADED")
        return done.returncode, done.stdout, words, loaded.split()

    return run


@pytest.fixture
def iris(tmp_path):
    text = "name: a\ndataset: {name: iris}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
    (tmp_path / "good.yaml").write_text(text)
    (tmp_path / "bad.yaml").write_text(text.replace("adam}", "adam, beta1: 0.9}"))


def test_valid_file(optbench, iris, tmp_path):
    """A valid file ends with 0, creates nothing and loads no training stack."""
    code, out, words, loaded = optbench("validate", "good.yaml")
    assert (code, words, loaded) == (0, "", [])
    assert "good.yaml: ok" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "good.yaml"]


def test_findings(optbench, iris):
    """A finding ends with 3, on stderr; what is valid is still told on stdout."""
    code, out, words, loaded = optbench("validate", "bad.yaml", "good.yaml")
    assert (code, loaded) == (3, [])
    assert "Did you mean 'beta_1'?" in words
    assert "good.yaml: ok" in out
    assert optbench("validate", "bad.yaml", "good.yaml", "-q")[1] == ""


def test_json(optbench, iris):
    """With --json stdout is one document, whether the files are valid or not."""
    code, out, words, _ = optbench("validate", "bad.yaml", "good.yaml", "--json")
    document = json.loads(out)
    assert (code, words) == (3, "")
    assert [file["ok"] for file in document["files"]] == [False, True]
    bad, good = document["files"]
    assert "beta_1" in bad["error"]
    (problem,) = bad["problems"]
    assert bad["code"] == problem["code"] == "config-key-unknown"
    assert problem["values"]["path"] == "optimizer.beta1"
    assert problem["values"]["file"] == "bad.yaml"
    assert {"line", "column", "message"} <= set(problem["values"])
    assert "code" not in good
