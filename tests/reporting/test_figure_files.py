"""Pictures for a paper: those of the page, as wide as a column, in three formats, the same bytes every time."""

from __future__ import annotations

import re

import pytest
from finished_runs import make_history, make_roc, make_run

from optbench.comparison import ProblemCurves, compare
from optbench.reporting.figure_files import FORMATS, Paper, figure_files, file_stem, fit_to_paper, named_figures

NAMES = ["scores", "differences", "curves", "roc", "time"]
PAPER = Paper(width=3.4, font_size=8.0)


@pytest.fixture(scope="module")
def compared():
    """Three optimizers on one problem, one of them with a long name, and what their runs left behind."""
    runs = [
        *(make_run("adam", seed, 0.9 + 0.001 * seed) for seed in range(4)),
        *(make_run("sgd", seed, 0.8 + 0.002 * seed, arguments={"momentum": 0.9}) for seed in range(4)),
        *(make_run("sgd", seed, 0.7 + 0.002 * seed, arguments={"learning_rate": 0.0625}) for seed in range(4)),
    ]
    comparison = compare(runs)
    labels = [one.label for one in comparison.problems[0].optimizers]
    curves = ProblemCurves(
        histories={label: [make_history(seed) for seed in range(4)] for label in labels},
        roc_curves={label: [make_roc()] for label in labels},
        traces={},
        disagreements=[],
    )
    return comparison, {comparison.problems[0].problem: curves}


@pytest.fixture(scope="module")
def files(compared):
    return dict(figure_files(*compared, PAPER, "en"))


def test_every_picture_of_the_page_in_every_format(files, compared):
    """As wide as the column, whatever the picture; the same bytes when it is drawn again."""
    assert list(files) == [f"{name}.{one}" for name in NAMES for one in FORMATS]
    for name in NAMES:
        assert float(re.search(rb"MediaBox \[ ?0 0 ([0-9.]+)", files[f"{name}.pdf"])[1]) == pytest.approx(3.4 * 72)
        assert float(re.search(rb'width="([0-9.]+)pt"', files[f"{name}.svg"])[1]) == pytest.approx(3.4 * 72)
        assert int.from_bytes(files[f"{name}.png"][16:20], "big") == pytest.approx(3.4 * 144, abs=1)
        assert b"/Type3" not in files[f"{name}.pdf"]
    assert dict(figure_files(*compared, PAPER, "en")) == files


@pytest.mark.parametrize(("paper", "language"), [(PAPER, "es"), (Paper(width=7.0, font_size=10.0), "en")])
def test_nothing_is_cut_off_and_text_is_as_large_as_asked(compared, paper, language):
    """Every text lies within the picture; labels of axes have the size of the paper's text."""
    from matplotlib.text import Text

    for name, figure in named_figures(*compared, language):
        fit_to_paper(figure, paper)
        figure.canvas.draw()
        width, height = figure.bbox.size
        for text in figure.findobj(Text):
            if not (text.get_visible() and text.get_text().strip()):
                continue
            box = text.get_window_extent()
            inside = box.x0 >= -2 and box.y0 >= -2 and box.x1 <= width + 2 and box.y1 <= height + 2
            assert inside or outside_its_axis(text, figure), (name, text.get_text(), box, (width, height))
        assert figure.axes[0].xaxis.label.get_fontsize() == pytest.approx(paper.font_size)


def outside_its_axis(text, figure):
    """Ticks beyond the limits of an axis are placed, and not drawn."""
    return any(
        text in (tick.label1, tick.label2)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    )


def test_names_of_files_are_plain():
    """Whatever a problem is called."""
    assert file_stem("csv ../../Año *.csv, mlp") == "csv-ano-csv-mlp"
    assert file_stem("中") == "problem"
