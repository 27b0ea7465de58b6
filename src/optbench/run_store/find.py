"""Find finished runs by what a user writes: folders, patterns, run ids, key prefixes, runs directories."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.refusals import reason_of
from optbench.core.regular_files import is_file, is_folder
from optbench.core.worded import worded
from optbench.errors import NoRunsError, StorageError, did_you_mean
from optbench.run_store.claims import claim_records
from optbench.run_store.documents import read_json
from optbench.run_store.fold_groups import is_fold_group, runs_of_folds
from optbench.run_store.index import open_index
from optbench.run_store.manifest import read_manifest
from optbench.run_store.paths import KEY_DIGITS_SHOWN, VERDICTS, RunPaths
from optbench.run_store.status import run_status
from optbench.run_store.studies import is_study_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.records import RunRecord
    from optbench.run_store.index import RunIndex

_KEY_PREFIX = re.compile(rf"[0-9a-f]{{{KEY_DIGITS_SHOWN},64}}")
_RUN_ID = re.compile(rf"-s[0-9]+-[0-9a-f]{{{KEY_DIGITS_SHOWN}}}(-again[0-9]+)?$")
_NUMBER = re.compile(r"([0-9]+)")
_NOTES_SHOWN = 5


def find_runs(arguments: Sequence[str], runs_dir: Path) -> tuple[list[RunRecord], list[Finding]]:
    """Return finished runs in the order given (in a folder: by name, numbers by value), and what was passed over.

    Parameters
    ----------
    arguments : run folders, folders of runs or of studies, patterns as `runs/wine-*`, run ids, and keys or their
        first 8 or more digits
    runs_dir : where ids, keys, and patterns that match nothing here are looked up

    Returns
    -------
    list of RunRecord
        Each run once; of several with the same key (forced repetitions, copies) the first.
    list of Finding
        One for every folder that is unfinished, damaged, a repetition or no run.

    Raises
    ------
    NoRunsError
        If an argument names nothing, or nothing that was named is finished.
    """
    folders, notes = find_folders(arguments, runs_dir)
    records = _distinct(_readable(folders, notes), notes)
    if not records:
        raise _nothing_finished(arguments, notes)
    return records, notes


def find_folders(arguments: Sequence[str], runs_dir: Path) -> tuple[list[Path], list[Finding]]:
    """Return run folders, finished or not, each once and in the order of `find_runs`, and what was passed over.

    Raises
    ------
    NoRunsError
        If an argument names nothing.
    """
    notes: list[Finding] = []
    folders: dict[str, Path] = {}  # resolved -> as given, in order
    parents: dict[str, str] = {}
    for argument in arguments:
        named = _folders_of(argument, runs_dir)
        if not named:
            raise _names_nothing(argument, runs_dir)
        for folder in _expand(named, notes):
            folders.setdefault(_resolved(folder, parents), folder)
    return list(folders.values()), notes


def _resolved(folder: Path, parents: dict[str, str]) -> str:
    """Return where a folder is, without links on the way; of folders in one folder, that one is resolved once."""
    parent, name = os.path.split(folder)
    if name in ("", "..") or os.path.islink(folder):  # noqa: PTH114 - ten thousand of them
        return os.path.realpath(folder)
    if parent not in parents:
        parents[parent] = os.path.realpath(parent)
    return os.path.join(parents[parent], name)  # noqa: PTH118 - ten thousand of them


def named_folders(arguments: Sequence[str], runs_dir: Path) -> list[Path]:
    """Return the paths that arguments name, each once, as `find_folders` does, but not what lies in them.

    Raises
    ------
    NoRunsError
        If an argument names nothing.
    """
    named: dict[Path, Path] = {}
    for argument in arguments:
        found = _folders_of(argument, runs_dir)
        if not found:
            raise _names_nothing(argument, runs_dir)
        for path in found:
            named.setdefault(path.parent.resolve() / path.name, path)
    return list(named.values())


def renamed_runs(runs_dir: Path) -> dict[str, Path]:
    """Return key -> folder of the finished runs in a runs directory whose folders have another name than a run's id."""
    found: dict[str, Path] = {}
    if not is_folder(runs_dir):
        return found
    for folder in _subfolders(runs_dir, []):
        if not _RUN_ID.search(folder.name) and is_run_folder(folder) and (key := _key(folder)):
            found.setdefault(key, folder)
    return found


def is_run_folder(folder: Path) -> bool:
    """Return True if a folder holds, or was begun as, a run."""
    paths = RunPaths(folder)
    if os.path.lexists(paths.config_resolved) or os.path.lexists(paths.old_claim) or os.path.lexists(paths.job):
        return True
    if claim_records(paths):
        return True
    if is_study_folder(folder):
        return False
    try:
        return {"files", "run"} <= read_json(paths.manifest).keys()  # a manifest of something else is no run
    except StorageError:
        return os.path.lexists(paths.manifest)  # one that cannot be read is a run's that was damaged


def is_runs_directory(folder: Path) -> bool:
    """Return True for a folder that is neither a run nor a study nor what folds say together."""
    return is_folder(folder) and not (is_run_folder(folder) or is_study_folder(folder) or is_fold_group(folder))


def _folders_of(argument: str, runs_dir: Path) -> list[Path]:
    """Return the paths an argument names: itself, a pattern's matches, a run id, or all runs of a key."""
    if not argument or "\0" in argument:
        return []
    for path in (Path(argument), runs_dir / argument):
        if os.path.lexists(path):
            return [path]
    if glob.has_magic(argument):
        patterns = (argument, os.path.join(glob.escape(str(runs_dir)), argument))  # noqa: PTH118 - a pattern
        here, there = (sorted(map(Path, glob.glob(one)), key=_by_name) for one in patterns)  # noqa: PTH207 - may be absolute
        if here or there:  # 'adam-*' may match experiment files here, but runs there
            return there if there and not any(map(is_folder, here)) else here
    if is_folder(runs_dir):
        known = list(_runs_below(runs_dir, []))
        same_id = [folder for folder in known if folder.name == argument] or [
            folder for folder in known if not _RUN_ID.search(folder.name) and _id(folder) == argument
        ]
        if same_id or not _KEY_PREFIX.fullmatch(argument):
            return same_id
        return [folder for folder in known if _key(folder).startswith(argument)]
    return []


def _expand(paths: Iterable[Path], notes: list[Finding]) -> Iterator[Path]:
    """Yield the run folders that the paths are or hold."""
    for path in paths:
        if _is_of_a_group(path):  # what 'compare STUDY/*' names besides the runs
            continue
        if not is_folder(path):
            notes.append(_note("find-no-folder", path=str(path)))
        elif is_run_folder(path):
            yield path
        elif is_fold_group(path):
            yield from runs_of_folds(path)
        else:
            found = list(_runs_below(path, notes))
            if not found:
                notes.append(_note("find-no-runs", path=str(path)))
            yield from found


def _is_of_a_group(path: Path) -> bool:
    """Return True for a plain file among those that a study or folds keep beside runs, and for a study's verdicts."""
    if path.name == VERDICTS and is_folder(path):
        return is_study_folder(path.parent)
    return is_file(path) and (is_study_folder(path.parent) or is_fold_group(path.parent))


def _runs_below(folder: Path, notes: list[Finding], *, depth: int = 2) -> Iterator[Path]:
    """Yield run folders in a folder and, one level further down, in the studies in it."""
    for path in _subfolders(folder, notes):
        if is_run_folder(path):
            yield path
        elif depth > 1 and not is_fold_group(path):  # the runs of its folds lie beside it
            below = list(_runs_below(path, notes, depth=depth - 1))
            if not below:
                notes.append(_note("find-no-run-folder", path=str(path)))
            yield from below


def _subfolders(folder: Path, notes: list[Finding]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            seen = {entry.name: entry for entry in entries if not entry.name.startswith(".")}
    except OSError as error:
        notes.append(_note("find-not-listed", path=str(folder), error=reason_of(error)))
        return []
    if VERDICTS in seen and is_study_folder(folder):  # they lie beside its runs
        del seen[VERDICTS]
    found = []
    for name in sorted((name for name, entry in seen.items() if _leads_to_folder(entry)), key=_numbers_by_value):
        path = folder / name
        if seen[name].is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            notes.append(_note("find-link", path=str(path)))
        else:
            found.append(path)
    return found


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder, maybe behind a link; False also where nobody may look."""
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _readable(folders: Sequence[Path], notes: list[Finding]) -> Iterator[RunRecord]:
    with open_index(folders) as index:
        for folder in folders:
            record = _read(index, folder, notes)
            if record is not None:
                yield record


def _read(index: RunIndex, folder: Path, notes: list[Finding]) -> RunRecord | None:
    try:
        return index.read(folder)
    except NoRunsError as error:
        if os.path.lexists(RunPaths(folder).manifest):
            notes.append(_note("find-damaged", reasons=as_json(error.told())))
        else:
            notes.append(_note("find-unfinished", path=str(folder), status=str(run_status(RunPaths(folder)))))
    return None


def _distinct(records: Iterable[RunRecord], notes: list[Finding]) -> list[RunRecord]:
    first: dict[str, RunRecord] = {}
    for record in records:
        kept = first.setdefault(record.key, record)
        if kept is not record and _have_other_digests(kept, record):
            values = {"path": record.folder, "first": kept.folder}
            notes.append(Finding("find-other-digests", Severity.WARNING, values))
        elif kept is not record:
            notes.append(_note("find-same-run", path=record.folder, first=kept.folder))
    return list(first.values())


def _have_other_digests(a: RunRecord, b: RunRecord) -> bool:
    """Return True unless two runs have the same ladder; metrics.json of two schemas has other bytes by itself."""
    same_schema = a.metrics.get("schema_version") == b.metrics.get("schema_version")
    names = (a.digests.keys() | b.digests.keys()) - {"schema_version", *(() if same_schema else ("metrics",))}
    return any(a.digests.get(name) != b.digests.get(name) for name in names)


def _id(folder: Path) -> str:
    manifest = read_manifest(RunPaths(folder))
    return "" if manifest is None else manifest.run


def _key(folder: Path) -> str:
    manifest = read_manifest(RunPaths(folder))
    return "" if manifest is None else manifest.key


def _by_name(path: Path) -> list[tuple[bool, int, str]]:
    return _numbers_by_value(path.name)


def _numbers_by_value(name: str) -> list[tuple[bool, int, str]]:
    parts = _NUMBER.split(name)  # every second one is a number
    return [(i % 2 == 1, int(part[:18]) if i % 2 else 0, part) for i, part in enumerate(parts)]


def _names_nothing(argument: str, runs_dir: Path) -> NoRunsError:
    known = [folder.name for folder in _runs_below(runs_dir, [])] if is_folder(runs_dir) else []
    return NoRunsError(
        worded(
            "folder-unknown",
            "{argument!r} names no run. It was looked for here and in {runs_dir}, as a folder, a "
            "pattern, a run id and a key.{hint}",
            argument=argument,
            runs_dir=runs_dir,
            hint=did_you_mean(argument, known),
        ),
        code="runs-name-unknown",
    )


def _nothing_finished(arguments: Sequence[str], notes: Sequence[Finding]) -> NoRunsError:
    shown = list(notes[:_NOTES_SHOWN])
    if len(notes) > _NOTES_SHOWN:
        shown.append(_note("find-more", n=len(notes) - _NOTES_SHOWN))
    return NoRunsError(
        f"no finished run was found in {', '.join(arguments) or 'nothing'}.", findings=shown, code="runs-none-finished"
    )


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
