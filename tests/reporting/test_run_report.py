"""The page of a run: alone, escaped, accessible, warnings before numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from optbench.core.findings import Finding, Severity
from optbench.reporting.run_report import RunReport, render_run_report
from optbench.tasks import TASKS
from optbench.words import sentences

EVIL = ("<script>alert(1)</script>", '" onload="x', "O'Brien & {{ 7 * 7 }}")
PICTURES = ("confusion_matrix", "roc_curve", "learning_curves")
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Page(HTMLParser):
    """Elements with their attributes; fails where tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def page_of(report):
    """The page of a run of a classifier, as HTML."""
    return render_run_report(report, TASKS["classification"].page_part(report, report.evaluation))


@pytest.fixture
def report(evaluation):
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
            "pictures": dict.fromkeys(PICTURES, "data:image/png;base64,AA=="),
        }
        return RunReport(**{**values, **changes})

    return make


def test_nothing_from_the_data_becomes_markup(report):
    """Class names, columns, files, notes and config with markup or template code stay text."""
    text = page_of(report())
    page = Page(text)
    assert page.all("script") == [{}]  # ours, by its digest
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
    assert text.count("&lt;script&gt;") > 8
    assert "{{ 7 * 7 }}" in "".join(page.words)
    assert "49" not in re.findall(r"O&#39;Brien &amp; (\S+)", text)


def test_the_page_refers_to_nothing_outside_itself(report):
    """No address, no frame, one script of ours; images are data; the policy says so too."""
    text = page_of(report())
    page = Page(text)
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")  # a name
    assert "url(" not in text
    assert "@import" not in text
    for attributes in (attributes for _, attributes in page.found):
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert attributes.get(name, "data:").startswith("data:")
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert re.fullmatch(r".*; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; .*", policy)


def test_pictures_and_tables_are_described(report):
    """Every image has an alternative text, every table a caption, every header cell a scope."""
    page = Page(page_of(report()))
    assert len(page.all("img")) == 3
    assert all(image["alt"] for image in page.all("img"))
    assert len(page.all("caption")) == len(page.all("table")) >= 6
    assert all(cell.get("scope") in {"row", "col"} for cell in page.all("th"))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1


def test_warnings_come_before_numbers_and_numbers_beside_the_majority_class(report):
    """The first thing read is what limits the numbers; accuracy never stands alone."""
    found = report()
    text = page_of(found)
    words = " ".join(" ".join(Page(text).words).split())
    test = found.evaluation.metrics["test"]
    assert found.evaluation.warnings
    for sentence in sentences(found.evaluation.warnings):
        assert words.index(" ".join(sentence.split())) < words.index("test accuracy")
    gain = 100 * (test["accuracy"] - test["majority_accuracy"])
    assert (
        f"{100 * test['accuracy']:.1f} % majority class: {100 * test['majority_accuracy']:.1f} %, {gain:+.1f} points"
        in words
    )


def test_columns_left_out_come_first_with_their_reasons(report):
    """A reader sees what the model was not given, and why."""
    words = "".join(Page(page_of(report())).words)
    assert words.index("every text differs") < words.index("used one")
    assert "left out" in words


def test_a_diverged_run_has_a_page(report, evaluation):
    """Reason first, dashes for numbers, no confusion matrix, no report."""
    found = report(
        status="diverged",
        reason=Finding("training-loss-not-finite", Severity.WARNING, {"loss": "nan", "epoch": 3}),
        evaluation=evaluation(EVIL, finite=False),
        pictures={"learning_curves": "data:image/png;base64,AA=="},
    )
    page = Page(page_of(found))
    words = "".join(page.words)
    assert "the training loss is nan in epoch 3" in words
    assert "There is no classification report" in words
    assert len(page.all("img")) == 1


def test_a_page_needs_no_facts_beyond_the_numbers(report):
    """A run of an older version without environment facts is still shown."""
    page = Page(page_of(report(environment={}, digests={}, timing={})))
    assert len(page.all("img")) == 3
