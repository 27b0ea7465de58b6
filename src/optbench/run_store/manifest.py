"""The manifest: written last; a run is finished if and only if it is there and verifies."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.regular_files import kind_of
from optbench.core.worded import worded
from optbench.errors import StorageError
from optbench.records import RunStatus
from optbench.run_store.atomic import is_temporary, storage_error, sync_folder, write_bytes
from optbench.run_store.documents import SCHEMA_VERSION, decode_json, require_schema
from optbench.run_store.listed_files import (
    ListedFile,
    entry_of,
    has_its_digest,
    is_entry,
    is_sha256,
    problem_of,
    with_digest,
    wrong,
)
from optbench.run_store.reading import file_sha256, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from optbench.core.findings import Finding
    from optbench.run_store.claim import Claim
    from optbench.run_store.paths import RunPaths

_LARGEST_MANIFEST = 64 << 20
_REPLACED: Final = "replaced"  # there while files are being replaced, and after a command that did so was killed
_FIELDS: Final[dict[str, type]] = {
    "run": str,
    "key": str,
    "status": str,
    "name": str,
    "seed": int,
    "config": dict,
    "versions": dict,
    "machine": str,
    "files": dict,
    "sha256": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the manifest of a run says of it beside its files.

    Attributes
    ----------
    run : id of the run
    key : 64 hex digits
    status : completed or diverged
    name, seed : of the experiment
    config : resolved
    versions : packages that are part of the key
    reading : as it entered the key; {} where it did not
    machine : name of the machine that trained
    """

    run: str
    key: str
    status: RunStatus
    name: str
    seed: int
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    reading: Mapping[str, Any] = field(default_factory=dict)
    machine: str

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `reading` only where something was read in a newer way."""
        return {
            "run": self.run,
            "key": self.key,
            "status": str(self.status),
            "name": self.name,
            "seed": self.seed,
            "config": dict(self.config),
            "versions": dict(self.versions),
            **({"reading": dict(self.reading)} if self.reading else {}),
            "machine": self.machine,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(RunFacts):
    """What a manifest says.

    Attributes
    ----------
    files : by their path in the folder, with "/" on every system
    """

    files: Mapping[str, ListedFile]
    replaced: tuple[str, ...] = ()


def write_manifest(claim: Claim, facts: RunFacts) -> None:
    """Close a run: digest every file of its folder, make all of them durable, and write the manifest.

    Raises
    ------
    StorageError
        If a file cannot be read, the manifest cannot be written, there is one, or the claim is lost; the run then
        stays as it is.
    """
    paths = claim.run
    names = sorted(_files(paths))
    entries = {name: entry_of(paths.folder / name) for name in names}
    try:
        data = manifest_bytes(facts, entries)
    except ValueError as error:
        raise StorageError(
            f"{paths.manifest} must hold finite numbers only ({error}).", code="storage-not-finite"
        ) from error
    _sync_folders({(paths.folder / name).parent for name in names})
    claim.publish_bytes(paths.manifest, data, replace=False)


def manifest_bytes(facts: RunFacts, entries: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the bytes of a manifest.

    Parameters
    ----------
    entries : `{"size", "sha256"}` of each file, by its path in the folder

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return with_digest({"schema_version": SCHEMA_VERSION, **facts.to_json(), "files": dict(sorted(entries.items()))})


def replace_files(claim: Claim, new: Mapping[Path, bytes]) -> None:
    """Replace files of a finished run, which stays finished whenever it is cut off.

    They are written where nobody looks. The manifest lets go of their names, they get them, and the manifest takes them
    back with their new digests. In between it says whose they are, so that a later call goes on from there. Call it
    only for files that are no part of the run's identity.

    Raises
    ------
    StorageError
        If the run is not finished, something cannot be written, or the claim is lost.
    """
    paths = claim.run
    body = {name: value for name, value in _read_document(paths).items() if name not in ("sha256", _REPLACED)}
    names = {_name(paths, path): path for path in new}
    kept = {name: entry for name, entry in body["files"].items() if name not in names}
    for path, data in new.items():  # a disk that is full is found out here
        write_bytes(claim.drafted(path), data)
    claim.publish_bytes(paths.manifest, with_digest({**body, _REPLACED: sorted(names), "files": kept}))
    for path in new:
        claim.publish_file(path)
    _sync_folders({path.parent for path in new})
    entries = {**kept, **{name: entry_of(path) for name, path in names.items()}}
    claim.publish_bytes(paths.manifest, with_digest({**body, "files": dict(sorted(entries.items()))}))


def added_files(paths: RunPaths) -> list[Finding]:
    """Return a finding for whatever is in a finished run and its manifest does not list: files, links, pipes."""
    return _added(paths, read_manifest(paths))


def check_folder(paths: RunPaths, *, deep: bool) -> tuple[Manifest | None, list[Finding]]:
    """Return the manifest, and what `verify_manifest` and `added_files` find, of one reading of it."""
    manifest, problems = check_manifest(paths, deep=deep)
    return manifest, [*problems, *_added(paths, manifest)]


def _added(paths: RunPaths, manifest: Manifest | None) -> list[Finding]:
    listed = set() if manifest is None else {*manifest.files, *manifest.replaced}
    strange = {
        path: wrong("manifest-stranger-added", path, kind=kind)
        for path, kind in strange_entries(paths)
        if _name(paths, path) not in listed
    }
    added = [paths.folder / name for name in _files(paths) if name not in listed]
    files = {path: wrong("manifest-file-added", path, manifest=paths.manifest.name) for path in added}
    return [finding for _, finding in sorted({**files, **strange}.items(), key=lambda item: item[0])]


def strange_entries(paths: RunPaths) -> list[tuple[Path, str]]:
    """Return what no run folder holds, with what it is: the folder itself or anything in it that is a link or no file.

    Links are not followed. What cannot be looked at is left to whoever opens it.
    """
    found = []
    folders = [str(paths.folder)]
    with suppress(OSError):
        if stat.S_ISLNK(paths.folder.lstat().st_mode):
            return [(paths.folder, kind_of(stat.S_IFLNK))]
    while folders:
        for entry in _entries(folders.pop()):
            with suppress(OSError):  # it is gone
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    found.append((Path(entry.path), kind_of(entry.stat(follow_symlinks=False).st_mode)))
    return sorted(found)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)  # at once: it may change meanwhile
    except OSError:
        return []


def read_manifest(paths: RunPaths) -> Manifest | None:
    """Return the manifest, or None if there is none that is whole; the files it lists are not looked at."""
    try:
        return parse_manifest(paths)
    except StorageError:
        return None


def verify_manifest(paths: RunPaths, *, deep: bool = False) -> list[Finding]:
    """Return what is wrong with a run folder; nothing means that the run is finished and undamaged.

    Parameters
    ----------
    deep : compare digests as well as sizes, which reads every byte
    """
    return check_manifest(paths, deep=deep)[1]


def check_manifest(paths: RunPaths, *, deep: bool = False) -> tuple[Manifest | None, list[Finding]]:
    """Return the manifest (None if there is none that is whole) and what `verify_manifest` finds."""
    try:
        manifest = parse_manifest(paths)
    except StorageError as error:
        return None, list(error.told())
    sound = _as_listed(paths.folder, manifest.files)
    if deep:
        sound = {name for name in sound if _has_sha256(paths.folder / name, manifest.files[name].sha256)}
    problems = (
        problem_of(paths.folder, name, listed, manifest=paths.manifest.name, deep=deep)
        for name, listed in manifest.files.items()
        if name not in sound
    )
    return manifest, [problem for problem in problems if problem]


def parse_manifest(paths: RunPaths) -> Manifest:
    """Return the manifest.

    Raises
    ------
    StorageError
        If there is none, a newer optbench wrote it, or a byte of it has changed.
    """
    document = _read_document(paths)
    return Manifest(
        run=document["run"],
        key=document["key"],
        status=RunStatus(document["status"]),
        name=document["name"],
        seed=document["seed"],
        config=document["config"],
        versions=document["versions"],
        reading=document.get("reading", {}),
        machine=document["machine"],
        files={name: ListedFile(entry["size"], entry["sha256"]) for name, entry in document["files"].items()},
        replaced=tuple(document.get(_REPLACED, ())),
    )


def _read_document(paths: RunPaths) -> dict[str, Any]:
    """Return the manifest as it was written, with every value of the type it must have."""
    path = paths.manifest
    if not os.path.lexists(path):
        raise StorageError(
            worded(
                "folder-no-manifest",
                "{folder} has no {name}: the run is not finished.",
                folder=paths.folder,
                name=path.name,
            ),
            code="storage-run-unfinished",
        )
    data = read_bytes(path, most=_LARGEST_MANIFEST)
    manifest = decode_json(data, path)
    require_schema(manifest, path)
    if not has_its_digest(data, str(manifest.get("sha256"))):
        raise StorageError(
            worded(
                "file-damaged", "{path} is damaged: its content does not have the sha256 that it records.", path=path
            ),
            code="storage-manifest-damaged",
        )
    _require_fields(manifest, path)
    return manifest


def _sync_folders(folders: set[Path]) -> None:
    """Make the names of the files durable before the manifest speaks of them."""
    for folder in sorted(folders):
        try:
            sync_folder(folder)
        except OSError as error:
            raise storage_error(error, folder, doing="made durable") from error


def _require_fields(manifest: Mapping[str, Any], path: Path) -> None:
    wrong = [name for name, kind in _FIELDS.items() if type(manifest.get(name)) is not kind]
    if not wrong and not _is_folder_name(manifest["run"]):
        wrong = ["run"]
    if not wrong and not is_sha256(manifest["key"]):
        wrong = ["key"]
    if not wrong and manifest["status"] not in (RunStatus.COMPLETED, RunStatus.DIVERGED):
        wrong = ["status"]
    if not wrong and not all(map(is_entry, manifest["files"].values())):
        wrong = ["files"]
    if not wrong and not all(isinstance(version, str) for version in manifest["versions"].values()):
        wrong = ["versions"]
    if not wrong and not isinstance(manifest.get("reading", {}), dict):
        wrong = ["reading"]
    if not wrong and not _is_list_of_texts(manifest.get(_REPLACED, [])):
        wrong = [_REPLACED]
    if wrong:
        raise StorageError(
            f"{path} is not a manifest of a run: {', '.join(wrong)} must be there, of its type and form.",
            code="storage-manifest-damaged",
        )


def _is_folder_name(run: str) -> bool:
    """Return True for the name of a folder: whatever is written for a run is called so, wherever it goes."""
    return bool(run) and "/" not in run and not run.startswith(".") and run.isprintable()


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _files(paths: RunPaths, below: str = "") -> Iterator[str]:
    """Yield the names, relative to the run folder, of the files to list; links are neither listed nor followed.

    Parameters
    ----------
    below : a folder in it, "" or ending with "/"
    """
    unlisted = () if below else (paths.manifest.name, paths.lock.name, paths.state.name)
    folder = paths.folder / below
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        raise storage_error(error, folder, doing="listed") from error
    for entry in entries:
        if entry.name in unlisted or is_temporary(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(paths, f"{below}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield f"{below}{entry.name}"


def _name(paths: RunPaths, path: Path) -> str:
    return path.relative_to(paths.folder).as_posix()


def _as_listed(folder: Path, files: Mapping[str, ListedFile]) -> AbstractSet[str]:
    """Return the names that are regular files right in the folder, of the size that is listed.

    One look at the folder: ten thousand runs have a third of a million files, and each path costs more than its file.
    What is not among them is looked at by itself, to say what is wrong.
    """
    try:
        with os.scandir(folder) as entries:
            sizes = {
                entry.name: entry.stat(follow_symlinks=False).st_size
                for entry in entries
                if entry.name in files and entry.is_file(follow_symlinks=False)
            }
    except OSError:
        return frozenset()
    return {name for name, size in sizes.items() if files[name].size == size}


def _has_sha256(path: Path, digest: str) -> bool:
    try:
        return file_sha256(path) == digest
    except StorageError:  # whoever looks at it by itself says what is wrong
        return False
