"""Run folders made by the store itself, small enough to damage at every byte."""

from __future__ import annotations

import pytest

from optbench.run_store import (
    RunPaths,
    claim_run_folder,
    clear_state,
    run_id,
    write_json,
    write_manifest,
    write_text,
)

KEY = "0123456789abcdef" * 4


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def paths(tmp_path):
    """A claimed, unfinished run folder."""
    found = RunPaths(tmp_path / "runs" / run_id("wine", 0, KEY))
    claim_run_folder(found, key=KEY)
    return found


@pytest.fixture
def make_run():
    """Make a finished run in a folder: `make_run(runs_dir, seed=3)` gives its paths."""

    def make(runs_dir, *, name="wine", seed=0, key=None, status="completed", suffix=""):
        key = key or f"{seed + 1:02x}" * 32
        found = RunPaths(runs_dir / (run_id(name, seed, key) + suffix))
        claim_run_folder(found, key=key)
        write_json(found.metrics, {"schema_version": 1, "test": {"accuracy": 0.5, "roc_auc": None}, "epochs_run": 2})
        write_json(found.timing, {"schema_version": 1, "training_seconds": 0.25})
        write_json(found.digests, {"schema_version": 1, "order": ["a", "b"]})
        found.code.mkdir()
        write_text(found.code / "my model.py", "x = 1\n")
        finish(found, key=key, status=status, name=name, seed=seed)
        clear_state(found)
        return found

    return make


@pytest.fixture
def finish_run():
    return finish


CONFIG = {"dataset": {"name": "wine"}, "model": {"name": "mlp"}, "optimizer": {"name": "adam", "learning_rate": 1e-3}}


def finish(paths, *, key=KEY, status="completed", name="wine", seed=0, config=None):
    write_manifest(
        paths,
        run=paths.folder.name,
        key=key,
        status=status,
        name=name,
        seed=seed,
        config={"name": name, **(CONFIG if config is None else config)},
        versions={"numpy": "2.4"},
        machine="abc",
    )
