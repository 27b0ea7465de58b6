"""`optbench compare`: data on stdout, notes on stderr, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from finished_runs import make_run, store_run


def optbench(*arguments, cwd):
    code = "import sys; from optbench.cli.main import main; sys.argv[0] = 'optbench'; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture
def folder(tmp_path):
    """Seven seeds of Adam and SGD under runs/, beside a folder that is no run."""
    for seed in range(7):
        store_run(make_run("adam", seed, 0.9 + 0.001 * seed), tmp_path / "runs")
        store_run(make_run("sgd", seed, 0.8 + 0.001 * seed**1.5), tmp_path / "runs")
    (tmp_path / "runs" / "notes").mkdir()
    return tmp_path


def test_json_alone_on_stdout(folder):
    """`compare --format json | jq` works, whatever else has to be said."""
    done = optbench("compare", "runs", "--format", "json", cwd=folder)
    assert done.returncode == 0
    assert json.loads(done.stdout)["pairs"][0]["decision"] == "a_better"
    assert "notes is not a run folder; passed over." in done.stderr


def test_a_pattern_and_a_page(folder):
    """Folders by pattern, as a shell gives them; the page is written where asked."""
    names = sorted(str(path.relative_to(folder)) for path in (folder / "runs").glob("*"))
    done = optbench("compare", *names, "--html", "page.html", cwd=folder)
    assert done.returncode == 0
    assert "adam beats sgd by" in done.stdout
    assert "wrote page.html" in done.stderr
    assert (folder / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_strict_prints_the_table_and_ends_with_5(folder):
    """The numbers are shown, the reason stands on stderr."""
    store_run(make_run("rmsprop", 0, 0.5, training={"epochs": 3}), folder / "runs")
    done = optbench("compare", "runs", "--strict", cwd=folder)
    assert done.returncode == 5
    assert "warning: The number of epochs differs" in done.stdout
    assert "optbench: compare --strict: more than the optimizer differs." in done.stderr


def test_exit_codes_of_errors(folder):
    """2 for a wrong option, 4 for runs that are not there."""
    wrong = optbench("compare", "runs", "--metric", "acuracy", cwd=folder)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean 'accuracy'?" in wrong.stderr
    nothing = optbench("compare", "rnus", cwd=folder)
    assert (nothing.returncode, nothing.stdout) == (4, "")
