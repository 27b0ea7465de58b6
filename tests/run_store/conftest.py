"""Run folders made by the store itself, small enough to damage at every byte."""

from __future__ import annotations

import pytest
from run_folders import run_facts, seal

from optbench.records import RunStatus
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
    """A begun, unfinished run folder that nobody holds."""
    found = RunPaths(tmp_path / "runs" / run_id("wine", 0, KEY))
    claim_run_folder(found, key=KEY).release()
    return found


@pytest.fixture
def claim(paths):
    """The claim on an unfinished run folder."""
    return claim_run_folder(paths, key=KEY)


@pytest.fixture
def make_run():
    """Make a finished run in a folder: `make_run(runs_dir, seed=3)` gives its paths."""

    def make(runs_dir, *, name="wine", seed=0, key=None, status="completed", suffix=""):
        key = key or f"{seed + 1:02x}" * 32
        found = RunPaths(runs_dir / (run_id(name, seed, key) + suffix))
        claim = claim_run_folder(found, key=key)
        draft = claim.draft
        write_json(draft.metrics, {"schema_version": 1, "test": {"accuracy": 0.5, "roc_auc": None}, "epochs_run": 2})
        write_json(draft.timing, {"schema_version": 1, "training_seconds": 0.25})
        write_json(draft.digests, {"schema_version": 1, "order": ["a", "b"]})
        draft.code.mkdir()
        write_text(draft.code / "my model.py", "x = 1\n")
        claim.publish()
        finish(claim, key=key, status=status, name=name, seed=seed)
        clear_state(found, claim)
        return found

    return make


@pytest.fixture
def finish_run():
    """Write the manifest of a run that a claim holds."""
    return finish


@pytest.fixture
def seal_run():
    """Give a folder a manifest of the files that are in it, instead of the one it has."""

    def seal_folder(paths, *, key=KEY, config=None):
        seal(paths, a_wine_run(paths, key=key, config=config))

    return seal_folder


CONFIG = {"dataset": {"name": "wine"}, "model": {"name": "mlp"}, "optimizer": {"name": "adam", "learning_rate": 1e-3}}


def finish(claim, **facts):
    write_manifest(claim, a_wine_run(claim.run, **facts))


def a_wine_run(paths, *, key=KEY, status="completed", name="wine", seed=0, config=None):
    return run_facts(
        run=paths.folder.name,
        key=key,
        status=RunStatus(status),
        name=name,
        seed=seed,
        config={"name": name, **(CONFIG if config is None else config)},
        versions={"numpy": "2.4"},
        machine="abc",
    )
