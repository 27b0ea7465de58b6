"""Working documents of an unfinished run that carry their own digest, and those of the files they stand for.

The manifest vouches for a finished run. Until there is one, the job vouches for what was staged and the training
result for what training left; a changed byte in any of them is seen before anything is built on it. That is why they
need not be durable: of what a power cut takes, the job is a function of the experiment, and training goes back to its
last checkpoint, which is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.errors import InvalidError, StorageError
from optbench.run_store.atomic import storage_error, write_bytes
from optbench.run_store.contained import contained
from optbench.run_store.documents import decode_json, encode_json, require_schema
from optbench.run_store.job import Job
from optbench.run_store.reading import file_sha256, read_bytes
from optbench.run_store.training_result import TrainingResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.run_store.paths import RunPaths

_LARGEST = 256 << 20


def write_job(paths: RunPaths, job: Job) -> None:
    """Write `.state/job.json`, which marks a folder as staged and vouches for everything staged in it.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    staged = [paths.config, paths.config_resolved, paths.staged_environment, paths.patch]
    try:
        copies = sorted(paths.code.iterdir()) if paths.code.is_dir() else []
    except OSError as error:
        raise storage_error(error, paths.code, doing="listed") from error
    _write(paths, paths.job, job.to_json(), [*staged, *copies])


def read_job(paths: RunPaths) -> Job:
    """Read `.state/job.json`.

    Raises
    ------
    StorageError
        If the run has not been staged, a newer optbench staged it, or anything of it has changed since.
    """
    return Job.from_json(_read(paths, paths.job), paths.job)


def write_training_result(paths: RunPaths, result: TrainingResult) -> None:
    """Write `.state/training.json`, which marks training as done and vouches for all that training left.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    _write(paths, paths.training_result, result.to_json(), left_by_training(paths))


def left_by_training(paths: RunPaths) -> tuple[Path, ...]:
    """Return the files that training leaves in a run, but for the one that vouches for them; some may not be there."""
    return (paths.history, paths.diagnostics, paths.predictions, paths.model, paths.fitted_preprocessing)


def read_training_result(paths: RunPaths) -> TrainingResult:
    """Read `.state/training.json`.

    Raises
    ------
    StorageError
        If training is not done, or anything it left has changed since.
    """
    return TrainingResult.from_json(_read(paths, paths.training_result), paths.training_result)


def _write(paths: RunPaths, path: Path, document: Mapping[str, Any], files: Sequence[Path]) -> None:
    digests = {f.relative_to(paths.folder).as_posix(): file_sha256(f) for f in files if f.is_file()}
    try:
        body = {**document, "files": digests}
        write_bytes(path, encode_json({**body, "sha256": _digest(body)}), durable=False)
    except ValueError as error:
        raise StorageError(f"{path} must hold finite numbers only ({error}).", code="storage-not-finite") from error


def _read(paths: RunPaths, path: Path) -> dict[str, Any]:
    data = read_bytes(path, most=_LARGEST)
    document = decode_json(data, path)
    require_schema(document, path)
    body = {name: value for name, value in document.items() if name != "sha256"}
    if data != encode_json({**body, "sha256": _digest(body)}) or not isinstance(body.get("files"), dict):
        raise StorageError(
            worded(
                "file-damaged", "{path} is damaged: its content does not have the sha256 that it records.", path=path
            ),
            code="storage-file-damaged",
        )
    for name, digest in body["files"].items():
        if _digest_of(paths, name) != digest:
            raise StorageError(
                worded(
                    "file-changed-since",
                    "{path} has changed since {record} was written.",
                    path=paths.folder / name,
                    record=path.name,
                ),
                code="storage-file-changed",
            )
    return body


def _digest_of(paths: RunPaths, name: str) -> str:
    try:
        return file_sha256(contained(paths.folder, name))
    except InvalidError as error:
        raise StorageError(error.worded, code=error.code) from error


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode_json(body)).hexdigest()
