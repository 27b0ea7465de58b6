"""A data set whose test rows are kept from whoever trains on it: split as otherwise, then the test split is emptied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.datasets.assembly import is_repeat_note, split_digest
from optbench.records import SplitData

if TYPE_CHECKING:
    from optbench.records import Dataset

_WITHHELD = Finding("data-test-withheld", Severity.NOTE)


def without_test_rows(dataset: Dataset) -> Dataset:
    """Return the data set with an empty test split, and without anything that was counted on its rows.

    Training and validation rows, and the digest of the data, stay as they are; the digest of the split changes.
    """
    test = SplitData(dataset.test.x[:0], dataset.test.y[:0], dataset.test.rows[:0])
    splits = {**dataset.splits, "test": test}
    return replace(
        dataset,
        test=test,
        split_digest=split_digest(splits, dataset.class_names),
        facts=_facts_without_test(dict(dataset.facts)),
        notes=(*(note for note in dataset.notes if not is_repeat_note(note, "test")), _WITHHELD),
    )


def _facts_without_test(facts: dict[str, Any]) -> dict[str, Any]:
    split = dict(facts.get("split", {}))
    split |= {"rows": {**split.get("rows", {}), "test": 0}, "withheld": "test"}
    counted = ("class_counts", "target_values")
    per_split: dict[str, Any] = {key: _without_test(facts[key]) for key in counted if key in facts}
    if "majority" in facts:
        per_split["majority"] = {**facts["majority"], "share": _without_test(facts["majority"].get("share", {}))}
    duplicates = {name: n for name, n in facts.get("duplicates", {}).items() if name == "validation_in_train"}
    return {**facts, "split": split, **per_split, "duplicates": duplicates}


def _without_test(by_split: dict[str, Any]) -> dict[str, Any]:
    return {name: found for name, found in by_split.items() if name != "test"}
