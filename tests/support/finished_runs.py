"""Finished runs invented from a few numbers, so that every test shows what it depends on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from optbench.catalog.metrics import measured
from optbench.records import History, RocCurve, RunRecord, RunStatus

TASK = "classification"
DEFAULTS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "rmsprop": {"learning_rate": 0.001, "rho": 0.9},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999},
    "adamw": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "weight_decay": 0.004},
}
SHARED: dict[str, Any] = {"weight_decay": None, "clipnorm": None, "clipvalue": None, "use_ema": False}


def make_run(
    optimizer: str = "adam",
    seed: int = 0,
    accuracy: float | None = 0.9,
    *,
    diverged: bool = False,
    arguments: dict[str, Any] | None = None,
    dataset: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    digests: dict[str, Any] | None = None,
    versions: dict[str, str] | None = None,
    timing: dict[str, Any] | None = None,
    machine: str = "m1",
    key: str | None = None,
    optimizer_built: dict[str, Any] | None = None,
) -> RunRecord:
    """Return a finished run; everything not given is the same for all runs."""
    config = {
        "name": f"demo-{optimizer}",
        "seed": seed,
        "dataset": dataset or {"name": "wine", "split": {"test": 0.2, "validation": 0.1, "seed": 0}},
        "model": model or {"name": "mlp", "hidden_units": [64, 32], "activation": "relu", "dropout": 0.0},
        "optimizer": {"name": optimizer, **SHARED, **DEFAULTS.get(optimizer, {}), **(arguments or {})},
        "training": {"epochs": 10, "batch_size": 32, "engine": "fused", "threads": 1, **(training or {})},
        "report": {"figures": True},
    }
    scores = {metric.name: accuracy if metric.higher_is_better else _missed(accuracy) for metric in measured(TASK)}
    test = {
        **(dict.fromkeys(scores) if diverged else scores),
        "majority_accuracy": 0.4,
        **(metrics or {}),
    }
    key = key or _key(config, digests, versions)
    return RunRecord(
        run=f"demo-{optimizer}-s{seed}-{key[:8]}",
        folder=f"runs/demo-{optimizer}-s{seed}-{key[:8]}",
        key=key,
        status=RunStatus.DIVERGED if diverged else RunStatus.COMPLETED,
        seed=seed,
        config=config,
        versions={"tensorflow": "2.21.0", "keras": "3.15.1", **(versions or {})},
        metrics={"schema_version": 1, "test": test, "epochs_run": 10, "best_epoch": 8, "diverged": diverged},
        timing={"training_seconds": 2.0, "peak_memory_mb": 600.0, "runs_in_flight": 1, **(timing or {})},
        digests={
            "data": "d" * 64,
            "split": "e" * 64,
            "initial_weights": f"{seed:064x}",
            "order": [f"{seed:032x}{epoch:032x}" for epoch in range(10)],
            **(digests or {}),
        },
        machine=machine,
        optimizer=optimizer_built,
    )


def make_history(seed: int = 0, epochs: int = 10) -> History:
    """Return a falling loss and a rising accuracy, a little different for each seed."""
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    rows = []
    for epoch in range(epochs + 1):
        loss = 0.2 + 0.8 * 0.7**epoch + 0.01 * seed
        rows.append((float(epoch), loss, 1.0 - loss / 2, loss + 0.05, 1.0 - loss / 1.9, 0.001))
    return History(columns, tuple(rows))


def make_roc(lift: float = 0.3, label: str = "yes") -> tuple[RocCurve, ...]:
    """Return a train and a test curve of one class."""
    fpr = np.linspace(0.0, 1.0, 21)
    tpr = fpr**lift
    threshold = np.concatenate([[np.inf], fpr[:0:-1]])
    return tuple(
        RocCurve(split, label, fpr, tpr, threshold, float(np.trapezoid(tpr, fpr))) for split in ("train", "test")
    )


def store_run(record: RunRecord, runs_dir: Path) -> Path:
    """Write a run as a finished folder with history and, unless it diverged, ROC curves."""
    from run_folders import seal

    from optbench.evaluation import roc_csv
    from optbench.run_store import RunFacts, RunPaths, write_history, write_json, write_text

    paths = RunPaths(runs_dir / record.run)
    paths.folder.mkdir(parents=True)
    write_history(paths.history, make_history(record.seed))
    if record.status is RunStatus.COMPLETED:
        write_text(paths.roc_curve, roc_csv(make_roc()))
    for path, document in (
        (paths.metrics, record.metrics),
        (paths.timing, record.timing),
        (paths.digests, record.digests),
    ):
        write_json(path, {"schema_version": 1, **document})
    facts = RunFacts(
        run=record.run,
        key=record.key,
        status=record.status,
        name=record.config["name"],
        seed=record.seed,
        config=record.config,
        versions=record.versions,
        machine=record.machine,
    )
    seal(paths, facts)
    return paths.folder


def _missed(accuracy: float | None) -> float | None:
    return None if accuracy is None else 1.0 - accuracy


def _key(*parts: Any) -> str:
    import hashlib
    import json

    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
