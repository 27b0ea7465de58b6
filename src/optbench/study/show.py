"""`optbench show STUDY`: its verdict and decision, the verdicts before, and what lies in its folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from optbench.core.printable import printable
from optbench.core.regular_files import is_file
from optbench.study.earlier import earlier_note, is_earlier
from optbench.study.stored import parts_of
from optbench.study.stored_verdict import stored_verdict
from optbench.study.verdicts import files_of, is_whole, kept_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.study.paths import StudyPaths


def show_study(paths: StudyPaths, language: str | None = None) -> tuple[dict[str, Any], str]:
    """Return what is known of a study, as JSON values and as text.

    Raises
    ------
    StorageError
        If study.json or verdict.json cannot be read.
    """
    from optbench.study.documents import read_record, read_verdict

    record = read_record(paths)
    verdict = read_verdict(paths) if is_file(paths.verdict_json) else None
    document = {
        "study": record.get("study"),
        "folder": str(paths.folder),
        "key": record.get("key"),
        "plan": record.get("plan"),
        "status": _status(paths),
        "verdict": None if verdict is None else verdict.get("verdict"),
        "recommended": None if verdict is None else _recommended(verdict),
        "verdicts": [_verdict(one) for one in kept_verdicts(paths)],
        "openings": len(_listed(record.get("openings"))),
        "files": [path.name for path in files_of(paths)],
        "sealed": os.path.lexists(paths.manifest),
    }
    said = "" if verdict is None else stored_verdict(verdict, language)
    lines = [*_lines(document, said, language), *_unsealed(paths, language)]
    return document, "\n".join(map(printable, lines))


def _status(paths: StudyPaths) -> str:
    if not os.path.lexists(paths.manifest):
        return "completed" if is_earlier(paths) else "unfinished"
    return "completed" if is_whole(paths, deep=False) else "damaged"


def _unsealed(paths: StudyPaths, language: str | None) -> Iterator[str]:
    """Yield what is said of a study that a version before manifests finished."""
    from optbench.words import sentence

    if is_earlier(paths):
        yield ""
        yield sentence(earlier_note(paths), language)


def _verdict(paths: StudyPaths) -> dict[str, Any]:
    from optbench.errors import StorageError
    from optbench.study.documents import read_verdict

    try:
        document = read_verdict(paths)
    except StorageError:
        return {"folder": paths.folder.name, "metric": None, "verdict": None, "exploratory": None}
    return {
        "folder": paths.folder.name,
        "metric": document.get("metric"),
        "verdict": document.get("verdict"),
        "exploratory": document.get("exploratory_plan") is not None,
    }


def _recommended(verdict: Mapping[str, Any]) -> Any:
    """Return the row to take; of several problems one for each, by its name."""
    found = {name: one.get("recommended") for name, one in parts_of(verdict).items()}
    return found.get("", found)


def _lines(document: Mapping[str, Any], verdict: str, language: str | None) -> Iterator[str]:
    from optbench.words import text

    names = {name: str(document[name]) for name in ("study", "status", "folder")}
    yield text("show-study", language, study=names["study"], status=names["status"])
    yield text("show-folder", language, folder=names["folder"])
    yield text("show-plan", language, plan=str(document["plan"])[:12], key=str(document["key"])[:12])
    yield ""
    yield verdict or text("show-no-verdict", language)
    if document["verdicts"]:
        yield ""
        yield text("show-verdicts", language, verdicts=[one["folder"] for one in document["verdicts"]])
    yield ""
    yield text("show-files", language, files=document["files"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
