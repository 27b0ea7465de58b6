"""Fixtures over the invented runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finished_runs import make_run

from optbench.records import RunRecord


@pytest.fixture
def run() -> Callable[..., RunRecord]:
    """The maker of finished runs."""
    return make_run


@pytest.fixture
def runs() -> Callable[..., list[RunRecord]]:
    """The maker of one optimizer's runs: `runs("adam", [0.91, 0.92])` has the seeds 0 and 1."""

    def make(optimizer: str, accuracies: list[float], **options: Any) -> list[RunRecord]:
        return [make_run(optimizer, seed, value, **options) for seed, value in enumerate(accuracies)]

    return make
