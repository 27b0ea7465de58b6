"""What the files of a study say of the runs beside them: which study a run is of, and what it is there for."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.regular_files import is_file
from optbench.errors import StorageError
from optbench.run_store.documents import read_json
from optbench.run_store.paths import MANIFEST, STUDY_RECORD, RunPaths
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.records import RunRecord

    _Rows = Mapping[str, tuple[str | None, str | None]]
    """Run id -> stage and label."""

STAGES: Final = ("tuning", "confirmation", "one_split", "splits")
_LARGEST_TABLE: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class StudyTables:
    """Paths of the files of a study folder that name its runs."""

    folder: Path

    @property
    def record(self) -> Path:
        """The resolved plan, the settings chosen, when the test split was opened, and the digests of what follows."""
        return self.folder / STUDY_RECORD

    @property
    def plan(self) -> Path:
        """One row per planned run, written before the first of them."""
        return self.folder / "plan.csv"

    @property
    def results(self) -> Path:
        """One row per run of the plan."""
        return self.folder / "results.csv"


@dataclass(frozen=True, slots=True)
class StudyPlace:
    """What a run is in a study.

    Attributes
    ----------
    study : name of the study's folder
    stage : one of `STAGES`; None if its files do not say
    label : what the study calls the optimizer; None if they do not say
    """

    study: str
    stage: str | None = None
    label: str | None = None


def is_study_folder(folder: Path) -> bool:
    """Return True if a folder has the record of a study, or the manifest of one whose record was taken away."""
    return is_file(StudyTables(folder).record) or _has_study_manifest(folder)


def _has_study_manifest(folder: Path) -> bool:
    if os.path.lexists(RunPaths(folder).config_resolved):  # a run's; ten thousand manifests of runs are not read here
        return False
    try:
        document = read_json(folder / MANIFEST)
    except StorageError:
        return False
    return isinstance(document.get("study"), str) and isinstance(document.get("runs"), dict)


def study_places(folders: Iterable[str]) -> dict[str, StudyPlace]:
    """Return folder of a run, as given -> what it is in the study whose folder it lies in, of those that lie in one.

    A run that the tables of an interrupted study do not name yet has a study, and neither stage nor label.
    """
    tables: dict[str, tuple[str, _Rows] | None] = {}
    found = {}
    for folder in folders:
        parent, name = os.path.split(folder)
        if name in ("", ".", ".."):
            parent, name = os.path.split(os.path.abspath(folder))  # noqa: PTH100 - links stay what they are
        if parent not in tables:
            tables[parent] = _tables_in(Path(parent).absolute())
        table = tables[parent]
        if table is not None:
            study, rows = table
            found[folder] = StudyPlace(study, *rows.get(name, (None, None)))
    return found


def _tables_in(folder: Path) -> tuple[str, _Rows] | None:
    rows = _rows_of(folder, _changed(folder)) if is_study_folder(folder) else None
    return None if rows is None else (folder.name, rows)


def record_places(records: Iterable[RunRecord]) -> dict[str, StudyPlace]:
    """Return folder of a run -> what it is in its study, of those that are in one.

    A run that no table names is for tuning if its test split is withheld, and for confirmation otherwise.
    """
    of_folder = {record.folder: record for record in records}
    found = {}
    for folder, place in study_places(of_folder).items():
        split = (of_folder[folder].config.get("dataset") or {}).get("split") or {}
        stage = place.stage or ("tuning" if split.get("withhold_test") else "confirmation")
        found[folder] = StudyPlace(place.study, stage, place.label)
    return found


def _changed(folder: Path) -> tuple[int, ...]:
    """Return what is other when the tables have been written anew."""
    paths = StudyTables(folder)
    return tuple(path.stat().st_mtime_ns if is_file(path) else 0 for path in (paths.plan, paths.results, paths.record))


@lru_cache(maxsize=64)
def _rows_of(folder: Path, _changed: tuple[int, ...]) -> _Rows | None:
    """Return run id -> stage and label; None if the folder's record is that of no study."""
    paths = StudyTables(folder)
    try:
        if not isinstance(read_json(paths.record).get("study"), str):
            return None
    except StorageError:
        return None
    return {**_named(paths.plan), **_named(paths.results)}


def _named(path: Path) -> dict[str, tuple[str | None, str | None]]:
    try:
        text = read_bytes(path, most=_LARGEST_TABLE).decode("utf-8", "replace")
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(text)))
    except (StorageError, csv.Error):
        return {}
    return {
        str(row["run"]): (row["stage"] if row.get("stage") in STAGES else None, row.get("optimizer") or None)
        for row in rows
        if row.get("run")
    }
