"""Strict JSON documents: no NaN, no infinity, an object at the top, a schema version this program knows."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.errors import StorageError
from optbench.run_store.atomic import write_bytes
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA_VERSION = 1
NEWEST_METRICS = 2
"""Newest schema version of metrics.json that is read."""
_LARGEST_DOCUMENT = 256 << 20


def encode_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as UTF-8 JSON: keys in the order given, indented by two, a line end at the end.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    """
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, from a broken data file: only an escape can hold it
        return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode("ascii")


def decode_json(data: bytes, path: Path) -> dict[str, Any]:
    """Return the document that `data` holds.

    Parameters
    ----------
    path : named in errors

    Raises
    ------
    StorageError
        If it is not strict UTF-8 JSON with an object at the top.
    """
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise StorageError(
            f"{path} is not a document of optbench: it is nested too deeply.", code="storage-document-wrong"
        ) from None
    except ValueError as error:
        raise StorageError(
            worded(
                "file-not-json",
                "{path} is not valid JSON ({error}); it is damaged or not a file of optbench.",
                path=path,
                error=error,
            ),
            code="storage-document-wrong",
        ) from error
    if not isinstance(document, dict):
        raise StorageError(
            f"{path} must hold a JSON object. Received: {type(document).__name__}.", code="storage-document-wrong"
        )
    return document


def write_json(path: Path, document: Mapping[str, Any], *, durable: bool = True) -> None:
    """Write a JSON document atomically; `durable` as for `write_bytes`.

    Raises
    ------
    StorageError
        If a number is NaN or infinite (write null and a flag instead), or the file cannot be written.
    """
    try:
        data = encode_json(document)
    except ValueError as error:
        raise StorageError(
            f"{path} must hold finite numbers only, as JSON has no others ({error}).", code="storage-not-finite"
        ) from error
    write_bytes(path, data, durable=durable)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON document; links are not followed.

    Raises
    ------
    StorageError
        If the file is missing, no regular file, damaged, or has no object at the top.
    """
    return decode_json(read_bytes(path, most=_LARGEST_DOCUMENT), path)


def require_schema(document: Mapping[str, Any], path: Path, *, newest: int = SCHEMA_VERSION) -> None:
    """Refuse a document that a newer optbench wrote.

    Parameters
    ----------
    newest : schema version of this kind of document that this program knows

    Raises
    ------
    StorageError
        If `schema_version` is missing, no number, or newer than this program knows.
    """
    version = document.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StorageError(
            f"{path} must have a schema_version from 1. Received: {version!r}.", code="storage-document-wrong"
        )
    if version > newest:
        raise StorageError(
            worded(
                "file-newer",
                "{path} was written by a newer optbench (schema_version {version}; this one reads up to "
                "{newest}). Update optbench to read it.",
                path=path,
                version=version,
                newest=newest,
            ),
            code="storage-version-newer",
        )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value
