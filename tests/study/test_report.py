"""`report STUDY`: its pages drawn again from its record, whenever it is cut off; no number is touched."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from figure_notes import Noted
from read_page import data_of
from selection import mostly_long

import optbench
from optbench.errors import StorageError
from optbench.run_store import RunPaths, read_study_manifest, study_manifest_problems
from optbench.study.check import check_study
from optbench.study.folders import study_named
from optbench.study.report import report_all, report_study
from optbench.words import error_text


@pytest.fixture
def drawn(finished, tmp_path):
    """A finished study in a folder of its own, whose page has pictures."""
    shutil.copytree(finished.plan.paths.folder, tmp_path / "runs" / "trial")
    return study_named("trial", tmp_path / "runs")


def one_line(_study):
    """What stands for the page where nobody looks at its pictures."""
    return "a page"


def tree(paths):
    return {path.name: path.read_bytes() for path in paths.folder.iterdir() if path.is_file()}


def test_the_pages_come_out_as_they_were(drawn):
    """From the stored runs alone, without data and study file: the same bytes, and nothing is written."""
    before = tree(drawn)
    times = {path.name: path.stat().st_mtime_ns for path in drawn.folder.iterdir()}
    assert report_study(drawn) == drawn.page
    assert tree(drawn) == before
    assert {path.name: path.stat().st_mtime_ns for path in drawn.folder.iterdir()} == times


def test_lost_and_damaged_pages_are_drawn_again(drawn):
    """And are what they were."""
    report_study(drawn, page_of=one_line)
    before = tree(drawn)
    drawn.page.unlink()
    drawn.verdict_text.write_text("damaged")
    report_study(drawn, page_of=one_line)
    assert tree(drawn) == before


def test_in_another_language_only_the_pages_change(drawn):
    """The study is finished and sound afterwards, and its numbers are the same bytes."""
    before = tree(drawn)
    report_study(drawn, language="codes", page_of=one_line)
    after = tree(drawn)
    assert {name for name in after if after[name] != before[name]} == {
        "verdict.md",
        "report.html",
        "study.json",
        "MANIFEST.json",
    }
    assert all(one.finished and not one.problems for one in check_study(drawn))
    record, was = json.loads(after["study.json"]), json.loads(before["study.json"])
    assert {**record, "outputs": {}} == {**was, "outputs": {}}


@pytest.mark.parametrize("written", mostly_long(range(1, 5), short=[2], ci=[1, 3, 4]))
def test_cut_off_anywhere_it_is_finished_and_goes_on(drawn, monkeypatch, written):
    """After every file that it writes the study verifies; the next call ends where the first would have."""
    report_study(drawn, page_of=one_line)
    before = tree(drawn)
    drawn.page.unlink()
    drawn.verdict_text.unlink()
    place, calls = Path.replace, []

    def failing(temporary, path):
        if len(calls) == written:
            raise KeyboardInterrupt
        calls.append(path)
        return place(temporary, path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        with pytest.raises(KeyboardInterrupt):
            report_study(drawn, page_of=one_line)
    assert study_manifest_problems(drawn.manifest, deep=True) == []
    report_study(drawn, page_of=one_line)
    assert tree(drawn) == before


def test_a_study_stays_whole_when_pages_of_its_runs_are_drawn(drawn):
    """A page that a run had not had is a file more of it; the study goes on resting on this run."""
    run = next(iter(read_study_manifest(drawn.manifest).runs))
    report_all([str(drawn.folder / run)], drawn.folder.parent)
    assert RunPaths(drawn.folder / run).report_html.exists()
    assert all(not one.problems for one in check_study(drawn))
    report_study(drawn, page_of=one_line)


def test_what_has_been_changed_is_not_drawn(drawn):
    """A run, a table, or a verdict that says other than the runs; alone it is an error that names it."""
    run = RunPaths(drawn.folder / next(iter(read_study_manifest(drawn.manifest).runs)))
    history = run.history.read_bytes()
    run.history.write_bytes(history[:-2] + b"9\n")
    with pytest.raises(StorageError) as caught:
        report_study(drawn)
    assert "history.csv" in error_text(caught.value)
    run.history.write_bytes(history)
    drawn.results.write_bytes(drawn.results.read_bytes() + b"\n")
    with pytest.raises(StorageError) as caught:
        report_all(["trial"], drawn.folder.parent)
    assert "results.csv" in error_text(caught.value)


def test_studies_and_runs_are_drawn_together(drawn):
    """A run is named as ever, beside the study it belongs to."""
    run = next(iter(read_study_manifest(drawn.manifest).runs))
    pages, notes = report_all(["trial", run], drawn.folder.parent)
    assert ([page.parent.name for page in pages], notes) == (["trial", run], [])


def test_paper_has_every_chart_of_the_page(drawn, tmp_path):
    """Those of tuning among them; `report` writes them from the same record, and a notebook has the same names."""
    page = drawn.page.read_text(encoding="utf-8")
    shown = [re.sub(r"-\d+$", "", name) for name in data_of(page)["figures"]]
    figures = optbench.load_study(drawn.folder).figures("en", width=3.4)
    plain = {"time" if name == "seconds" else name for name in shown}
    assert {"rates", "budgets", "scores", "differences", "curves"} <= plain <= set(figures)
    (axes,) = figures["rates"].axes
    assert axes.get_xscale() == "log"
    asked = Noted(tmp_path / "figures")
    report_all([str(drawn.folder)], tmp_path / "runs", figures=asked)
    assert asked.written == {"": list(figures)}
