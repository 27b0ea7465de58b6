"""With every sentence replaced by its code, runs have the same keys, digests and identity files."""

from __future__ import annotations

import json
import re

import pytest
from finished_runs import make_run
from identity_files import IDENTITY_FILES

from optbench.comparison import compare
from optbench.core.findings import Finding
from optbench.datasets import without_test_rows
from optbench.reporting.comparison_document import comparison_document
from optbench.reporting.comparison_text import render_comparison_table
from optbench.runner.listing import show_run
from optbench.words import VARIABLE


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_identity_depends_on_a_sentence(in_language, task):
    """Key, splits, ladder, metrics and every file of a run's identity are the same bytes."""
    (english, in_english), (coded, in_codes) = (in_language(language, task) for language in ("en", "codes"))
    assert english.run == coded.run
    assert english.key == coded.key
    assert without_test_rows(english.dataset).split_digest == without_test_rows(coded.dataset).split_digest
    assert english.dataset.notes == coded.dataset.notes
    present = [name for name in (*IDENTITY_FILES, "residuals.csv") if (in_english.folder / name).exists()]
    assert len(present) >= 7
    for name in present:
        assert (in_english.folder / name).read_bytes() == (in_codes.folder / name).read_bytes(), name
    environment = [json.loads(paths.environment.read_text()) for paths in (in_english, in_codes)]
    assert environment[0] == environment[1]
    metrics = json.loads(in_english.metrics.read_text())
    assert metrics["warnings"]
    assert all(set(warning) == {"code", "severity", "values"} for warning in metrics["warnings"])


def test_what_people_read_comes_from_the_catalogue(in_language):
    """Notes and warnings of `show` and of the page are codes in the language of codes."""
    planned, paths = in_language("codes", "classification")
    _, shown = show_run(str(paths.folder), paths.folder.parent)
    told = re.findall(r"^show-(?:note|warning) (.*)$", shown, re.MULTILINE)
    assert {note.code for note in planned.dataset.notes} <= set(told)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", code) for code in told)
    page = paths.report_html.read_text(encoding="utf-8")
    assert all(f"<li>{code}</li>" in page for code in told)


def test_a_comparison_is_the_same_in_a_language_of_codes(monkeypatch):
    """The document for programs does not change by a byte; people read the catalogue's words only."""
    records = [
        make_run(name, seed, score + seed % 3 / 100, diverged=name == "sgd" and seed == 1)
        for name, score in (("adam", 0.9), ("sgd", 0.8), ("adamw", 0.9))
        for seed in range(7)
    ]
    comparison = compare(records)
    documents, tables = [], []
    for language in ("en", "codes"):
        monkeypatch.setenv(VARIABLE, language)
        documents.append(json.dumps(comparison_document(comparison), allow_nan=False))
        tables.append(render_comparison_table(comparison))
    assert documents[0] == documents[1]
    document = json.loads(documents[0])
    assert [Finding.from_json(one) for one in document["findings"]] == [
        item.finding for _, item in comparison.all_differences
    ]
    assert len(document["findings"]) == len(document["warnings"]) >= 2
    verdict = " ".join(finding.code for finding in comparison.problems[0].verdict)
    assert tables[1].rstrip().endswith(verdict)
    assert all(item.finding.code in tables[1] for _, item in comparison.all_differences)
    for sentence in (document["verdict"], *document["warnings"]):
        assert sentence in tables[0]
        assert sentence not in tables[1]
