"""`show` of the folder that `run --folds` writes."""

from __future__ import annotations

import json

import pytest

FOLDS = {
    "schema_version": 1,
    "name": "demo",
    "runs": ["demo-s0-12345678", "demo-s0-87654321"],
    "metrics": {
        "accuracy": {"mean": 0.925, "sd": 0.01, "out_of_fold": 0.93},
        "roc_auc": {"mean": None, "sd": None, "out_of_fold": None},
    },
}


@pytest.fixture
def folder(tmp_path):
    """A folder of two folds."""
    path = tmp_path / "runs" / "demo-s0-2folds-12345678"
    path.mkdir(parents=True)
    (path / "folds.json").write_text(json.dumps(FOLDS))
    return path


def test_what_folds_say_together(command, folder):
    """By path or by name; what has no value has no row."""
    for argument in (f"runs/{folder.name}", folder.name):
        done = command("show", argument)
        assert done.code == 0
        assert done.out.splitlines()[0] == "demo: 2 folds"
        assert ["accuracy", "0.9250", "0.0100", "0.9300"] in [line.split() for line in done.out.splitlines()]
        assert "roc_auc" not in done.out
    assert json.loads(command("show", folder.name, "--json").out)["metrics"] == FOLDS["metrics"]


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"schema_version": 1, "name": "x", "runs": [], "metrics": {"accuracy": 3}}', "\x00"]
)
def test_a_damaged_summary_is_a_sentence(command, folder, content):
    """4, as for a run that cannot be read."""
    (folder / "folds.json").write_text(content)
    done = command("show", folder.name)
    assert (done.code, done.out) == (4, "")
    assert "holds no readable folds" in done.err
