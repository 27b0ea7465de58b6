"""`optbench doctor`: each finding can turn out either way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optbench.errors import ModelError
from optbench.run_store import write_json
from optbench.runner.doctor import diagnose, diagnosis_text


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Diagnose with trial runs that leave these ladders, or raise."""
    monkeypatch.delenv("XLA_FLAGS", raising=False)

    def call(*ladders, error=None, outcome="completed"):
        left = list(ladders)

        def run_experiments(options, *, say):
            if error:
                raise error
            options.runs_dir.mkdir()
            write_json(options.runs_dir / "digests.json", {"schema_version": 1, **(left.pop(0) if left else {})})
            planned = SimpleNamespace(paths=SimpleNamespace(folder=options.runs_dir))
            return [SimpleNamespace(outcome=outcome, reason="no luck", planned=planned)]

        found = diagnose(data_dir=tmp_path, runs_dir=tmp_path / "runs", trial=True, run=run_experiments)
        return next(one for one in found if one.topic == "determinism")

    return call


def test_equal_ladders_are_ok(trial):
    """Every rung equal: bit-identical, and how many rungs that rests on."""
    found = trial({"data": "a", "weights": ["b"]}, {"data": "a", "weights": ["b"]})
    assert found.ok
    assert "bit-identical, 2 rungs" in found.found


def test_a_different_rung_is_named(trial):
    """What differs is what a person looks for."""
    found = trial({"data": "a", "weights": ["b"]}, {"data": "a", "weights": ["c"]})
    assert not found.ok
    assert found.found.startswith("two runs of one experiment differ in: weights;")


def test_a_trial_that_fails_is_a_finding(trial):
    """The other findings are still told."""
    assert trial(error=ModelError("no TensorFlow.")).found == "the trial run failed: no TensorFlow."
    assert trial(outcome="failed").found == "the trial run failed: no luck"


def test_little_disk_is_a_finding(tmp_path):
    """A gigabyte is soon full."""
    found = diagnose(data_dir=tmp_path, runs_dir=tmp_path / "a" / "b", trial=False, free=lambda _folder: 10_000_000)
    assert [one.topic for one in found if not one.ok] == ["disk"]
    lines = diagnosis_text(found).splitlines()
    assert [line.split()[:3] for line in lines if line.startswith("problem")] == [["problem", "free", "disk"]]
    assert lines[-1] == "1 topic needs attention: see the line that begins with 'problem'."
    assert "--runs-dir" in diagnosis_text(found)
