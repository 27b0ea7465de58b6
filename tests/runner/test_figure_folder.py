"""`--figures DIR`: where it may be, what is written there, and which thing's figures lie where."""

from __future__ import annotations

import shutil

import pytest
from figure_notes import Noted

from optbench.errors import UsageError
from optbench.run_store import RunPaths
from optbench.runner.figure_folder import FigureFolder
from optbench.runner.report import stored_figures
from optbench.study.report import report_all


@pytest.fixture
def runs(make_runs, tmp_path):
    """Two finished runs."""
    config = make_runs.write_experiment(tmp_path)
    planned = make_runs.plan(config, tmp_path / "runs", seeds=(0, 1))
    for one in planned:
        make_runs.finished_run(one)
    return [one.paths for one in planned]


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    """A file of that name, a parent that is missing: with the option's name."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--figures must name a folder, or nothing yet"):
        FigureFolder(tmp_path / "file").require()
    with pytest.raises(UsageError, match="--figures must name something in a folder that exists"):
        FigureFolder(tmp_path / "no" / "figures").require()
    with pytest.raises(UsageError, match="--figures: .* too long") as refused:
        FigureFolder(tmp_path / ("a" * 300)).require()
    assert "--runs-dir" not in str(refused.value)
    FigureFolder(tmp_path / "figures").require()
    FigureFolder(tmp_path).require()


def test_text_that_has_no_room_is_refused(tmp_path):
    """The largest that has some is told."""
    FigureFolder(tmp_path, width=1.0, font_size=4.5).require()
    with pytest.raises(UsageError, match="--figure-font must be at most 15.3 points in figures of 3.4 inches"):
        FigureFolder(tmp_path, width=3.4, font_size=21.0).require()


def test_report_writes_the_figures_of_a_run(runs, tmp_path):
    """Of one run into the folder itself, of several into one for each; named as the pictures in its folder."""
    first, second = runs
    alone = Noted(tmp_path / "figures")
    _, notes = report_all([str(first.folder)], tmp_path / "runs", figures=alone)
    assert list(alone.written) == [""]
    assert {"learning_curves", "confusion_matrix", "roc_curve", "precision_recall_curve"} <= set(alone.written[""])
    assert notes == [alone.note]
    both = Noted(tmp_path / "figures")
    report_all([str(first.folder), str(second.folder)], tmp_path / "runs", figures=both)
    assert set(both.written) == {first.folder.name, second.folder.name}


def test_a_refused_folder_is_told_before_anything_is_drawn(runs, tmp_path):
    """Within the run whose figures they would be."""
    (first, _) = runs
    with pytest.raises(UsageError, match="outside of runs and studies"):
        report_all([str(first.folder)], tmp_path / "runs", figures=FigureFolder(first.folder / "figures"))
    assert not first.report_html.exists()


def test_files_of_other_names_are_left_alone(runs, tmp_path):
    """Figures replace theirs."""
    figures = stored_figures(RunPaths(runs[0].folder), FigureFolder(tmp_path).paper, "en")
    target = FigureFolder(tmp_path / "figures", width=2.5)

    class One:
        def files(self):
            yield "a.png", b"new"

    shutil.copytree(runs[0].folder, tmp_path / "figures" / "kept")
    (tmp_path / "figures" / "a.png").write_bytes(b"old")
    target.write(One())
    target.write(One(), "of-a-run")
    assert (tmp_path / "figures" / "a.png").read_bytes() == b"new"
    assert (tmp_path / "figures" / "of-a-run" / "a.png").read_bytes() == b"new"
    assert (tmp_path / "figures" / "kept").is_dir()
    assert target.paper.width == 2.5
    assert figures["learning_curves"].get_size_inches()[0] == 3.4
