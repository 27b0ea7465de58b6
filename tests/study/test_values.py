"""What a study found is values: analyses read no folder, decisions rest on no sentence, programs get codes."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace

import pytest
from finished_runs import make_run

from optbench.core.findings import Finding
from optbench.records import History
from optbench.study.budgets import budgets
from optbench.study.markdown import verdict_markdown
from optbench.study.rate_widths import rate_widths
from optbench.study.runs import StudyRuns, kept_losses
from optbench.study.statements import GAIN_CODES
from optbench.study.tables import results_csv
from optbench.study.tuning import choose
from optbench.study.verdict_json import verdict_document
from optbench.words import sentence

COLUMNS = ("epoch", "loss", "val_loss")
HISTORY = History(COLUMNS, ((0.0, 3.0, 3.1), (1.0, 2.0, 2.1), (2.0, 1.0, 2.5)))
opened: list[str] = []


def _note_opened(event, arguments):
    if event == "open" and opened[:1] == ["listening"]:
        opened.append(str(arguments[0]))


sys.addaudithook(_note_opened)  # an audit hook stays as long as the process


@pytest.fixture
def files_opened():
    """Names of the files that were opened since, by whatever way."""
    opened[:] = ["listening"]
    yield opened
    opened.clear()


def test_analyses_take_values_and_open_no_file(finished, files_opened):
    """Choice, budgets, widths and tables follow from records and histories; the folders are elsewhere."""
    runs, config = finished.runs, finished.plan.config
    records = {run: replace(record, folder="/nowhere") for run, record in runs.records.items()}
    values = StudyRuns(runs.planned, records, {run: runs.histories[run] for run in records})
    only = finished.findings.problems[0]
    files_opened[:] = ["listening"]
    tunings = choose(config, values)
    found = budgets(config, tunings, values), rate_widths(tunings, only.comparison), results_csv(values)
    assert [name for name in files_opened if "nowhere" in name or name.endswith((".csv", ".json", ".npz"))] == []
    assert tunings == only.tunings
    assert found[:2] == (only.analyses.budgets, only.analyses.widths)
    assert found[2] == finished.plan.paths.results.read_text()


def test_each_history_is_read_once_per_command(study, files_opened):
    """Tuning, tables, curves, targets and budgets share what is read, when a finished study is called again."""
    study()
    files_opened[:] = ["listening"]
    end = study()
    histories = [name for name in files_opened if name.endswith("history.csv")]
    assert end.trained == 0
    assert sorted(histories) == sorted(set(histories))


@pytest.mark.parametrize(("restores", "validation", "train"), [(False, 2.5, 1.0), (True, 2.1, 2.0)])
def test_the_kept_loss_of_an_older_folder_is_in_its_history(restores, validation, train):
    """The best epoch's where its weights were restored, else the last one's."""
    record = make_run(training={"early_stopping": {"patience": 1, "restore_best": restores}})
    record = replace(record, metrics={**record.metrics, "best_epoch": 1, "validation": {"accuracy": 0.5}})
    assert kept_losses(record, HISTORY) == {"train": train, "validation": validation}
    runs = StudyRuns((), {record.run: record}, {record.run: HISTORY})
    assert runs.validation_score(record.run, "val_loss") == validation
    assert runs.validation_score(record.run, "val_accuracy") == 0.5


@pytest.mark.parametrize("loss", [0.25, None])
def test_the_kept_loss_stands_in_newer_metrics(loss):
    """Then no history is asked for; one that is not finite is none."""
    record = make_run()
    newer = replace(record, metrics={**record.metrics, "validation": {"loss": loss}})
    assert StudyRuns((), {record.run: newer}, {}).validation_score(record.run, "val_loss") == loss


def test_verdict_json_says_in_codes_what_it_says_in_words(study):
    """Each sentence of the study is that of a finding beside it, made again from its code and values."""
    document = verdict_document(study(behaviour={"sgd": ["diverge"]}, points=2).findings)
    assert json.loads(json.dumps(document)) == document
    warned = [sentence(Finding.from_json(entry), "en") for entry in document["findings"]]
    assert sorted(warned) == sorted(document["warnings"])
    codes = {entry["code"] for entry in document["findings"]}
    assert {"study-rates-diverged", "study-one-tuning-seed"} <= codes
    added = [Finding.from_json(entry) for entry in document["verdict_findings"]]
    codes = {finding.code for finding in added}
    assert "study-budget-of-each" in codes
    assert not codes.isdisjoint(GAIN_CODES)
    assert all(sentence(finding, "en") in document["verdict"] for finding in added)
    edge = next(entry["values"] for entry in document["findings"] if entry["code"].startswith("study-best-is-"))
    assert edge["best"] == document["chosen"][edge["label"]][edge["name"]]


def test_no_decision_rests_on_a_sentence(study, monkeypatch):
    """In a language of codes the same settings are chosen, the same runs made, the same verdict.json written."""
    first = study(points=2)
    document, page = verdict_document(first.findings), verdict_markdown(first.findings)
    monkeypatch.setenv("OPTBENCH_LANG", "codes")
    second = study(points=2)
    assert (second.trained, second.plan.digest) == (0, first.plan.digest)
    assert verdict_document(second.findings) == document
    coded = verdict_markdown(second.findings)
    assert "## study-heading-optimizers" in coded
    rows = [len(re.findall(r"^\|", text, re.MULTILINE)) for text in (coded, page)]
    assert rows[0] == rows[1]
