"""A run with a fake trainer, on the storage layer alone: everything a real run writes, in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from optbench.records import History, Predictions
from optbench.run_store import (
    RunLock,
    RunPaths,
    begin_attempt,
    claim_run_folder,
    clear_state,
    read_history,
    read_latest_checkpoint,
    run_status,
    verify_manifest,
    write_checkpoint,
    write_history,
    write_job,
    write_json,
    write_manifest,
    write_predictions,
    write_text,
    write_training_result,
)

KEY = "0123456789abcdef" * 4


def train(paths: RunPaths, epochs: int) -> None:
    """Compute from the last checkpoint on; a checkpoint after every epoch."""
    begin_attempt(paths)
    found = read_latest_checkpoint(paths)
    w, epoch = np.zeros(3), 0
    if found is not None and found.arrays is not None:
        w, epoch = found.arrays["w"], found.epoch
    for e in range(epoch + 1, epochs + 1):
        w = w * 1.5 + e
        write_checkpoint(paths, epoch=e, arrays={"w": w}, record={"e": e})
    write_history(paths.history, History(("epoch", "w"), tuple((float(i), float(v)) for i, v in enumerate(w))))
    scores = Predictions(np.zeros(3, np.int64), w[:, None].astype(np.float32), np.arange(3))
    write_predictions(paths.predictions, {"test": scores}, class_names=("a",))
    write_training_result(paths, {"schema_version": 1, "status": "completed"})


def work(folder: Path, epochs: int = 2) -> None:
    """Bring the run in `folder` to its end, from wherever it stands."""
    paths = RunPaths(folder)
    claim_run_folder(paths, key=KEY)
    with RunLock(paths):
        if run_status(paths, lock_is_ours=True).is_finished:
            return
        if not paths.job.exists():
            write_text(paths.config, "x")
            write_job(paths, {"schema_version": 1, "key": KEY})
        if not paths.training_result.exists():
            train(paths, epochs)
        write_json(paths.metrics, {"schema_version": 1, "test": {"w": read_history(paths.history).rows[2][1]}})
        facts = {"run": "r", "key": KEY, "name": "r", "seed": 0, "config": {}, "versions": {}, "machine": ""}
        write_manifest(paths, status="completed", **facts)
        clear_state(paths)


def contents(folder: Path) -> bytes:
    """Return the manifest, which digests every file, of a run that verifies."""
    paths = RunPaths(folder)
    problems = verify_manifest(paths, deep=True)
    assert problems == [], problems
    return paths.manifest.read_bytes()
