"""In a language of wide letters nothing that a study shows is in ordinary ones, but for names and symbols."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from pseudo_locale import Shown, names_in, past_the_catalogue, write_pseudo_locale
from selection import mostly_long

from optbench.study.documents import read_verdict
from optbench.study.markdown import verdict_markdown
from optbench.study.sentences import study_verdict
from optbench.study.show import show_study
from optbench.study.stored import parts_of
from optbench.study.stored_verdict import stored_part, stored_verdict
from optbench.study.study_result import StudyResult
from optbench.study.summary import study_summary
from optbench.words import CODES, VARIABLE

MODEL = "model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}"


@pytest.fixture(scope="session")
def pseudo(tmp_path_factory):
    """The language."""
    folder = tmp_path_factory.mktemp("pseudo-locale")
    write_pseudo_locale(folder)
    return str(folder)


def names_of(findings):
    """Names of a study: its own, of its problems, runs and optimizers, its digests, keys of the study file."""
    digests = [opening["split"][:12] for one in findings.problems for opening in one.openings]
    problems = [one.name for one in findings.problems]
    keys = ["grid", "halton", "weight_decay", "tuning.points", "model.l2", "l2", "optbench"]
    names = [findings.config.name, findings.plan[:12], *digests, *problems, *keys]
    classes = [gap.name for one in findings.problems for item in one.analyses.disagreements for gap in item.classes]
    short = [f"{name[:8]}…" for name in classes]  # at the cells of a matrix
    return [*names_in(findings.comparison), *names, *classes, *short]


def lines_of(shown):
    """The lines of Markdown or of a terminal, without marks."""
    return [line.replace("\\", "") for line in shown.splitlines()]


STUDIES = ["plain", "resplit", "diverged", "several", "hyperparameters"]


@pytest.fixture(params=mostly_long(STUDIES, short=["several"], ci=STUDIES[:3] + STUDIES[4:]))
def ended(request, study):
    """Studies that together say what a study can say, as they ended."""
    on = "experiments:\n" + "".join(f"  - {{dataset: {{name: {name}}}, {MODEL}}}\n" for name in ("iris", "wine"))
    decay = "{name: adamw, weight_decay: {low: 1e-4, high: 0.1}}"
    l2 = "{label: adam-l2, name: adam, with: {model.l2: {low: 1e-6, high: 0.01}}}"
    given = "{name: sgd, learning_rate: 0.01}"
    return {
        "plain": lambda: study(tuning_seeds=2, seeds=7, splits=2),
        "resplit": lambda: study(points=2, seeds=7, on_one_split=5),
        "diverged": lambda: study(behaviour={"sgd": ["diverge"]}, tuning_seeds=2, points=2, seeds=3),
        "several": lambda: study(experiment=on, optimizers="[sgd, rmsprop]", points=2, seeds=3),
        "hyperparameters": lambda: study(optimizers=f"[{decay}, {l2}, {given}]", points=4, metric="val_log_loss"),
    }[request.param]()


@pytest.fixture
def findings(ended):
    """What such a study found."""
    return ended.findings


def test_what_a_study_writes_and_prints(findings, pseudo):
    """verdict.md and the terminal: headings, headers, cells, sentences."""
    names = names_of(findings)
    for shown in (verdict_markdown(findings, pseudo), study_summary(findings, language=pseudo)):
        assert not past_the_catalogue(lines_of(shown), names)


def test_what_is_shown_of_a_stored_verdict(ended, pseudo, monkeypatch):
    """`show` and a notebook say it from its findings: word for word what the study said when it ended."""
    monkeypatch.setenv(VARIABLE, pseudo)
    paths = ended.plan.paths
    document, shown = show_study(paths, pseudo)
    verdict = read_verdict(paths)
    result = StudyResult(paths.folder.name, paths.folder, verdict, pd.DataFrame())
    names = [*names_of(ended.findings), *document["files"], *(one["folder"] for one in document["verdicts"])]
    names += [paths.folder, paths.folder.name, document["plan"][:12], document["key"][:12]]
    for texts in (shown.splitlines(), [repr(result)], Shown(result._repr_html_()).texts):
        assert not past_the_catalogue(texts, names)
    for language in ("en", "es", pseudo):
        assert stored_verdict(verdict, language) == study_verdict(ended.findings, language)
    assert stored_verdict(verdict, "en") == verdict["verdict"]
    parts = [one for name, one in parts_of(verdict).items() if name]
    assert [stored_part(one, "en") for one in parts] == [one["verdict"] for one in parts]


@pytest.mark.long
@pytest.mark.ci
def test_a_study_writes_and_says_in_the_language_it_is_given(study, pseudo):
    """From the command down, whatever the machine speaks."""
    study.draw_pages()
    end = study(language=pseudo, tuning_seeds=2, points=4)
    names = names_of(end.findings)
    paths = end.plan.paths
    assert not past_the_catalogue(lines_of(paths.verdict_text.read_text(encoding="utf-8")), names)
    assert not past_the_catalogue(Shown(paths.page.read_text(encoding="utf-8")).texts, names)
    assert study.said
    assert not past_the_catalogue(study.said, names)


def test_a_study_decides_the_same_in_codes(study_in, tmp_path):
    """Plan, settings, keys of the runs, numbers and the verdict for programs; the verdict for people is codes."""
    documents, tables, texts = [], [], []
    for language in ("en", CODES):
        end = study_in(tmp_path / language)(points=2, splits=2, language=language)
        paths = end.plan.paths
        documents.append(without_times(json.loads(paths.verdict_json.read_text())))
        tables.append((paths.plan.read_bytes(), [run.planned.key for run in end.runs.planned]))
        texts.append(paths.verdict_text.read_text(encoding="utf-8"))
    assert documents[0] == documents[1]
    assert tables[0] == tables[1]
    said = [line for line in documents[0]["warnings"] if line in texts[0].replace("\\", "")]
    assert said
    assert not any(line in texts[1].replace("\\", "") for line in said)


def without_times(document):
    """A verdict without what a clock wrote into it."""
    for one in document["optimizers"]:
        one.pop("training_seconds")
    return document


def test_what_is_foreseen_and_how_it_ends(study, pseudo):
    """`--dry-run` and `--explain`, before and after; the last line."""
    forecasts = [study.dry_run(splits=2), study.dry_run(points=1, seeds=9), study.dry_run(on_one_split=5)]
    forecasts.append(study.explain())
    end = study()
    forecasts.append(study.explain())
    shown = [*(one.text(pseudo) for one in forecasts), end.sentence(pseudo), study().sentence(pseudo)]
    rows = ("sgd", "adam", "sgd-default", "adam-default")
    runs = [name for run in end.runs.planned for name in (run.run, run.planned.key[:8])]
    folders = [one.plan.paths.folder for one in forecasts]
    for text in shown:
        names = [*folders, *runs, *rows, "verdict.md", "report.html", "-j", "tuning.points", "on_one_split"]
        assert not past_the_catalogue(text.splitlines(), names)


def test_documents_for_programs_are_english(study, pseudo, monkeypatch):
    """Whatever the machine speaks."""
    english = study.explain().to_json()
    monkeypatch.setenv(VARIABLE, pseudo)
    assert study.explain().to_json() == english
    assert "new: its setting is not chosen yet" in {one["why"] for one in english["explained"]}
