"""study.json and verdict.json as a folder holds them, with the shapes that whoever reads them relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.json_fields import JsonFields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.study.paths import StudyPaths


def read_record(paths: StudyPaths) -> Mapping[str, Any]:
    """Return the content of study.json.

    Raises
    ------
    StorageError
        If it cannot be read, or is no record of a study.
    """
    from optbench.run_store import read_json

    record = read_json(paths.record)
    fields = JsonFields(record, paths.record)
    for name in ("study", "key", "plan"):
        fields.take(name, str)
    protocol = JsonFields(fields.take("protocol", dict), paths.record)
    protocol.given("confirmation", dict, {})
    for name in ("design", "engines", "outputs"):
        fields.given(name, dict, {})
    for opening in fields.given("openings", list, []):
        told = JsonFields(opening, paths.record)
        told.take("plan", str)
        told.given("question", str, "")
        told.given("confirmation", dict, {})
    return record


def read_verdict(paths: StudyPaths) -> Mapping[str, Any]:
    """Return the content of verdict.json.

    Raises
    ------
    StorageError
        If it cannot be read, or is no verdict.
    """
    from optbench.run_store import read_json

    return checked_verdict(read_json(paths.verdict_json), paths.verdict_json)


def checked_verdict(document: Any, path: Path) -> Mapping[str, Any]:
    """Return the content of a verdict.json, if it is a verdict; for errors see `read_verdict`."""
    fields = JsonFields(document, path)
    fields.maybe("verdict", str)
    fields.given("protocol", dict, {})
    parts = fields.take("problems", list) if "pairs" not in fields else [document]
    for part in parts:
        told = JsonFields(part, path)
        if part is not document:
            told.take("name", str)
        for pair in told.take("pairs", list):
            of_pair = JsonFields(pair, path)
            for name in ("a", "b", "decision"):
                of_pair.take(name, str)
        if "recommended" in told:
            taken = told.maybe("recommended", dict)
            JsonFields(taken or {"optimizer": ""}, path).take("optimizer", str)
    verdict: Mapping[str, Any] = document
    return verdict
