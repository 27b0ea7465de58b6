"""Files as a manifest lists them: size and sha256 of each, and a digest of the list itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.errors import InvalidError, StorageError
from optbench.run_store.contained import contained
from optbench.run_store.documents import encode_json
from optbench.run_store.reading import regular_size, size_and_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as a manifest lists it; the size is in bytes."""

    size: int
    sha256: str


def entry_of(path: Path) -> dict[str, Any]:
    """Return the entry of a file, which is made durable: what was digested is what a power cut leaves."""
    size, digest = size_and_sha256(path, durable=True)
    return {"size": size, "sha256": digest}


def is_entry(entry: Any) -> bool:
    """Return True for what `entry_of` returns."""
    return (
        isinstance(entry, dict)
        and set(entry) == {"size", "sha256"}
        and type(entry["size"]) is int
        and isinstance(entry["sha256"], str)
        and is_sha256(entry["sha256"])
    )


def is_sha256(text: str) -> bool:
    """Return True for 64 hex digits."""
    return _SHA256.fullmatch(text) is not None


def with_digest(body: Mapping[str, Any]) -> bytes:
    """Return a document with the sha256 of its own bytes at its end: of the bytes, so that any changed one is seen."""
    return encode_json({**body, "sha256": hashlib.sha256(encode_json(body)).hexdigest()})


def has_its_digest(data: bytes, digest: str) -> bool:
    """Return True if the file is what `with_digest` writes; the digest's own line is cut out, not encoded anew."""
    end = b"\n}\n"
    last = f',\n  "sha256": "{digest}"'.encode() + end
    return data.endswith(last) and hashlib.sha256(data.removesuffix(last) + end).hexdigest() == digest


def problem_of(folder: Path, name: str, listed: ListedFile, *, manifest: str, deep: bool) -> Finding | None:
    """Return what is wrong with one listed file, or None.

    Parameters
    ----------
    manifest : name of the file that lists it
    deep : compare digests as well as sizes
    """
    path = folder / name
    try:
        contained(folder, name)
        size = regular_size(path)
        digest = size_and_sha256(path)[1] if deep and size == listed.size else listed.sha256
    except FileNotFoundError:
        return wrong("manifest-file-missing", path, manifest=manifest)
    except (InvalidError, StorageError) as error:
        return error.told()[0]
    except (OSError, ValueError) as error:
        return wrong("manifest-file-unreadable", path, error=str(error))
    if size != listed.size:
        return wrong("manifest-file-size", path, expected=listed.size, found=size)
    if digest != listed.sha256:
        return wrong("manifest-file-sha256", path, expected=listed.sha256, found=digest)
    return None


def wrong(code: str, path: Path, **values: Any) -> Finding:
    """Return what is wrong with one file."""
    return Finding(code, Severity.ERROR, {"path": str(path), **values})
