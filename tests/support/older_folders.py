"""Run folders in the form of an earlier or a later release, made from one that today's steps wrote."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from run_folders import facts_of, seal

from optbench.run_store import RunPaths, file_sha256, read_json, write_json
from optbench.study.paths import StudyPaths

# What the first release wrote for a classification, as it stood then; not to be derived from today's code.
METRICS = (
    "accuracy",
    "balanced_accuracy",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "log_loss",
    "roc_auc",
    "majority_accuracy",
)
SPLITS = ("test", "validation", "train")
WARNING = "9 of 30 test rows have the same inputs as a training row, which flatters the test metrics."


def as_first_release(paths: RunPaths) -> RunPaths:
    """Give a finished run the metrics.json, the ladder and the manifest of the first release."""
    today = read_json(paths.metrics)
    metrics = {
        "schema_version": 1,
        **{split: {name: today[split][name] for name in METRICS} for split in SPLITS},
        **{name: today[name] for name in ("epochs_run", "best_epoch", "diverged")},
        "warnings": [WARNING],
    }
    _with_metrics(paths, metrics)
    return paths


def as_later(paths: RunPaths, *, nudged: bool = False) -> RunPaths:
    """Give a finished run the metrics.json of a later schema; `nudged` moves the last bit of one metric."""
    today = read_json(paths.metrics)
    metrics = {
        **today,
        "schema_version": 2,
        **{split: {**today[split], "loss": 0.5} for split in SPLITS},
        "warnings": [{"code": "duplicate_rows", "severity": "remark", "values": {"rows": 9}}],
    }
    if nudged:
        metrics["test"]["accuracy"] = math.nextafter(metrics["test"]["accuracy"], 0.0)
    _with_metrics(paths, metrics)
    return paths


def accuracy(paths: RunPaths) -> float:
    """Return the accuracy on the test split."""
    return float(read_json(paths.metrics)["test"]["accuracy"])


def rewrite(paths: RunPaths, documents: Mapping[Path, Mapping[str, Any]], **head: Any) -> None:
    """Replace JSON files of a finished run and close it again, as if it had been recorded so."""
    facts = facts_of(paths, **head)
    for path, document in documents.items():
        write_json(path, document)
    seal(paths, facts)


def _with_metrics(paths: RunPaths, metrics: Mapping[str, Any]) -> None:
    write_json(paths.metrics, metrics)
    rewrite(paths, {paths.digests: {**read_json(paths.digests), "metrics": file_sha256(paths.metrics)}})


def study_as_first_release(paths: StudyPaths) -> StudyPaths:
    """Give a finished study the form of the first release: no manifest, kept verdict, design or file of its own."""
    shutil.rmtree(paths.verdicts)
    for path in (paths.manifest, paths.given, paths.resolved, *paths.folder.glob("recommended*.yaml")):
        path.unlink()
    record = read_json(paths.record)
    for name in ("design", "engines", "looks"):
        del record[name]
    outputs = {name: digest for name, digest in record["outputs"].items() if (paths.folder / name).is_file()}
    write_json(paths.record, {**record, "outputs": outputs})
    return paths
