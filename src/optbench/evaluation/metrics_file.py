"""`metrics.json`: an evaluation's numbers as JSON values, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import LOSS, VALIDATION
from optbench.core.findings import Finding, Severity, read_finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.records import Evaluation, History, SplitName
    from optbench.regression_records import RegressionEvaluation


def metrics_json(
    evaluation: Evaluation | RegressionEvaluation,
    *,
    losses: Mapping[SplitName, float],
    epochs_run: int,
    best_epoch: int | None,
    diverged: bool,
    all_rows: bool = False,
) -> dict[str, Any]:
    """Return the content of `metrics.json`: numbers per split (None if there is no such split) and the warnings.

    Parameters
    ----------
    all_rows : whether all rows were trained on: then there is no test split, rather than one that is withheld
    losses : of the weights that the run ended with, as far as they are known: see `final_losses`
    """
    from optbench.run_store.documents import NEWEST_METRICS

    names: tuple[SplitName, ...] = ("test", "validation", "train")
    splits: dict[str, Any] = {split: _numbers(losses.get(split), evaluation.metrics.get(split)) for split in names}
    if all_rows:
        splits["test"] = None
    return {
        "schema_version": NEWEST_METRICS,
        **splits,
        "epochs_run": epochs_run,
        "best_epoch": best_epoch,
        "diverged": diverged,
        "warnings": [warning.to_json() for warning in evaluation.warnings],
    }


def final_losses(
    history: History, *, best_epoch: int | None, restores_best: bool, diverged: bool
) -> dict[SplitName, float]:
    """Return the training's own loss in the epoch whose weights the run ended with; that of the test split is unknown.

    Notes
    -----
    That is the best epoch where its weights are restored, else the last one. The validation loss is that of those
    weights; the training loss is the mean over the steps of that epoch, while the weights moved. A diverged run keeps
    the weights it diverged with.
    """
    epochs = history.column("epoch")
    row = epochs.index(best_epoch) if restores_best and not diverged and best_epoch in epochs else len(epochs) - 1
    columns: dict[SplitName, str] = {"train": LOSS.name, "validation": VALIDATION + LOSS.name}
    return {split: history.column(name)[row] for split, name in columns.items() if name in history.columns}


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the content of `metrics.json`.

    Raises
    ------
    StorageError
        If it cannot be read or was written by a newer optbench.
    """
    from optbench.run_store.documents import NEWEST_METRICS, read_json, require_schema

    document = read_json(path)
    require_schema(document, path, newest=NEWEST_METRICS)
    return document


def recorded_warnings(metrics: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the warnings of a `metrics.json`; those of schema version 1 are sentences."""
    return tuple(read_finding(recorded, Severity.WARNING) for recorded in metrics.get("warnings", ()))


def _numbers(loss: float | None, metrics: Mapping[str, float | None] | None) -> dict[str, float | None] | None:
    if metrics is None:
        return None
    values = {LOSS.name: loss, **metrics}
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}
