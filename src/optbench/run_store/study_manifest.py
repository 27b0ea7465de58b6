"""The manifest of a study, and of each of its verdicts: written last, so that what it lists is whole, or is told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from optbench.core.worded import worded
from optbench.errors import StorageError
from optbench.run_store.atomic import write_bytes
from optbench.run_store.documents import SCHEMA_VERSION, decode_json, require_schema
from optbench.run_store.listed_files import (
    ListedFile,
    entry_of,
    has_its_digest,
    is_entry,
    is_sha256,
    problem_of,
    with_digest,
)
from optbench.run_store.paths import RunPaths
from optbench.run_store.reading import file_sha256, read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from optbench.core.findings import Finding

_LARGEST: Final = 64 << 20
_REPLACED: Final = "replaced"


@dataclass(frozen=True, slots=True)
class StudyManifest:
    """What the manifest of a study or of a verdict says.

    Attributes
    ----------
    study, key, plan : name of the study, and the digests of what cannot be extended and of the whole plan
    files : by their name in the folder
    runs : run id -> sha256 of its own manifest, of the runs that the verdict rests on
    replaced : names of files that are being replaced, as a manifest of a run names them
    """

    study: str
    key: str
    plan: str
    files: Mapping[str, ListedFile] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()


def write_study_manifest(
    path: Path, *, study: str, key: str, plan: str, files: Iterable[Path], runs: Iterable[Path]
) -> None:
    """Close a study or a verdict: digest its files and the manifests of its runs.

    Parameters
    ----------
    files : lie in the folder of `path`
    runs : folders of runs

    Raises
    ------
    StorageError
        If a file cannot be read or the manifest cannot be written.
    """
    entries = {one.name: entry_of(one) for one in sorted(files)}
    digests = {one.name: file_sha256(RunPaths(one).manifest) for one in sorted(runs)}
    listed = {name: ListedFile(entry["size"], entry["sha256"]) for name, entry in entries.items()}
    write_bytes(path, study_manifest_bytes(StudyManifest(study, key, plan, listed, digests)))


def study_manifest_bytes(manifest: StudyManifest) -> bytes:
    """Return the bytes of a manifest."""
    body: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "study": manifest.study, "key": manifest.key}
    body["plan"] = manifest.plan
    body["files"] = {name: {"size": one.size, "sha256": one.sha256} for name, one in manifest.files.items()}
    body["runs"] = dict(manifest.runs)
    if manifest.replaced:
        body[_REPLACED] = list(manifest.replaced)
    return with_digest(body)


def let_go(path: Path, names: Iterable[str]) -> None:
    """Write a manifest without some of its files, which are about to be replaced: the rest stays closed meanwhile.

    It names them, so that whatever is there of them is not taken for something that was added.

    Raises
    ------
    StorageError
        If the manifest cannot be read or written.
    """
    manifest, left_out = read_study_manifest(path), set(names)
    kept = {name: listed for name, listed in manifest.files.items() if name not in left_out}
    write_bytes(path, study_manifest_bytes(replace(manifest, files=kept, replaced=tuple(sorted(left_out)))))


def read_study_manifest(path: Path) -> StudyManifest:
    """Return the manifest.

    Raises
    ------
    StorageError
        If there is none, a newer optbench wrote it, or a byte of it has changed.
    """
    if not os.path.lexists(path):
        raise StorageError(
            worded(
                "folder-study-no-manifest",
                "{parent} has no {name}: the study is not finished. The same command goes on.",
                parent=path.parent,
                name=path.name,
            ),
            code="storage-run-unfinished",
        )
    data = read_bytes(path, most=_LARGEST)
    document = decode_json(data, path)
    require_schema(document, path)
    if not has_its_digest(data, str(document.get("sha256"))):
        raise StorageError(
            worded(
                "file-damaged", "{path} is damaged: its content does not have the sha256 that it records.", path=path
            ),
            code="storage-manifest-damaged",
        )
    if not _is_whole(document):
        raise StorageError(f"{path} is not a manifest of a study.", code="storage-manifest-damaged")
    return StudyManifest(
        study=document["study"],
        key=document["key"],
        plan=document["plan"],
        files={name: ListedFile(entry["size"], entry["sha256"]) for name, entry in document["files"].items()},
        runs=document["runs"],
        replaced=tuple(document.get(_REPLACED, ())),
    )


def study_manifest_problems(path: Path, *, deep: bool = False, but: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong with the files that a manifest lists; nothing means that the study or verdict is whole.

    Parameters
    ----------
    deep : compare digests as well as sizes
    but : names of files that may be as they like
    """
    return check_study_manifest(path, deep=deep, but=but)[1]


def check_study_manifest(
    path: Path, *, deep: bool = False, but: Collection[str] = ()
) -> tuple[StudyManifest | None, list[Finding]]:
    """Return the manifest (None if there is none that is whole) and what `study_manifest_problems` finds."""
    try:
        manifest = read_study_manifest(path)
    except StorageError as error:
        return None, list(error.told())
    found = (
        problem_of(path.parent, name, listed, manifest=path.name, deep=deep)
        for name, listed in manifest.files.items()
        if name not in but
    )
    return manifest, [problem for problem in found if problem is not None]


def _is_whole(document: Mapping[str, Any]) -> bool:
    files, runs, replaced = document.get("files"), document.get("runs"), document.get(_REPLACED, [])
    return (
        all(isinstance(document.get(name), str) for name in ("study", "key", "plan"))
        and isinstance(files, dict)
        and all(map(is_entry, files.values()))
        and isinstance(runs, dict)
        and all(isinstance(digest, str) and is_sha256(digest) for digest in runs.values())
        and isinstance(replaced, list)
        and all(isinstance(name, str) for name in replaced)
    )
