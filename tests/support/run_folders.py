"""Run folders made by the real steps of a run, with training invented: no TensorFlow, a tenth of a second each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from working_documents import a_training_result

from optbench.records import History, Predictions, RunStatus
from optbench.run_store import (
    Claim,
    RunFacts,
    RunPaths,
    begin_attempt,
    claim_run_folder,
    clear_state,
    end_attempt,
    file_sha256,
    write_history,
    write_manifest,
    write_predictions,
    write_training_result,
)
from optbench.run_store.claims import make_claim
from optbench.run_store.manifest import parse_manifest
from optbench.runner.plan import PlannedRun, load_experiments, plan_runs
from optbench.runner.stage import stage_run
from optbench.runs.finish import finish_run

EPOCHS = 3
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def write_experiment(folder: Path, *, optimizer: str = "adam", extra: str = "", name: str | None = None) -> Path:
    """Write an experiment on iris that trains in no time; `extra` is more YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name or optimizer}.yaml"
    path.write_text(
        f"name: {name or optimizer}\ndataset: {{name: iris}}\nmodel: {{name: mlp, hidden_units: [4]}}\n"
        f"optimizer: {{name: {optimizer}, learning_rate: 0.01}}\ntraining: {{epochs: {EPOCHS}}}\n{extra}",
        encoding="utf-8",
    )
    return path


def plan(config: Path, runs_dir: Path, *, seeds: tuple[int, ...] = (0,), overrides: tuple[str, ...] = ()) -> list:
    """Return the planned runs of an experiment file, with the keys that `optbench run` computes."""
    return plan_runs(load_experiments([config], overrides), seeds=seeds, runs_dir=runs_dir, data_dir=runs_dir / "data")


@contextmanager
def claimed(paths: RunPaths, key: str) -> Iterator[Claim]:
    """Hold a run folder as long as the block lasts; its attempt has begun."""
    claim = claim_run_folder(paths, key=key)
    begin_attempt(claim)
    try:
        yield claim
    finally:
        claim.release()


def run_facts(**given: Any) -> RunFacts:
    """Return facts for a manifest, of which those that are not given say nothing."""
    plain = {"run": "r", "key": "0" * 64, "status": RunStatus.COMPLETED, "name": "r", "seed": 0, "config": {}}
    return RunFacts(**{**plain, "versions": {}, "machine": "", **given})


def facts_of(paths: RunPaths, **changes: Any) -> RunFacts:
    """Return what the manifest of a finished run says of it; `changes` are facts that become others."""
    manifest = parse_manifest(paths)
    return RunFacts(**{**{field.name: getattr(manifest, field.name) for field in fields(RunFacts)}, **changes})


def seal(paths: RunPaths, facts: RunFacts) -> None:
    """Give a folder a manifest of the files that are in it, instead of the one it has."""
    paths.manifest.unlink(missing_ok=True)
    claim = make_claim(paths, key=facts.key)
    write_manifest(claim, facts)
    clear_state(paths, claim)


def stage(run: PlannedRun) -> RunPaths:
    """Claim and stage a run, as far as `optbench run` does before training; nobody holds it afterwards."""
    code = {name: file_sha256(path) for name, path in run.code.items()}
    with claimed(run.paths, run.key) as claim:
        stage_run(run, claim, environment={"machine": "m1", "packages": {}, "code": code}, patch=None)
    return run.paths


def pretend_training(
    run: PlannedRun, *, accuracy: float = 0.9, diverged: bool = False, optimizer: dict[str, Any] | None = None
) -> None:
    """Write what training leaves behind: a history, predictions that are right `accuracy` of the time, the result.

    `optimizer` is the record of the built object; None leaves it out, as versions did that had none.
    """
    predictions = {
        name: Predictions(split.y, _scores(split.y, run.dataset.num_classes, accuracy, diverged=diverged), split.rows)
        for name, split in run.dataset.splits.items()
    }
    with claimed(run.paths, run.key) as claim:
        draft = claim.draft
        write_history(draft.history, _history(diverged=diverged))
        write_predictions(draft.predictions, predictions, class_names=run.dataset.class_names)
        draft.model.write_bytes(b"no model")
        write_training_result(draft, a_training_result(epochs=EPOCHS, diverged=diverged, optimizer=optimizer))
        claim.publish(last=run.paths.training_result)
        end_attempt(claim, kind="trained", exit_code=0)


def finished_run(
    run: PlannedRun,
    *,
    accuracy: float = 0.9,
    diverged: bool = False,
    draw: bool = False,
    optimizer: dict[str, Any] | None = None,
) -> RunPaths:
    """Stage, pretend to train and finish a run; its folder is one that `optbench run` would skip."""
    paths = stage(run)
    pretend_training(run, accuracy=accuracy, diverged=diverged, optimizer=optimizer)
    with claimed(paths, run.key) as claim:
        finish_run(claim, draw=draw)
    return paths


def trained_run(run: PlannedRun) -> RunPaths:
    """Stage, train and finish a run in this process, which has TensorFlow: for what needs a real model."""
    from optbench.runs.artefacts import training_times, write_training_artefacts
    from optbench.training.loop import train

    paths, base = stage(run), run.loaded.base.resolve()
    outcome, engine = train(run.config, run.dataset, base=base, resume=None, on_epoch=lambda *_: None, kept=None)
    times = training_times(outcome, peak_memory_mb=1.0, runs_in_flight=1)
    with claimed(paths, run.key) as claim, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Keras, while it saves a model
        write_training_artefacts(
            claim, config=run.config, dataset=run.dataset, outcome=outcome, engine=engine, times=times
        )
        finish_run(claim, draw=False)
    return paths


def interrupted_run(run: PlannedRun) -> RunPaths:
    """Stage a run whose first attempt was stopped by the user."""
    paths = stage(run)
    with claimed(paths, run.key) as claim:
        end_attempt(claim, kind="interrupted", exit_code=143, reason="stopped after epoch 1 of 3.")
    return paths


def _history(*, diverged: bool) -> History:
    rows = [
        (float(epoch), 1.1 - 0.2 * epoch, 0.3 + 0.2 * epoch, 1.2 - 0.2 * epoch, 0.3 + 0.1 * epoch, 0.01)
        for epoch in range(EPOCHS + 1)
    ]
    if diverged:
        rows[-1] = (float(EPOCHS), float("nan"), 0.3, float("nan"), 0.3, 0.01)
    return History(COLUMNS, tuple(rows))


def _scores(y: np.ndarray, classes: int, accuracy: float, *, diverged: bool) -> np.ndarray:
    right = np.arange(len(y)) % 10 < round(10 * accuracy)
    answer = np.where(right, y, (y + 1) % classes)
    scores = np.full((len(y), classes), 0.1 / (classes - 1), dtype=np.float32)
    scores[np.arange(len(y)), answer] = 0.9
    return np.full_like(scores, np.nan) if diverged else scores
