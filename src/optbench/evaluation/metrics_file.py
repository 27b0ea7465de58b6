"""`metrics.json`: an evaluation's numbers as JSON values, and back."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity, read_finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.records import Evaluation, SplitMetrics
    from optbench.regression_records import RegressionEvaluation, RegressionMetrics

SCHEMA_VERSION: Final = 1


def metrics_json(
    evaluation: Evaluation | RegressionEvaluation, *, epochs_run: int, best_epoch: int | None, diverged: bool
) -> dict[str, Any]:
    """Return the content of `metrics.json`: metrics per split (None if there is no such split) and the warnings."""
    splits = {split: _numbers(evaluation.metrics.get(split)) for split in ("test", "validation", "train")}
    return {
        "schema_version": SCHEMA_VERSION,
        **splits,
        "epochs_run": epochs_run,
        "best_epoch": best_epoch,
        "diverged": diverged,
        "warnings": [warning.to_json() for warning in evaluation.warnings],
    }


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


def _numbers(metrics: SplitMetrics | RegressionMetrics | None) -> dict[str, float | None] | None:
    if metrics is None:
        return None
    values = dataclasses.asdict(metrics)
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}
