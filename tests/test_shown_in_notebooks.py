"""What a notebook shows of a run, a comparison and a study: escaped HTML, pandas tables, matplotlib figures."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from finished_runs import make_run, store_run

import optbench
from optbench.errors import NoRunsError
from optbench.reporting.shown_study import study_html

HOSTILE = '<script>alert("x") & \u202eabc'


class Seen(HTMLParser):
    """Elements and text of a piece of HTML."""

    def __init__(self):
        super().__init__()
        self.elements, self.attributes, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def seen(html):
    found = Seen()
    found.feed(html)
    assert found.elements <= {"p", "b", "table", "tr", "th", "td"}
    assert found.attributes == []
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in found.text
    return found.text


@pytest.fixture
def runs_dir(tmp_path):
    for seed in range(3):
        for optimizer, accuracy in (("adam", 0.9), ("sgd", 0.8)):
            data = {"name": "csv", "path": f"{HOSTILE}.csv"}
            store_run(make_run(optimizer, seed, accuracy + 0.001 * seed, dataset=data), tmp_path / "runs")
    return tmp_path / "runs"


def test_a_comparison_gives_tables_and_figures(runs_dir):
    """Those of the document and of the page; curves where the runs' folders are, none where records alone are given."""
    comparison = optbench.compare(runs_dir)
    assert comparison.optimizers["mean"].tolist() == [one.mean for one in comparison.problems[0].optimizers]
    assert comparison.pairs["decision"].tolist() == [one.decision.value for one in comparison.problems[0].pairs]
    assert {"scores", "differences", "curves", "curves-runs", "roc", "time"} <= set(comparison.figures())
    assert comparison.figures("es", width=3.4)["scores"].axes[0].get_xlabel() == "exactitud en prueba [%]"
    assert "<script>alert" in seen(comparison._repr_html_())
    records = [make_run("adam", seed) for seed in range(3)]
    assert set(optbench.compare(records).figures()) == {"scores", "time"}


def test_a_study_is_shown_from_its_verdict(runs_dir):
    """Each problem with its rows; what to take has a mark; names are escaped."""
    rows = [{"optimizer": HOSTILE, "n": 3, "mean": 0.9, "sd": None, "learning_rate": 0.1}]
    document = {"metric": "accuracy", "verdict": HOSTILE, "optimizers": rows, "recommended": {"optimizer": HOSTILE}}
    text = seen(study_html(HOSTILE, "the verdict", [("flowers", "of it", document)], "en"))
    assert "the verdict" in text
    assert "90.00" in text
    assert "✓" in text


def test_a_run_is_loaded_by_folder_and_shown(make_runs, tmp_path, monkeypatch):
    """Metrics per split, the history, settings; the pictures of its page; an id is looked for in `runs`."""
    config = make_runs.write_experiment(tmp_path)
    (planned,) = make_runs.plan(config, tmp_path / "runs")
    make_runs.finished_run(planned)
    run = optbench.load_run(tmp_path / "runs" / planned.run)
    metrics, recorded = run.metrics, run.record.metrics
    assert metrics.loc["accuracy", "test"] == recorded["test"]["accuracy"]
    assert list(metrics.columns) == [name for name in ("train", "validation", "test") if recorded.get(name)]
    assert run.history["epoch"].tolist() == [0, 1, 2, 3]
    assert run.settings["optimizer.name"] == "adam"
    assert {"confusion_matrix", "roc_curve", "learning_curves"} <= set(run.figures())
    text = seen(run._repr_html_())
    assert planned.run in text
    assert re.search(r"accuracy\s*9\d", text)
    assert planned.run in repr(run)
    monkeypatch.chdir(tmp_path)
    assert optbench.load_run(planned.run).record.key == planned.key


def test_a_folder_of_several_is_no_run(runs_dir):
    """It is told what takes them."""
    with pytest.raises(NoRunsError, match="names 6.*load_runs takes a folder"):
        optbench.load_run(runs_dir)
