"""A run with a fake trainer, on the storage layer alone: everything a real run writes, in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from run_folders import run_facts
from working_documents import a_job, a_training_result

from optbench.records import History, Predictions
from optbench.run_store import (
    Asker,
    Claim,
    RunPaths,
    begin_attempt,
    claim_run_folder,
    clear_state,
    make_folder,
    publish_log,
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


def train(claim: Claim, epochs: int) -> None:
    """Compute from the last checkpoint on; a checkpoint after every epoch."""
    found = read_latest_checkpoint(claim.run)
    w, epoch = np.zeros(3), 0
    if found is not None and found.arrays is not None:
        w, epoch = found.arrays["w"], found.epoch
    for e in range(epoch + 1, epochs + 1):
        claim.require()
        w = w * 1.5 + e
        write_checkpoint(claim, epoch=e, arrays={"w": w}, record={"e": e})
    draft = claim.draft
    write_history(draft.history, History(("epoch", "w"), tuple((float(i), float(v)) for i, v in enumerate(w))))
    scores = Predictions(np.zeros(3, np.int64), w[:, None].astype(np.float32), np.arange(3))
    write_predictions(draft.predictions, {"test": scores}, class_names=("a",))
    write_training_result(draft, a_training_result())
    claim.publish(last=claim.run.training_result)


def work(folder: Path, epochs: int = 2, asker: Asker | None = None) -> None:
    """Bring the run in `folder` to its end, from wherever it stands."""
    paths = RunPaths(folder)
    if run_status(paths).is_finished:
        clear_state(paths)
        return
    claim = claim_run_folder(paths, key=KEY, asker=asker)
    try:
        with claim.explaining_loss():
            bring_to_its_end(claim, epochs)
    finally:
        claim.release()


def bring_to_its_end(claim: Claim, epochs: int) -> None:
    paths, draft = claim.run, claim.draft
    if not run_status(paths, is_ours=True).is_finished:
        begin_attempt(claim)
        if not paths.job.exists():
            make_folder(draft.code)
            write_text(draft.code / "model.py", "x = 1")
            write_text(draft.config, "x")
            write_job(draft, a_job(key=KEY))
            claim.publish(last=paths.job)
        if not paths.training_result.exists():
            train(claim, epochs)
        write_json(draft.metrics, {"schema_version": 1, "test": {"w": read_history(paths.history).rows[2][1]}})
        claim.publish()
        publish_log(claim)
        write_manifest(claim, run_facts(key=KEY))
    clear_state(paths, claim)


def contents(folder: Path) -> bytes:
    """Return the manifest, which digests every file, of a run that verifies."""
    paths = RunPaths(folder)
    problems = verify_manifest(paths, deep=True)
    assert problems == [], problems
    return paths.manifest.read_bytes()
