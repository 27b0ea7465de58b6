"""Which records of a run hold cells, words or rows of its data, and what is left of them where these stay behind.

Names of columns and of classes are no cells: without them no number of the record could be read. Nor are the labels and
numbers beside predictions, on which every metric and comparison rests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from optbench.core.findings import Finding, Severity

# Values of notes that are no cells: counts, and names of columns, classes, files, splits and settings. What a note says
# beyond them is taken for a cell, so that a new one cannot let any out.
_NO_CELLS: Final = frozenset(
    {
        *(
            "name",
            "names",
            "target",
            "labels",
            "majority",
            "kind",
            "split",
            "file",
            "written",
            "path",
            "inner",
            "sheet",
        ),
        *("n", "share", "wanted", "size", "length", "largest", "given", "used", "order", "zone", "parts", "form"),
        *("metric", "better", "encoding", "separator", "endings", "setting", "reason", "doubt", "what"),
    }
)
_COUNT: Final = "n_"
_TIMES: Final = "spans"  # the first and the last time of each split


def is_open(dataset: str) -> bool:
    """Return True if anybody can have the data that an experiment names: then nothing of it has to stay behind.

    Parameters
    ----------
    dataset : its `dataset.name`
    """
    from optbench.catalog.datasets import DATASETS
    from optbench.catalog.generated import PROBLEMS
    from optbench.config.dataset_sections import OPENML_PATTERN

    entry = DATASETS.get(dataset)
    is_public = entry is not None and entry.is_public
    return is_public or dataset in PROBLEMS or re.match(OPENML_PATTERN, dataset) is not None


def without_cells(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of environment.json without cells of the data: counts, columns, classes and digests stay."""
    data = environment.get("data")
    left = {**environment, "notes": [_note(note) for note in _listed(environment.get("notes"))]}
    if isinstance(data, Mapping):
        left["data"] = {name: _fact(name, value) for name, value in data.items()}
    return left


def _fact(name: str, value: Any) -> Any:
    if name == "preprocessing":
        return {}
    if name == "split" and isinstance(value, Mapping):
        return {part: inner for part, inner in value.items() if part != _TIMES}
    if name == "columns":
        return [_column(column) for column in _listed(value)]
    if name == "columns_left_out" and isinstance(value, Mapping):
        return {column: _note(reason) for column, reason in value.items()}
    return [_note(reason) for reason in _listed(value)] if name == "rows_dropped" and isinstance(value, list) else value


def _column(column: Any) -> Any:
    if not isinstance(column, Mapping):
        return column
    return {name: _note(value) if name == "reason" else value for name, value in column.items()}


def _note(note: Any) -> Any:
    """Return a recorded note, or what stands for one that holds cells, or may: older versions recorded sentences."""
    if note in (None, ""):
        return note
    if _is_finding(note) and _holds_none(note["values"]):
        return note
    code = str(note["code"]) if _is_finding(note) else "recorded-sentence"
    return Finding("recorded-held-back", Severity.NOTE, {"code": code}).to_json()


def _holds_none(values: Mapping[str, Any]) -> bool:
    return all(
        (name in _NO_CELLS or name.startswith(_COUNT)) and (not _is_finding(value) or _holds_none(value["values"]))
        for name, value in values.items()
        if value is not None
    )


def _is_finding(value: Any) -> bool:
    return isinstance(value, Mapping) and "code" in value and isinstance(value.get("values"), Mapping)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
