"""How rows are divided: what in `dataset.split` contradicts itself, or needs other data."""

from __future__ import annotations

from typing import Any

from optbench.catalog.datasets import DATASETS
from optbench.config.findings import Finding
from optbench.core.worded import joined, worded


def split_findings(dataset: Any) -> list[Finding]:
    """Return what contradicts itself in how a data set's section divides the rows."""
    split, path = dataset.split, ("dataset", "split")
    findings = []
    if (split.test or 0.0) + split.validation >= 1:
        sentence = worded(
            "must-leave-rows",
            "test and validation must leave rows for training. Received: {test} and {validation} of "
            "all rows. Make them smaller, together below 1.",
            test=f"{split.test:g}",
            validation=f"{split.validation:g}",
        )
        findings.append(Finding((*path, "test"), sentence, code="config-value-wrong"))
    given = [key for key in ("test", "column", "test_path") if getattr(split, key) is not None]
    if len(given) > 1:
        sentence = worded(
            "key-test-one-way",
            "the test rows can be given in one way only. Received: {keys}. Keep one.",
            keys=joined(*given, between=worded("must-and", " and ")),
        )
        findings.append(Finding((*path, given[1]), sentence, at="key", code="config-keys-conflict"))
    findings += _kept_together_findings(dataset)
    against = [key for key in ("withhold_test", "folds", "fold") if getattr(split, key) not in (None, False)]
    if split.all_rows and against:
        sentence = worded(
            "key-all-rows",
            "all rows are for training, so none are left for {key}. Remove one of the two.",
            key=against[0],
        )
        findings.append(Finding((*path, "all_rows"), sentence, at="key", code="config-keys-conflict"))
    for key in ("column", "test_path"):
        if getattr(split, key) is not None and dataset.name != "csv":
            sentence = worded(
                "key-own-tables",
                "is for tables of your own (dataset.name: csv). Received: dataset.name: {name}.",
                name=dataset.name,
            )
            findings.append(Finding((*path, key), sentence, at="key", code="config-keys-conflict"))
    return findings


def _kept_together_findings(dataset: Any) -> list[Finding]:
    """Return what contradicts a split by group or in time."""
    split, path = dataset.split, ("dataset", "split")
    given = [key for key in ("group", "time") if getattr(split, key) is not None]
    if not given:
        return []
    findings, key = [], given[-1]
    others = [each for each in (*given[:-1], "column", "test_path") if getattr(split, each) is not None]
    if others:
        sentence = worded(
            "key-split-both",
            "rows can be divided by {other} or by {key}, not by both: one would break the other. "
            "Received: {other} and {key}. Keep one.",
            other=others[0],
            key=key,
        )
        findings.append(Finding((*path, key), sentence, at="key", code="config-keys-conflict"))
    if split.time is not None and "stratify" in split.model_fields_set and split.stratify:
        sentence = worded(
            "key-stratify-time",
            "a split in the order of time cannot keep the classes' shares. Received: true. Remove the line.",
        )
        findings.append(Finding((*path, "stratify"), sentence, code="config-keys-conflict"))
    if not _has_columns(dataset.name):
        sentence = worded(
            "key-tables-only",
            "is for tables, whose columns have names. Received: dataset.name: {name}. Remove the line.",
            name=dataset.name,
        )
        findings.append(Finding((*path, key), sentence, at="key", code="config-key-without-effect"))
    return findings


def _has_columns(name: str) -> bool:
    """Return True for data that is read as a table of texts."""
    entry = DATASETS.get(name)
    return name == "csv" or name.startswith("openml:") or (entry is not None and entry.form == "table")
