"""Every verdict that studies have come to: each is kept beside the others, none is overwritten.

The files at the top of a study's folder are those of its current plan. `verdicts/<plan>` holds the same files as they
were when that plan was concluded; a plan whose runs were made again with other numbers gets `verdicts/<plan>-2`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optbench.core.regular_files import is_file
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from optbench.study.paths import StudyPaths
    from optbench.study.plan import StudyPlan, StudyRun

KEY_DIGITS = 8


def files_of(paths: StudyPaths) -> list[Path]:
    """Return the files that a verdict consists of, as far as they are there."""
    single = (paths.given, paths.resolved, paths.record, paths.plan, paths.results)
    drawn = (paths.verdict_json, paths.verdict_text, paths.page, *_recommended(paths))
    return [path for path in (*single, *drawn) if is_file(path)]


def close_study(plan: StudyPlan, runs: Iterable[StudyRun]) -> None:
    """Keep the verdict at the top of the folder, and write the manifest of the study, unless both are there.

    Parameters
    ----------
    runs : all that the verdict rests on
    """
    folders = [run.planned.paths.folder for run in runs]
    keep_verdict(plan.paths, plan=plan.digest, folders=folders)
    if not _is_closed(plan.paths, folders):
        write_manifest(plan.paths, folders)


def open_study(paths: StudyPaths, *, plan: str, record: Mapping[str, Any]) -> None:
    """Make room for a plan: what another one came to is kept, and no longer lies at the top.

    Parameters
    ----------
    plan : digest of the plan that begins or goes on
    record : content of study.json before
    """
    before = record.get("plan")
    if not isinstance(before, str) or before == plan:
        return
    paths.manifest.unlink(missing_ok=True)
    if is_file(paths.verdict_json):
        keep_verdict(paths, plan=before if record.get("outputs") else _plan_named(paths) or before)
    for path in (paths.results, paths.verdict_json, paths.verdict_text, paths.page, *_recommended(paths)):
        path.unlink(missing_ok=True)


def reopen_study(paths: StudyPaths) -> None:
    """Take the manifest away before a file that it lists is written."""
    paths.manifest.unlink(missing_ok=True)


def keep_verdict(paths: StudyPaths, *, plan: str, folders: Iterable[Path] | None = None) -> StudyPaths:
    """Copy the verdict at the top of a study's folder to its place, unless it is there, and return that.

    Parameters
    ----------
    plan : digest of the plan that came to it
    folders : of the runs that it rests on; None takes those that the verdict names and that are there
    """
    from optbench.run_store import make_folder, remove_leftovers, require_no_link, write_bytes
    from optbench.run_store.reading import read_bytes

    verdict = read_bytes(paths.verdict_json)
    require_no_link(paths.verdicts)
    for number in itertools.count(1):
        place = paths.verdict_of(plan, number)
        require_no_link(place.folder)
        if not os.path.lexists(place.manifest):
            break
        if is_whole(place) and read_bytes(place.verdict_json) == verdict:
            return place
    make_folder(paths.verdicts)
    make_folder(place.folder)
    remove_leftovers(place.folder)
    for path in files_of(paths):
        write_bytes(place.folder / path.name, read_bytes(path))
    write_manifest(place, _folders_named(paths) if folders is None else folders)
    return place


def is_whole(paths: StudyPaths, *, deep: bool = True) -> bool:
    """Return True if a study or a verdict has its manifest, and every file is as it was."""
    from optbench.run_store import study_manifest_problems

    return not study_manifest_problems(paths.manifest, deep=deep)


def kept_verdicts(paths: StudyPaths) -> list[StudyPaths]:
    """Return the verdicts that are kept, by name; those that were cut off before their manifest are none.

    Links are not followed: what lies behind one is not of the study.
    """
    from optbench.study.paths import StudyPaths as Kept

    if paths.verdicts.is_symlink():
        return []
    try:
        names = sorted(os.listdir(paths.verdicts))  # noqa: PTH208 - names, not paths
    except OSError:
        return []
    found = (Kept(paths.verdicts / name) for name in names)
    return [one for one in found if not one.folder.is_symlink() and os.path.lexists(one.manifest)]


def earlier_verdicts(plan: StudyPlan, confirmation: Iterable[StudyRun]) -> list[dict[str, Any]]:
    """Return the verdicts of other plans that rest on any of this plan's confirmation runs, in whichever study.

    Parameters
    ----------
    confirmation : all confirmation runs that the plan may use

    Returns
    -------
    list of dict
        Name of the study, digest of its plan, metric and number of seeds; by name and plan.
    """
    own = {run.planned.key[:KEY_DIGITS] for run in confirmation}
    found = {}
    for document in _verdicts_below(plan.paths.folder.parent):
        about = document.get("study")
        about = about if isinstance(about, dict) else {}
        digest = about.get("plan")
        if not isinstance(digest, str) or digest == plan.digest or own.isdisjoint(_keys_of(document)):
            continue
        seeds = len(_seeds_of(document))
        values = {"study": str(about.get("name")), "plan": digest, "metric": str(document.get("metric"))}
        found[values["study"], digest] = {**values, "seeds": seeds}
    return [found[name] for name in sorted(found)]


def _verdicts_below(runs_dir: Path) -> Iterator[dict[str, Any]]:
    """Yield every verdict.json of the studies in a runs directory that can be read."""
    from optbench.run_store import STUDY_RECORD, VERDICTS, read_json

    for record in sorted(runs_dir.glob(f"*/{STUDY_RECORD}")):
        for path in (record.parent / "verdict.json", *sorted(record.parent.glob(f"{VERDICTS}/*/verdict.json"))):
            with suppress(StorageError):
                yield read_json(path)


def _rows_of(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the optimizers of a verdict, of all its problems, and of what it says beyond the plan."""
    for one in (document, *_listed(document.get("problems"))):
        further = one.get("exploratory")
        for part in (one, further if isinstance(further, dict) else {}):
            yield from _listed(part.get("optimizers"))


def _keys_of(document: Mapping[str, Any]) -> set[str]:
    runs = (run for row in _rows_of(document) for run in row.get("runs") or () if isinstance(run, str))
    return {run[-KEY_DIGITS:] for run in runs}


def _seeds_of(document: Mapping[str, Any]) -> set[int]:
    return {seed for row in _rows_of(document) for seed in row.get("seeds") or () if isinstance(seed, int)}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plan_named(paths: StudyPaths) -> str | None:
    """Return the plan that the verdict at the top names: older versions left it there when another plan began."""
    from optbench.run_store import read_json

    about = read_json(paths.verdict_json).get("study")
    found = about.get("plan") if isinstance(about, dict) else None
    return found if isinstance(found, str) and "/" not in found else None


def _folders_named(paths: StudyPaths) -> list[Path]:
    """Return the folders of the runs that the verdict at the top names, as far as they are finished."""
    from optbench.run_store import RunPaths, read_json

    named = {run for row in _rows_of(read_json(paths.verdict_json)) for run in row.get("runs") or ()}
    folders = (paths.folder / run for run in sorted(named) if isinstance(run, str) and "/" not in run)
    return [folder for folder in folders if is_file(RunPaths(folder).manifest)]


def _is_closed(paths: StudyPaths, folders: Iterable[Path]) -> bool:
    """Return True if the manifest of a study is there and lists its files and runs as they are."""
    from optbench.run_store import RunPaths, check_study_manifest, file_sha256

    manifest, problems = check_study_manifest(paths.manifest, deep=True)
    if manifest is None or problems:
        return False
    runs = {folder.name: file_sha256(RunPaths(folder).manifest) for folder in folders}
    return set(manifest.files) == {path.name for path in files_of(paths)} and dict(manifest.runs) == runs


def write_manifest(paths: StudyPaths, folders: Iterable[Path]) -> None:
    """Close a study or a verdict with the files that are there.

    Parameters
    ----------
    folders : of the runs that it rests on
    """
    from optbench.run_store import read_json, write_study_manifest

    record = read_json(paths.record)
    facts = {name: str(record.get(name)) for name in ("study", "key", "plan")}
    write_study_manifest(paths.manifest, files=files_of(paths), runs=folders, **facts)


def _recommended(paths: StudyPaths) -> list[Path]:
    return sorted(paths.folder.glob("recommended*.yaml"))
