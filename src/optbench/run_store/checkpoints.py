"""Checkpoints: everything training needs to go on, in one file that carries its own digest.

One file, because of two a kill can leave a new one beside an old one. The two newest are kept, so that one damaged
file costs some epochs and not the run.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from optbench.core.findings import Finding, Severity, as_json
from optbench.errors import StorageError
from optbench.run_store.arrays import array_from_npy, npy_bytes, pack, unpack
from optbench.run_store.atomic import write_in_parts
from optbench.run_store.documents import decode_json, encode_json, require_schema
from optbench.run_store.folders import recorded_key
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.run_store.claim import Claim
    from optbench.run_store.paths import RunPaths

_KEPT = 2
_NAME = re.compile(r"ckpt-(\d{6,})(?:-(\d{6,}))?\.npz")  # epoch and claim; before there were claims, the epoch
_RECORD = "checkpoint.json"
_FOOTER = b"sha256:"
_FOOTER_BYTES = len(_FOOTER) + 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state after an epoch.

    Attributes
    ----------
    epoch : the last one that was trained; 0 if `arrays` is None
    arrays : by name; None if no checkpoint is usable and training has to begin again
    record : what was stored beside the arrays
    warnings : one for every checkpoint that was passed over, and one if none is left
    """

    epoch: int
    arrays: Mapping[str, NDArray[Any]] | None
    record: Mapping[str, Any]
    warnings: tuple[Finding, ...] = ()


def write_checkpoint(
    claim: Claim, *, epoch: int, arrays: Mapping[str, NDArray[Any]], record: Mapping[str, Any]
) -> None:
    """Write a checkpoint, then remove all but it and the newest one before it.

    Parameters
    ----------
    claim : of the run; its number is in the file's name, so that no holder writes over the checkpoint of another
    arrays : numbers or booleans, of any shape
    record : plain JSON values, without NaN

    Raises
    ------
    StorageError
        If it cannot be written, or the claim is lost; earlier checkpoints are then untouched.
    """
    head = {
        "schema_version": 1,
        "key": recorded_key(claim.run),
        "epoch": epoch,
        "names": list(arrays),
        "record": dict(record),
    }
    path = claim.run.checkpoint(epoch, claim.number)
    try:
        entries = {_RECORD: encode_json(head)}
        entries |= {f"{number}.npy": npy_bytes(array) for number, array in enumerate(arrays.values())}
    except (TypeError, ValueError) as error:
        raise StorageError(f"{path} could not be written: {error}.", code="storage-write-failed") from error
    body = pack(entries)
    claim.publish_bytes(path, body + _FOOTER + hashlib.sha256(body).hexdigest().encode(), verify=True)
    _remove_others(claim, epoch)


def checkpoint_names(paths: RunPaths) -> list[str]:
    """Return the names of all checkpoints in the working files of a run, oldest first; they need not be whole."""
    return [path.name for _, path in _checkpoints(paths)]


def newest_checkpoint(claim: Claim, names: Iterable[str]) -> int | None:
    """Return the epoch of the newest checkpoint that the holder of a claim wrote, None if it wrote none.

    Parameters
    ----------
    names : of files, maybe on another machine; nothing is made of them but this number
    """
    named = [_NAME.fullmatch(name) for name in names]
    return max((int(match[1]) for match in named if match and int(match[2] or 0) == claim.number), default=None)


def bring_checkpoint(claim: Claim, epoch: int, chunks: Iterable[bytes]) -> None:
    """Write a checkpoint that was made on another machine, then remove older ones as `write_checkpoint` does.

    Parameters
    ----------
    chunks : its bytes, of which one chunk at a time is held

    Raises
    ------
    StorageError
        If they do not have the digest that they record, it cannot be written, or the claim is lost; earlier
        checkpoints are then untouched.
    """
    path = claim.run.checkpoint(epoch, claim.number)
    write_in_parts(path, lambda file: _write_whole(file, chunks, path), through=claim.draft.folder)
    _remove_others(claim, epoch)


def _write_whole(file: BinaryIO, chunks: Iterable[bytes], path: Path) -> None:
    digest, end = hashlib.sha256(), b""
    for chunk in chunks:
        file.write(chunk)
        end += chunk
        digest.update(end[:-_FOOTER_BYTES])
        end = end[-_FOOTER_BYTES:]
    if end != _FOOTER + digest.hexdigest().encode():
        raise _damaged(path)


def read_latest_checkpoint(paths: RunPaths) -> Checkpoint | None:
    """Return the newest checkpoint that is whole, or None if there are no checkpoints at all.

    A damaged one, or one of another run, is passed over with a warning; if none is left, `arrays` is None.
    """
    warnings = []
    for epoch, path in reversed(_checkpoints(paths)):
        try:
            arrays, record = _read(paths, path, epoch)
        except StorageError as error:
            warnings.append(_warning("checkpoint-passed-over", reasons=as_json(error.told())))
        else:
            return Checkpoint(epoch, arrays, record, tuple(warnings))
    if not warnings:
        return None
    return Checkpoint(0, None, {}, (*warnings, _warning("checkpoint-none-left")))


def _warning(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.WARNING, values)


def _read(paths: RunPaths, path: Path, epoch: int) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    data = read_bytes(path)
    body, footer = data[:-_FOOTER_BYTES], data[-_FOOTER_BYTES:]
    if footer != _FOOTER + hashlib.sha256(body).hexdigest().encode():
        raise _damaged(path)
    entries = unpack(body, path)
    head = decode_json(entries.get(_RECORD, b""), path)
    require_schema(head, path)
    if head.get("epoch") != epoch or head.get("key") != recorded_key(paths):
        raise StorageError(f"{path} belongs to another run or epoch.", code="storage-checkpoint-foreign")
    names, record = head.get("names"), head.get("record")
    if not isinstance(names, list) or not isinstance(record, dict) or len(entries) != len(names) + 1:
        raise StorageError(f"{path} is not a checkpoint of optbench.", code="storage-checkpoint-damaged")
    arrays = {str(name): array_from_npy(entries.get(f"{i}.npy", b""), path) for i, name in enumerate(names)}
    return arrays, record


def _damaged(path: Path) -> StorageError:
    return StorageError(
        f"{path} is damaged: its content does not have the sha256 that it records.", code="storage-checkpoint-damaged"
    )


def _remove_others(claim: Claim, epoch: int) -> None:
    """Remove what is older than the one before `epoch`, and what is newer.

    A newer one can only be one that was passed over as damaged; kept, it would push the good ones out. So would one
    of the same epoch that an earlier claim left.
    """
    found = _checkpoints(claim.run)
    newest = {number: path for number, path in found if number <= epoch}
    kept = [newest[number] for number in sorted(newest)[-_KEPT:]]
    for _, path in found:
        if path not in kept:
            claim.discard(path)


def _checkpoints(paths: RunPaths) -> list[tuple[int, Path]]:
    """Return epoch and path of every checkpoint, oldest first."""
    try:
        named = [(_NAME.fullmatch(path.name), path) for path in paths.state.iterdir()]
    except OSError:
        return []
    ordered = sorted((int(match[1]), int(match[2] or 0), path) for match, path in named if match)
    return [(epoch, path) for epoch, _, path in ordered]
