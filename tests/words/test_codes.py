"""With every sentence replaced by its code, runs have the same keys, digests and identity files."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from babel.messages.pofile import read_po, write_po
from finished_runs import make_run
from identity_files import IDENTITY_FILES

from optbench.comparison import compare
from optbench.core.findings import Finding
from optbench.datasets import without_test_rows
from optbench.records import History
from optbench.regression_records import TargetPredictions
from optbench.reporting.comparison_document import comparison_document
from optbench.reporting.comparison_text import render_comparison_table
from optbench.run_store import (
    write_history,
    write_target_predictions,
    write_training_result,
)
from optbench.runner.finish import finish_run
from optbench.runner.listing import show_run
from optbench.words import VARIABLE
from optbench.words.catalogue import language_folder, subjects

HEADER = "id,size,note,kind,y\n"
TAIL = "model: {name: mlp, hidden_units: [4]}\noptimizer: {name: adam}\ntraining: {epochs: 3}\n"


def table(label):
    """Rows with a counter, a gap, sentences and a constant: a note on each."""
    return HEADER + "".join(
        f"{i},{'' if i == 5 else i * 7 % 11}.5,the size of number {i} is told here,same,{label(i)}\n" for i in range(60)
    )


@pytest.fixture
def in_language(monkeypatch, tmp_path, make_runs):
    """Plan, stage and finish a run of a task in a language; the folder of the run, beside what was said."""

    def run(language, task):
        monkeypatch.setenv(VARIABLE, language)
        base = tmp_path / task
        base.mkdir(exist_ok=True)
        (base / "data.csv").write_text(table(lambda i: "ab"[i % 2] if task == "classification" else i * 1.5))
        (base / "x.yaml").write_text(
            f"name: x\ntask: {task}\ndataset: {{name: csv, path: data.csv, target: y}}\n{TAIL}"
        )
        (planned,) = make_runs.plan(base / "x.yaml", base / re.sub(r"\W", "-", language))
        paths = make_runs.stage(planned)
        make_runs.pretend_training(planned, accuracy=0.5) if task == "classification" else pretend(planned, make_runs)
        with make_runs.claimed(paths, planned.key) as claim:
            finish_run(claim, draw=task == "classification")
        return planned, paths

    return run


def pretend(planned, make_runs):
    """Leave what training of a regression leaves: predictions that are no better than the mean."""
    columns = ("epoch", "loss", "mse", "val_loss", "val_mse", "learning_rate")
    rows = tuple((float(e), 1.0 - e / 10, 1.0 - e / 10, 1.0 + e / 10, 1.0 + e / 10, 0.01) for e in range(4))
    predictions = {
        name: TargetPredictions(split.y, np.full(len(split.y), 40.0), split.rows)
        for name, split in planned.dataset.splits.items()
    }
    with make_runs.claimed(planned.paths, planned.key) as claim:
        write_history(claim.draft.history, History(columns, rows))
        write_target_predictions(claim.draft.predictions, predictions)
        claim.draft.model.write_bytes(b"no model")
        write_training_result(claim.draft, make_runs._result(diverged=False))
        claim.publish(last=planned.paths.training_result)


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
    told = re.findall(r"^(?:note|warning): (.*)$", shown, re.MULTILINE)
    assert {note.code for note in planned.dataset.notes} <= set(told)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", code) for code in told)
    page = paths.report_html.read_text(encoding="utf-8")
    assert all(f"<li>{code}</li>" in page for code in told)


def test_a_pseudo_locale_reaches_notes_and_warnings(in_language, tmp_path):
    """Every text in brackets of its own: what a page shows without them went past the catalogue."""
    folder = tmp_path / "pseudo"
    folder.mkdir()
    for subject in subjects("en"):
        with (language_folder("en") / f"{subject}.po").open("rb") as file:
            messages = read_po(file)
        for message in messages:
            if message.id and not str(message.id).startswith("format-"):
                plural = isinstance(message.string, tuple)
                forms = message.string if plural else (message.string,)
                forms = tuple(f"⟦{form}⟧" for form in forms)
                message.string = forms if plural else forms[0]
        with (folder / f"{subject}.po").open("wb") as file:
            write_po(file, messages)
    _, paths = in_language(str(folder), "classification")
    _, shown = show_run(str(paths.folder), paths.folder.parent)
    told = re.findall(r"^(?:note|warning): (.*)$", shown, re.MULTILINE)
    assert len(told) > 4
    assert all(line.startswith("⟦") and line.endswith("⟧") for line in told)
    items = re.findall(r"<li>(.*?)</li>", paths.report_html.read_text(encoding="utf-8"))
    assert all(item.startswith("⟦") and item.endswith("⟧") for item in items)


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
