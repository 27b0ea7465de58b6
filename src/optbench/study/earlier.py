"""Finished studies of versions that wrote no manifest: what of them can be read as it is, and what seals them."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.study.paths import StudyPaths


def is_earlier(paths: StudyPaths) -> bool:
    """Return True for a finished study of a version before manifests.

    Today's versions write their design into study.json before anything runs; without it, a manifest that is missing
    was never written, and the digests of results in study.json were written last.
    """
    if os.path.lexists(paths.manifest) or not is_file(paths.verdict_json):
        return False
    try:
        record = _record(paths)
    except StorageError:
        return False
    return "design" not in record and paths.verdict_json.name in record["outputs"]


def require_sealed(paths: StudyPaths) -> None:
    """Raise StorageError for a finished study of a version before manifests."""
    if is_earlier(paths):
        raise StorageError(
            worded(
                "folder-study-earlier",
                "{folder} was finished by an earlier version of optbench, which wrote no manifest and kept less than "
                "this takes. Give 'optbench study FILE' with its file once: it seals the study and trains nothing.",
                folder=paths.folder,
            ),
            code="storage-study-unsealed",
        )


def earlier_note(paths: StudyPaths) -> Finding:
    """Return the note that a study has no manifest, and what gives it one."""
    return Finding("find-study-earlier", Severity.NOTE, {"path": str(paths.folder)})


def earlier_problems(paths: StudyPaths, *, deep: bool = True) -> Iterator[Finding]:
    """Yield the results that are not those whose digests study.json has, and the runs of results.csv that are gone.

    Parameters
    ----------
    deep : False reads no results but results.csv
    """
    from optbench.run_store import RunPaths
    from optbench.run_store.listed_files import wrong
    from optbench.run_store.reading import file_sha256, read_bytes

    for name, digest in sorted(_record(paths)["outputs"].items()):
        path = paths.folder / name
        if "/" in name or not is_file(path):
            yield wrong("manifest-file-missing", path, manifest=paths.record.name)
        elif deep and (found := file_sha256(path)) != digest:
            yield wrong("manifest-file-sha256", path, expected=str(digest), found=found)
    try:
        rows = list(csv.DictReader(io.StringIO(read_bytes(paths.results).decode())))
    except (StorageError, UnicodeError, csv.Error):
        return  # its digest says so
    for run in sorted({str(row.get("run")) for row in rows}):
        if "/" in run or not is_file(RunPaths(paths.folder / run).manifest):
            yield Finding("manifest-run-missing", Severity.ERROR, {"run": run})


def _record(paths: StudyPaths) -> Mapping[str, Any]:
    from optbench.study.documents import read_record

    record = read_record(paths)
    return {**record, "outputs": record.get("outputs", {})}
