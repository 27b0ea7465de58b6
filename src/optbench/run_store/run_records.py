"""A finished run folder as a record; nothing in it is trusted before its manifest has verified."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.core.worded import worded
from optbench.errors import NoRunsError, StorageError
from optbench.records import SPLITS, RunRecord, trains_on_all_rows
from optbench.run_store.documents import NEWEST_METRICS, SCHEMA_VERSION, decode_json, require_schema
from optbench.run_store.manifest import check_manifest
from optbench.run_store.paths import RunPaths
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.run_store.manifest import Manifest

_LARGEST_DOCUMENT = 256 << 20


def read_run(folder: Path) -> RunRecord:
    """Read the small facts of a finished run.

    Raises
    ------
    NoRunsError
        If the folder holds no finished run, or one whose metrics, times or digests are unreadable.
    """
    paths = RunPaths(folder)
    manifest, problems = check_manifest(paths)
    if manifest is None or problems:
        raise NoRunsError(
            worded("folder-no-finished-run", "{folder} holds no finished run.", folder=folder),
            findings=problems[:1],
            code="runs-run-unfinished",
        )
    try:
        metrics = _listed_document(manifest, paths.metrics, newest=NEWEST_METRICS)
        timing, digests = (_listed_document(manifest, path) for path in (paths.timing, paths.digests))
        _require_config(manifest.config, paths.manifest)
        _require_task(manifest.config, paths.manifest)
        _require_metrics(metrics, paths.metrics, all_rows=trains_on_all_rows(manifest.config))
        _require_numbers(timing, paths.timing)
    except StorageError as error:
        raise NoRunsError(
            worded("folder-unreadable-because", "{folder} holds no readable run: {error}", folder=folder, error=error),
            code="runs-run-unreadable",
        ) from error
    return RunRecord(
        run=manifest.run,
        folder=str(folder),
        key=manifest.key,
        status=manifest.status,
        seed=manifest.seed,
        config=manifest.config,
        versions=manifest.versions,
        metrics=metrics,
        timing=timing,
        digests=digests,
        machine=manifest.machine,
        optimizer=_built_optimizer(manifest, paths),
    )


def _built_optimizer(manifest: Manifest, paths: RunPaths) -> Mapping[str, Any] | None:
    """Return what was recorded of the built optimizer where the config does not tell it; older runs recorded nothing.

    It does not tell what the user's own function made, nor which variables the patterns of exceptions fit.
    """
    section = manifest.config["optimizer"]
    if section["name"] != "python" and not section.get("exclude_from_weight_decay"):
        return None  # the config says it all, and comparing a thousand runs reads a thousand files less
    try:
        built = _listed_document(manifest, paths.environment).get("optimizer")
    except StorageError:
        return None
    return built if isinstance(built, dict) else None


def _listed_document(manifest: Manifest, path: Path, *, newest: int = SCHEMA_VERSION) -> dict[str, Any]:
    if path.name not in manifest.files:
        raise StorageError(f"{path.name} must be one of the files its manifest lists.", code="storage-file-unlisted")
    data = read_bytes(path, most=_LARGEST_DOCUMENT)
    if hashlib.sha256(data).hexdigest() != manifest.files[path.name].sha256:
        raise StorageError(
            worded("folder-file-changed", "{path} has changed since the run finished.", path=path),
            code="storage-file-changed",
        )
    document = decode_json(data, path)
    require_schema(document, path, newest=newest)
    return document


def _require_config(config: Mapping[str, Any], path: Path) -> None:
    for name in ("dataset", "model", "optimizer"):
        section = config.get(name)
        if not isinstance(section, dict) or not isinstance(section.get("name"), str):
            raise StorageError(
                f"{path}: config must name a {name}. Received: {section!r:.80}.", code="storage-document-wrong"
            )


def _require_task(config: Mapping[str, Any], path: Path) -> None:
    task = config.get("task", DEFAULT_TASK)
    if not isinstance(task, str) or task not in TASKS:
        raise StorageError(
            f"{path}: config must have a task that this version knows ({', '.join(TASKS)}). Received: {task!r:.80}.",
            code="storage-document-wrong",
        )


def _require_metrics(metrics: Mapping[str, Any], path: Path, *, all_rows: bool) -> None:
    if not isinstance(metrics.get("test"), dict) and not (all_rows and metrics.get("test") is None):
        raise StorageError(f"{path} must hold the metrics of the test split.", code="storage-document-wrong")
    if not isinstance(metrics.get("warnings", []), list):
        raise StorageError(f"{path}: warnings must be a list.", code="storage-document-wrong")
    for split in SPLITS:
        values = metrics.get(split)
        if isinstance(values, dict):
            _require_numbers(values, path)
        elif values is not None:
            raise StorageError(
                f"{path}: {split} must be an object. Received: {type(values).__name__}.", code="storage-document-wrong"
            )


def _require_numbers(values: Mapping[str, Any], path: Path) -> None:
    wrong = [name for name, value in values.items() if value is not None and not _is_number(value)]
    if wrong:
        raise StorageError(
            f"{path}: {wrong[0]!r} must be a number or null. Received: {values[wrong[0]]!r:.80}.",
            code="storage-document-wrong",
        )


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False
