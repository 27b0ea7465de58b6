"""Runs to export, stored once."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported_runs import stored

from optbench.study.export import collected


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory) -> Path:
    """Six seeds of two optimizers, and a folder that is no run."""
    folder = stored(tmp_path_factory.mktemp("exported") / "runs")
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="session")
def comparison(runs_dir):
    """What leaves of them."""
    (found,), notes = collected([str(runs_dir)], runs_dir)
    assert [note.code for note in notes] == ["find-no-run-folder"]
    return found
