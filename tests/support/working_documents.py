"""A job and a training result, whole, for tests that care about some of their values or none."""

from __future__ import annotations

from typing import Any

from optbench.core.findings import Finding, Severity
from optbench.records import RunStatus
from optbench.run_store import Job, LadderDigests, TrainingResult, TrainingTimes


def a_job(**changes: Any) -> Job:
    """Return a job of three classes; `changes` are attributes that have another value."""
    values = {
        "run": "adam-s0-00000000",
        "key": "0" * 64,
        "base": ".",
        "data": "d" * 64,
        "split": "e" * 64,
        "versions": {"numpy": "2"},
        "class_names": ("a", "b", "c"),
        "positive_class": None,
    }
    return Job(**{**values, **changes})


def not_a_number_in(epoch: int) -> Finding:
    """Return why a run diverged."""
    return Finding("training-loss-not-finite", Severity.WARNING, {"loss": "nan", "epoch": epoch})


def a_training_result(*, epochs: int = 3, diverged: bool = False, **changes: Any) -> TrainingResult:
    """Return what a training of so many epochs has left; `changes` are attributes that have another value."""
    rungs = tuple(f"{epoch:064x}" for epoch in range(1, epochs + 1))
    values = {
        "status": RunStatus.DIVERGED if diverged else RunStatus.COMPLETED,
        "reason": not_a_number_in(epochs) if diverged else None,
        "best_epoch": epochs,
        "epochs_run": epochs,
        "digests": LadderDigests("a" * 64, rungs, rungs, rungs),
        "timing": TrainingTimes(0.25, 0.25, 0.25 / epochs, 0.5, 300.0, 1),
        "software": {"tensorflow": "2.21.0"},
    }
    return TrainingResult(**{**values, **changes})
