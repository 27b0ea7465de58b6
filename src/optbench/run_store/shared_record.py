"""SHARED.json: what of a finished folder is other than it was sealed, or is not there, because it was passed on.

A folder that is passed on is whole in itself: its manifest lists what is in it, and every reader takes it for what it
is. What had to be replaced (paths that say where somebody works) or held back (cells of somebody's own table) is named
here with the size and digest that the first manifest had, so that whoever has the first folder can tell that this is
its copy, and whoever has the copy alone knows what nobody has proved to them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity, as_json
from optbench.errors import StorageError
from optbench.run_store.documents import SCHEMA_VERSION, encode_json, read_json, require_schema
from optbench.run_store.listed_files import ListedFile, is_entry, wrong
from optbench.run_store.paths import MANIFEST, SHARED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


class Why(StrEnum):
    """Why a file did not leave as it was."""

    PATH = "path"
    """It says where somebody works."""
    CELLS = "cells"
    """It holds cells, words or rows of data that is not public."""
    CODE = "code"
    """It holds what is not part of the run: changes of a checkout, what somebody's code printed about their data."""
    DIGEST = "digest"
    """It names digests of files that were replaced."""


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file as the first manifest lists it, and why it is another one or missing."""

    listed: ListedFile
    why: Why

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"size": self.listed.size, "sha256": self.listed.sha256, "why": str(self.why)}


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """What is not as it was sealed.

    Attributes
    ----------
    replaced, withheld : by the name in the folder, with what the first manifest says of each
    manifest : size and sha256 of the first manifest, which is replaced, too
    """

    manifest: ListedFile
    replaced: Mapping[str, OtherFile] = field(default_factory=dict)
    withheld: Mapping[str, OtherFile] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "manifest": {"size": self.manifest.size, "sha256": self.manifest.sha256},
            "replaced": {name: one.to_json() for name, one in sorted(self.replaced.items())},
            "withheld": {name: one.to_json() for name, one in sorted(self.withheld.items())},
        }

    def to_bytes(self) -> bytes:
        """Return the file."""
        return encode_json({"schema_version": SCHEMA_VERSION, **self.to_json()})


def read_shared(folder: Path) -> SharedRecord | None:
    """Return what a folder says of its way here; None if it is as it was sealed.

    Raises
    ------
    StorageError
        If the file is there and cannot be read.
    """
    path = folder / SHARED
    if not os.path.lexists(path):
        return None
    document = read_json(path)
    require_schema(document, path)
    manifest, replaced, withheld = (document.get(name) for name in ("manifest", "replaced", "withheld"))
    if not (is_entry(manifest) and _are_files(replaced) and _are_files(withheld)):
        raise StorageError(f"{path} does not say what was replaced and held back.", code="storage-document-wrong")
    return SharedRecord(_listed(manifest), _other_files(replaced), _other_files(withheld))


def shared_problems(folder: Path, listed: Collection[str]) -> tuple[SharedRecord | None, list[Finding]]:
    """Return what a folder says of its way here, and what is wrong with that.

    Parameters
    ----------
    listed : names of the files in the folder's manifest
    """
    try:
        record = read_shared(folder)
    except StorageError as error:
        return None, list(error.told())
    if record is None:
        return None, []
    absent = sorted(set(record.replaced) - set(listed))
    present = sorted(set(record.withheld) & set(listed))
    problems = [wrong("manifest-shared-absent", folder / name, record=SHARED) for name in absent]
    return record, [*problems, *(wrong("manifest-shared-present", folder / name, record=SHARED) for name in present)]


def shared_note(folder: str, record: SharedRecord) -> Finding:
    """Return what has to be known of a folder that was passed on."""
    replaced, withheld = sorted(record.replaced), sorted(record.withheld)
    if not replaced and not withheld:  # of a study whose runs are other ones, its manifest alone
        replaced = [MANIFEST]
    named = {"check-shared-replaced": replaced, "check-shared-withheld": withheld}
    parts = [Finding(code, Severity.NOTE, {"names": names}) for code, names in named.items() if names]
    return Finding("check-shared", Severity.NOTE, {"folder": folder, "parts": as_json(parts)})


_REASONS: Final = frozenset(Why)


def _are_files(part: Any) -> bool:
    return isinstance(part, dict) and all(
        isinstance(entry, dict)
        and entry.get("why") in _REASONS
        and is_entry({key: entry.get(key) for key in entry if key != "why"})
        for entry in part.values()
    )


def _other_files(part: Any) -> dict[str, OtherFile]:
    return {name: OtherFile(_listed(entry), Why(entry["why"])) for name, entry in part.items()}


def _listed(entry: Any) -> ListedFile:
    return ListedFile(entry["size"], entry["sha256"])
