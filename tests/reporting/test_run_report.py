"""The page of a run: alone, escaped, accessible, warnings before numbers."""

from __future__ import annotations

import re
from functools import partial

import pytest
import yaml
from read_page import Outline, data_of

from optbench.core.findings import Finding, Severity
from optbench.records import ALL_LAYERS, History, LayerDiagnostics
from optbench.reporting.doubts import front_doubts
from optbench.reporting.languages import Speech
from optbench.reporting.run_report import RunReport, render_run_report
from optbench.tasks import TASKS
from optbench.words import sentences

EVIL = ("<script>alert(1)</script>", '" onload="x', "O'Brien & {{ 7 * 7 }}")


def page_of(report):
    """The page of a run of a classifier, as HTML."""
    task = TASKS["classification"]
    part, charts = (partial(make, report, report.evaluation) for make in (task.page_part, task.page_charts))
    return render_run_report(report, part, charts, "en")


def all_of(page, tag):
    """The attributes of each element."""
    return [attributes for name, attributes in page.attributes if name == tag]


@pytest.fixture
def report(evaluation, history):
    """Make the input of a page; every text in it is hostile."""

    def make(names=EVIL, **changes):
        evil = EVIL[0]
        columns = [
            {"name": "used one", "kind": "number", "reason": "all numbers", "used": True},
            {"name": evil, "kind": "id", "reason": f"every text differs {evil}", "used": False},
        ]
        data = {
            "files": [{"name": evil, "bytes": 3, "sha256": "ab" * 32}],
            "rows_read": 100,
            "columns": columns,
            "classes": list(names),
            "positive_class": None,
            "split": {"method": "fractions", "rows": {"train": 70, "test": 30}, "seed": 0},
            "class_counts": {"train": dict.fromkeys(names, 20), "test": dict.fromkeys(names, 10)},
            "majority": {"class": names[0], "share": {"test": 0.4}},
            "duplicates": {"test_rows_in_train": 2},
        }
        environment = {
            "python": {"version": "3.11", "compiler": evil},
            "packages": {"numpy": "2", evil: "1"},
            "git": None,
            "data": data,
            "notes": [f"a note {evil}"],
        }
        values = {
            "run": f"x{evil}-s0-abc",
            "status": "completed",
            "reason": None,
            "config": {"seed": 0, "optimizer": {"name": "adam", "learning_rate": 0.01}, "training": {"epochs": 5}},
            "config_text": f"name: {evil}\n",
            "evaluation": evaluation(names),
            "epochs_run": 5,
            "best_epoch": 4,
            "environment": environment,
            "timing": {"training_seconds": 0.25, "peak_memory_mb": 300.5, "runs_in_flight": 1},
            "digests": {"schema_version": 1, "data": "d" * 64, "order": ["e" * 64, "f" * 64]},
            "history": history(5),
        }
        return RunReport(**{**values, **changes})

    return make


def test_nothing_from_the_data_becomes_markup(report):
    """Class names, columns, files, notes and config with markup or template code stay text."""
    text = page_of(report())
    page = Outline(text)
    assert page.open == []
    assert all_of(page, "script") == [{"type": "application/json", "id": "data"}, {}]  # values, and ours by its digest
    assert not any(name.startswith("on") for _, attributes in page.attributes for name in attributes)
    assert text.count("&lt;script&gt;") > 8
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in re.findall(r"O&#39;Brien &amp; (\S+)", text)


def test_the_page_refers_to_nothing_outside_itself(report):
    """No address, no frame, one script of ours; images are data; the policy says so too."""
    text = page_of(report())
    page = Outline(text)
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")  # a name
    assert "url(" not in text
    assert "@import" not in text
    for _, attributes in page.attributes:
        for name in ("src", "href", "srcset", "action", "poster"):
            assert (attributes.get(name) or "#").startswith(("data:", "#"))
    metas = all_of(page, "meta")
    policy = next(a["content"] for a in metas if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert re.fullmatch(r".*; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; .*", policy)


def test_figures_and_tables_are_described(report):
    """Every figure has a title and a caption, every table a caption, every header cell a scope."""
    page = Outline(page_of(report()))
    figures = [attributes["id"] for attributes in all_of(page, "figure")]
    assert figures == ["learning", "confusion", "roc", "precision-recall"]
    named = {attributes.get("id") for _, attributes in page.attributes}
    drawings = [attributes for attributes in all_of(page, "svg") if attributes.get("role") == "img"]
    assert len(drawings) >= len(figures)
    assert {attributes["aria-labelledby"] for attributes in drawings} <= named
    assert page.tags.count("figcaption") == len(figures)
    assert page.tags.count("caption") == page.tags.count("table") >= 6
    assert all(cell.get("scope") in {"row", "col"} for cell in all_of(page, "th"))
    assert all_of(page, "html") == [{"lang": "en"}]
    assert page.tags.count("h1") == 1


def test_figures_hold_the_values_of_the_record(report):
    """Counts of the matrix, losses by epoch, points of the curves: read back from the page."""
    found = report()
    shown = data_of(page_of(found))["figures"]
    assert shown["confusion"]["panels"][0]["counts"] == found.evaluation.confusion.counts.tolist()
    accuracy, loss = shown["learning"]["views"]
    train = next(line for line in loss["lines"] if line["row"] == "split train")
    assert train["y"] == pytest.approx(found.history.column("loss"), rel=1e-5)
    assert train.get("x", loss["across"]) == list(found.history.column("epoch"))
    assert accuracy["name"] != loss["name"]
    (view,) = shown["roc"]["views"]
    curves = {(curve.split, curve.label): curve for curve in found.evaluation.roc_curves}
    mean = next(line for line in view["lines"] if line["row"] == "split test")
    assert max(mean["y"]) == pytest.approx(curves["test", "macro"].tpr.max())


def test_both_languages_stand_on_the_page(report):
    """The same numbers in the marks of each, the same tables and figures."""
    text = page_of(report())
    english, spanish = Outline(text, "en").text, Outline(text, "es").text
    assert "of the test rows are answered rightly" in english
    assert "de las filas de prueba se responde bien" in spanish
    accuracy = report().evaluation.metrics["test"]["accuracy"]
    assert f"{100 * accuracy:.1f} %" in english
    assert f"{100 * accuracy:.1f} %".replace(".", ",") in spanish


def test_warnings_come_before_numbers_and_numbers_beside_the_majority_class(report):
    """The first thing read is the answer and what limits it; accuracy never stands alone."""
    found = report()
    words = Outline(page_of(found)).text
    test = found.evaluation.metrics["test"]
    assert found.evaluation.warnings
    for doubt in front_doubts(found.evaluation.warnings, Speech(("en",))).shown:
        assert words.index(str(doubt)) < words.index("test accuracy")
    for sentence in sentences(found.evaluation.warnings):
        assert " ".join(sentence.split()) in words
    gain = 100 * (test["accuracy"] - test["majority_accuracy"])
    assert (
        f"{100 * test['accuracy']:.1f} % majority class: {100 * test['majority_accuracy']:.1f} %, {gain:+.1f} points"
        in words
    )


def test_columns_left_out_come_first_with_their_reasons(report):
    """A reader sees what the model was not given, and why."""
    words = Outline(page_of(report())).text
    assert words.index("every text differs") < words.index("used one")
    assert "left out" in words


def test_settings_and_facts_are_written_as_the_experiment_file_writes_them(report):
    """The split can be copied from the page, and no answer of yes or no reads like Python."""
    found = report()
    split = {
        "method": "fractions",
        "seed": 0,
        "official_test": False,
        "stratify": True,
        "group_column": None,
        "column": "no",
    }
    environment = {**found.environment, "git": {"dirty": True, "commit": None}, "flags": [True, False]}
    environment["data"] = {**environment["data"], "split": {**split, "rows": {"train": 70}}}
    words = Outline(page_of(report(environment=environment))).text
    (shown,) = re.findall(r"split (method: .*?, .*?) classes", words)
    assert yaml.safe_load(f"{{{shown}}}") == split
    assert "git.dirty true" in words
    assert "flags true, false" in words
    assert not re.findall(r"\b(?:True|False)\b", words)


def test_a_diverged_run_has_a_page(report, evaluation, history):
    """Reason first, dashes for numbers, no confusion matrix, no report; what is not finite is said, not drawn."""
    found = report(
        status="diverged",
        reason=Finding("training-loss-not-finite", Severity.WARNING, {"loss": "nan", "epoch": 3}),
        evaluation=evaluation(EVIL, finite=False),
        history=history(5, lost=(3, 4)),
    )
    text = page_of(found)
    words = Outline(text).text
    assert "the training loss is nan in epoch 3" in words
    assert "There is no classification report" in words
    shown = data_of(text)["figures"]
    assert list(shown) == ["learning"]
    (train,) = (line for line in shown["learning"]["views"][1]["lines"] if line["row"] == "split train")
    assert train["x"] == [0, 1, 2, 5]
    assert "train: not finite" in words


def test_a_run_without_validation_has_its_curves(report):
    """Of training alone; the best epoch stands out there."""
    history = History(("epoch", "loss", "accuracy", "learning_rate"), ((0, 1.0, 0.5, 0.1), (1, 0.5, 0.7, 0.1)))
    shown = data_of(page_of(report(history=history, best_epoch=1)))["figures"]
    (line,) = shown["learning"]["views"][0]["lines"]
    assert (line["row"], line["best"]) == ("split train", 1)


def test_of_many_classes_the_hardest_have_a_curve(report):
    """Beside their mean; how many are not drawn is said."""
    names = tuple(f"class {number}" for number in range(26))
    found = report(names)
    text = page_of(found)
    (view,) = data_of(text)["figures"]["roc"]["views"]
    drawn = [line["row"] for line in view["lines"]]
    areas = {curve.label: curve.auc for curve in found.evaluation.roc_curves if curve.split == "test"}
    others = set(names) - set(drawn)
    assert len(others) == 18
    assert max(areas[row] for row in drawn if row in names) <= min(areas[name] for name in others)
    assert "18 further classes, higher AUC" in Outline(text).text


def test_diagnostics_are_a_figure(report):
    """A view for each quantity, a line for each layer; of many layers the first and the last."""
    rows = [
        LayerDiagnostics(epoch, layer, 3, 0.5, 0.1, 0.01, 2.0)
        for epoch in (1, 2)
        for layer in (*(f"dense_{n}" for n in range(12)), ALL_LAYERS)
    ]
    shown = data_of(page_of(report(diagnostics=rows)))["figures"]["diagnostics"]
    assert len(shown["views"]) == 3
    assert [line["row"] for line in shown["views"][0]["lines"]] == [
        "", "dense_0", "dense_1", "dense_2", "dense_9", "dense_10", "dense_11"
    ]  # fmt: skip
    assert shown["views"][0]["lines"][0]["low"] == pytest.approx([0.4, 0.4])


def test_a_page_needs_no_facts_beyond_the_numbers(report):
    """A run of an older version without environment facts is still shown."""
    page = Outline(page_of(report(environment={}, digests={}, timing={})))
    assert page.tags.count("figure") == 4
