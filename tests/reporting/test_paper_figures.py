"""Figures for a paper: every chart of a page has one, and what is drawn in it is what the chart's record holds."""

from __future__ import annotations

import io
import itertools
import math
import re
import warnings
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from every_chart import compared, curves_of, layers, on_six_problems
from finished_runs import make_history, make_run
from PIL import Image
from read_page import data_of

from optbench.comparison import ProblemCurves, compare
from optbench.evaluation import evaluate
from optbench.records import Predictions
from optbench.regression_records import TargetPredictions
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.charts.page_charts import chart_name, comparison_charts
from optbench.reporting.charts.records import Axis, CellsFigure, Line, LinesFigure, Panel, RowsFigure, View
from optbench.reporting.charts.run_charts import Learned, run_charts
from optbench.reporting.comparison_page import render_comparison_page
from optbench.reporting.figure_files import (
    FORMATS,
    NamedFigures,
    comparison_figures,
    file_stem,
    one_language,
    run_figures,
)
from optbench.reporting.languages import Speech
from optbench.reporting.paper.cells import shades_of
from optbench.reporting.paper.drawing import figure_of, ways_of
from optbench.reporting.paper.lines import in_unit
from optbench.reporting.paper.pen import PAGE_COLOURS, SHADES, cell_colours, pen_of
from optbench.reporting.paper.sheet import Paper
from optbench.reporting.style import plot_style
from optbench.tasks import TASKS

PAPER = Paper(width=3.4, font_size=8.0)
ENGLISH = Speech(("en",))


@pytest.fixture(scope="module")
def one_problem():
    """Three optimizers on one problem, and what their runs left behind."""
    return compared()


@pytest.fixture(scope="module")
def charts(one_problem):
    """Every chart of that page by its name."""
    return {chart_name(chart): chart for _, chart in comparison_charts(*one_problem, ENGLISH)}


def charts_of_run(task):
    """Every chart of the page of a run, with diagnostics."""
    rng = np.random.default_rng(0)
    if task == "regression":
        parts = {
            name: TargetPredictions(rng.normal(size=30), rng.normal(size=30), np.arange(30))
            for name in ("train", "test")
        }
        found = TASKS[task].evaluate(parts, class_names=(), positive_class=None, history=make_history())
    else:
        parts = {}
        for split in ("train", "validation", "test"):
            y = rng.integers(0, 3, 60)
            parts[split] = Predictions(y, rng.dirichlet(np.ones(3), 60).astype(np.float32), np.arange(60))
        found = evaluate(parts, class_names=("c1", "c2", "c3"), history=make_history())
    learned = Learned(make_history(), 10, 4, layers())
    return run_charts(learned, lambda speech: TASKS[task].page_charts(learned, found, speech), ENGLISH)


def ids_of(page):
    """The ids of the charts whose records a page holds, as their names."""
    return [re.sub(r"-\d+$", "", name) for name in data_of(page)["figures"]]


# -- every chart of a page has a figure


def test_a_comparisons_page_shows_no_chart_that_paper_has_not(one_problem, charts):
    """Records, pages and figures name the same ones, in one order."""
    page = render_comparison_page(*one_problem, language="en")
    renamed = [{"seconds": "time"}.get(name, name) for name in ids_of(page)]
    assert sorted(renamed) == sorted(charts)
    figures = comparison_figures(*one_problem, PAPER, "en")
    assert {name for name in figures if name in charts} == set(charts)
    assert list(figures) == [f"{name}{end}" for name, chart in charts.items() for end, _ in ways_of(chart)]


def test_several_problems_have_theirs_and_those_of_all():
    """The name of a problem stands before its figures; ranks are there where they are tested."""
    found = on_six_problems()
    page = render_comparison_page(found, {}, language="en")
    names = list(comparison_figures(found, {}, PAPER, "en"))
    assert len(names) == len(ids_of(page))
    assert names[-3:] == ["regret", "ranks", "profile"]
    assert len([name for name in names if name.endswith("-scores")]) == 6
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_runs_page_shows_no_chart_that_paper_has_not(task):
    """They are called as the pictures in the run's folder."""
    found = charts_of_run(task)
    figures = run_figures(found, PAPER, "en")
    names = {
        "classification": {"learning_curves", "confusion_matrix", "roc_curve", "precision_recall_curve", "diagnostics"},
        "regression": {"learning_curves", "predicted_against_true", "residuals", "diagnostics"},
    }
    assert {chart_name(chart, of_run=True) for chart in found} == names[task]
    assert names[task] <= set(figures)


def test_what_a_reader_chooses_is_a_figure_of_its_own(charts):
    """Each metric and split, over epochs, steps or seconds, as bands or single runs."""
    names = [end for end, _ in ways_of(charts["curves"])]
    views = ["", "-val-loss", "-accuracy", "-loss"]
    assert names == [f"{view}{end}" for view in views for end in ("", "-runs", "-steps", "-seconds")]
    assert [end for end, _ in ways_of(charts["roc"])] == ["", "-validation", "-train"]
    assert [end for end, _ in ways_of(charts["targets"])][:3] == ["", "-steps", "-seconds"]


# -- what is drawn is what the record holds


def drawn(chart, choice=None):
    """The axes of a figure of a chart."""
    labels = {row for _, row in rows_of(chart)}
    looks = RowLooks.of(labels)
    figure = figure_of(chart, looks, PAPER, ENGLISH, *([] if choice is None else [choice]))
    return figure, looks


def rows_of(chart):
    if isinstance(chart, LinesFigure):
        return [("line", line.row) for view in chart.views for line in view.lines if line.row]
    return [("mark", mark.row) for mark in chart.marks] if isinstance(chart, RowsFigure) else []


def points_of(axes):
    """Every line of some axes as its points, rounded; positions of gaps are NaN."""
    return [tuple(map(tuple, np.round(line.get_xydata().astype(float), 9).tolist())) for line in axes.get_lines()]


def rounded(x, y):
    return tuple((round(float(a), 9), round(float(b), 9)) for a, b in zip(x, y, strict=True))


def known(points):
    return tuple(point for point in points if not math.isnan(point[1]))


@pytest.mark.parametrize("name", ["curves", "roc", "precision-recall", "reliability", "time", "targets"])
def test_lines_bands_and_points_are_those_of_the_record(charts, name):
    """In every view and unit: read back from what matplotlib will draw."""
    chart = charts[name]
    for _, choice in ways_of(chart):
        if choice.single_runs:
            continue
        view = in_unit(chart.views[choice.view], choice.unit, ENGLISH)
        figure, _ = drawn(chart, choice)
        (axes,) = figure.axes
        found = {known(points) for points in points_of(axes)}
        x, y = view.x.factor, view.y.factor
        for line in view.lines:
            up = [y * value for value in line.y]
            across = [x * value for value in line.x]
            if line.has_line:
                assert known(rounded(across, up)) in found
            if line.best is not None:
                assert rounded([across[line.best]], [up[line.best]]) in found
        bands = [line for line in view.lines if line.low]
        assert len(axes.collections) == len(bands)
        for line, collection in zip(bands, axes.collections, strict=True):
            ends = np.concatenate([path.vertices for path in collection.get_paths()])[:, 1]
            expected = np.array([*line.low, *line.high])
            expected = y * expected[np.isfinite(expected)]
            assert (ends.min(), ends.max()) == pytest.approx((expected.min(), expected.max()))
        assert axes.get_xlim() == pytest.approx((x * view.x.low, x * view.x.high))
        assert axes.get_ylim() == pytest.approx((y * view.y.low, y * view.y.high))


def test_single_runs_are_drawn_in_place_of_bands(charts):
    """One line for each run, in the colour of its row; no band, no mean."""
    chart = charts["curves"]
    choice = replace(dict(ways_of(chart))["-steps"], single_runs=True)
    figure, looks = drawn(chart, choice)
    (axes,) = figure.axes
    view = in_unit(chart.views[0], "steps", ENGLISH)
    expected = [rounded(line.x, values) for line in view.lines for values in line.runs.values()]
    assert sorted(points_of(axes)) == sorted(expected)
    assert not axes.collections
    assert {line.get_color() for line in axes.get_lines()} == {pen_of(line.row, looks).colour for line in view.lines}
    assert max(x for points in expected for x, _ in points) == 10 * 20  # epochs times steps per epoch


def parts(axes, kind):
    """What some axes have of a kind: the values along the axis, row by row from the top."""
    found = [line for line in axes.get_lines() if line.get_gid() == kind]
    return [line.get_xdata().tolist() for line in sorted(found, key=lambda line: line.get_ydata()[0])]


@pytest.mark.parametrize("name", ["scores", "differences"])
def test_rows_are_those_of_the_record(charts, name):
    """Dots, means and intervals, in percent or points; the zone reaches from minus to plus the margin."""
    chart = charts[name]
    figure, _ = drawn(chart)
    (axes,) = figure.axes
    factor = chart.x.factor
    assert factor == 100.0
    assert parts(axes, "dots") == [pytest.approx([factor * value for _, value in mark.dots]) for mark in chart.marks]
    assert parts(axes, "mean") == [pytest.approx([factor * mark.mean]) for mark in chart.marks]
    bars = [[factor * mark.low, factor * mark.high] for mark in chart.marks if mark.low is not None]
    assert parts(axes, "interval") == [pytest.approx(bar) for bar in bars]
    if chart.zone is not None:
        zone = axes.patches[0].get_extents().transformed(axes.transData.inverted())
        assert (zone.x0, zone.x1) == pytest.approx([factor * end for end in chart.zone])


def test_an_untested_pair_has_no_bar_and_right_of_zero_is_better():
    """Two seeds bound no interval; the axis of a loss runs to the left."""
    runs = [
        make_run(name, seed, score + seed / 100) for name, score in (("adam", 0.9), ("sgd", 0.8)) for seed in (0, 1)
    ]
    figure = comparison_figures(compare(runs, metric="log_loss"), {}, PAPER, "en")["differences"]
    (axes,) = figure.axes
    assert parts(axes, "interval") == []
    (mean,) = parts(axes, "mean")
    assert mean[0] < 0  # a lower loss
    left, right = axes.get_xlim()
    assert left > right
    assert axes.transData.transform((mean[0], 0))[0] > axes.transData.transform((0.0, 0))[0]


def test_cells_are_those_of_the_record(charts):
    """Shades are shares of the true class, numbers are counts; the difference has signs and its own colours."""
    chart = charts["confusion"]
    assert isinstance(chart, CellsFigure)
    figure, _ = drawn(chart)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == len(chart.panels) == 4
    for axes, panel in zip(shown, chart.panels, strict=True):
        assert np.asarray(axes.images[0].get_array()).tolist() == shades_of(panel).tolist()
        counts = [float(text.get_text() or 0.0) for text in axes.texts]
        assert counts == pytest.approx(np.ravel(panel.counts), abs=0.5)
    assert shades_of(chart.panels[0]).sum(axis=1) == pytest.approx([1.0, 1.0])
    assert shades_of(chart.panels[-1]).min() < 0.0


def test_a_value_that_is_missing_leaves_a_gap_and_huge_ones_can_be_drawn():
    """Diverged runs: NaN in the middle, and losses that no axis would hold."""
    axis = Axis("x", 0.0, 4.0)
    line = Line(
        "adam",
        [0.0, 1.0, 2.0, 3.0],
        [1.0, math.nan, 1e300, 3.0],
        [1.0, math.nan, 1.0, 3.0],
        [1.0, math.nan, 1e300, 3.0],
    )
    chart = LinesFigure("curves-0", "t", "c", [View("", axis, axis, [line])])
    figure, _ = drawn(chart)
    figure.canvas.draw()
    (found,) = figure.axes[0].get_lines()
    assert np.isnan(found.get_ydata()).tolist() == [False, True, False, False]


# -- how it looks


def test_colours_and_shades_are_those_of_the_style_sheet(charts):
    """One colour for an optimizer on the page and on paper; the same steps of a cell's shade."""
    sheet = files("optbench.reporting").joinpath("assets", "page.css").read_text("utf-8")
    light = sheet[: sheet.index("@media")]
    assert re.findall(r"--k\d: (#\w+)", light) == list(PAGE_COLOURS)
    more, less = (
        [int(part) for part in re.search(rf"--cell{end}: ([\d, ]+);", light)[1].split(",")] for end in ("", "-minus")
    )
    steps = [float(opacity) for opacity in re.findall(r"\.s\d \{ fill-opacity: ([\d.]+)", sheet)]
    assert len(steps) == SHADES + 1
    for colours, darkest in ((cell_colours()[SHADES:], more), (cell_colours()[SHADES::-1], less)):
        for step, colour in list(zip(steps, colours, strict=True))[1:]:
            mixed = [255 - step * (255 - part) for part in darkest]
            assert [int(colour[place : place + 2], 16) for place in (1, 3, 5)] == pytest.approx(mixed, abs=1)
    labels = [f"optimizer {place:02}" for place in range(32)]
    looks = RowLooks.of(labels)
    pens = [pen_of(label, looks) for label in labels]
    assert len(set(pens)) == 32
    assert len({pen.colour for pen in pens[:8]}) == 8


def contrast(one, other):
    """The ratio that WCAG defines."""
    from matplotlib.colors import to_rgb

    def light(colour):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_numbers_can_be_read_on_every_shade():
    """At least 4.5 to 1, whatever the share; lines have 3 to 1 on white."""
    shares = np.linspace(0.0, 1.0, 11)
    panels = [[[10 * share, 10 - 10 * share], [10 - 10 * share, 10 * share]] for share in shares]
    chart = CellsFigure("confusion-0", "t", "c", ("a", "b"), [Panel("", str(n), one) for n, one in enumerate(panels)])
    figure, _ = drawn(chart)
    for axes in figure.axes:
        for image in axes.images:
            for text in axes.texts:
                column, row = map(round, text.get_position())
                ground = image.cmap(image.norm(image.get_array()[row, column]))
                assert not text.get_text() or contrast(text.get_color(), ground) >= 4.5
    assert all(contrast(colour, "white") >= 3.0 for colour in PAGE_COLOURS)


def boxes(figure):
    """The texts of a figure that are drawn, and where they stand."""
    from matplotlib.text import Text

    with plot_style():
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        return [(text, text.get_window_extent(renderer)) for text in texts]


HARD = {
    "twelve": (tuple(f"optimizer {place}" for place in range(12)), ("no", "yes")),
    "long": (
        ("adam with a name that has no end at all", "sgd_momentum_nesterov_0.9", "x"),
        ("a class whose name", "b"),
    ),
    "letters": (("adam", "sgd"), tuple("abcdefghijklmnopqrstuvwxyz")),
}


@pytest.mark.parametrize(
    ("hard", "width", "language"), [("twelve", 3.4, "es"), ("letters", 3.4, "en"), ("long", 7.0, "es")]
)
def test_nothing_is_cut_off_and_nothing_lies_over_another(hard, width, language):
    """Of twelve optimizers, long names, 26 classes: every text within the figure, none over another, none too small."""
    names, classes = HARD[hard]
    figures = comparison_figures(*compared(names, classes), Paper(width, 8.0), language)
    for name in figures.first_seen:
        figure = figures[name]
        edge = figure.bbox
        found = boxes(figure)
        for text, box in found:
            assert min(box.x0, box.y0, edge.x1 - box.x1, edge.y1 - box.y1) >= -1, (name, text)
            assert text.get_fontsize() >= 4.5
        for (one, box), (other, second) in itertools.combinations(found, 2):
            across = min(box.x1, second.x1) - max(box.x0, second.x0)
            up = min(box.y1, second.y1) - max(box.y0, second.y0)
            assert min(across, up) <= 1.5, (name, one.get_text(), other.get_text())


def test_hostile_names_are_text_and_warn_nobody():
    """Neither mathematics nor control characters; a letter that no font has is a box, which has its place."""
    hostile = ("$x^2$ \\frac", "a\nb\tc\x1b[31m\u202edcba", "\U0001f980 \u4e2d <b>&amp;")
    figures = comparison_figures(*compared(hostile, ("yes\n", "$no$")), PAPER, "en")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn_figures = [figures[name] for name in figures.first_seen]
    shown = [text.get_text() for figure in drawn_figures for text, _ in boxes(figure)]
    assert any("$x^2$ \\frac" in text for text in shown)
    assert not [text for text in shown if any(letter in text for letter in "\t\x1b\u202e")]


def test_a_size_is_that_of_the_text(charts):
    """Titles at axes have the size asked for, numbers and legends a tenth less."""
    figure = figure_of(charts["curves"], RowLooks.of(["adam"]), Paper(5.0, 10.0), ENGLISH)
    (axes,) = figure.axes
    assert axes.xaxis.label.get_fontsize() == 10.0
    assert {text.get_fontsize() for text in (*axes.get_xticklabels(), *figure.legends[0].get_texts())} == {9.0}
    assert figure.get_size_inches()[0] == 5.0


# -- as files


@pytest.fixture(scope="module")
def written(charts):
    """A figure of each kind in every format."""
    kinds = [charts[name] for name in ("scores", "roc", "confusion")]
    figures = NamedFigures([(chart_name(one), one) for one in kinds], RowLooks.of(["adam", "sgd"]), PAPER, "en")
    only = {name: figures[name] for name in ("scores", "roc", "confusion")}
    return only, dict(itertools.islice(figures.files(), 6))


def test_files_are_whole_in_three_formats_and_as_wide_as_the_column(written):
    """PNG by Pillow, SVG by an XML parser, PDF by its marks; no font of type 3."""
    _, found = written
    assert list(found) == [f"{name}.{one}" for name in ("scores", "roc") for one in FORMATS]
    for name in ("scores", "roc"):
        image = Image.open(io.BytesIO(found[f"{name}.png"]))
        image.verify()
        assert image.size[0] == pytest.approx(3.4 * 144, abs=1)
        root = ET.fromstring(found[f"{name}.svg"])  # noqa: S314 - our own file
        assert float(root.get("width").removesuffix("pt")) == pytest.approx(3.4 * 72)
        pdf = found[f"{name}.pdf"]
        assert pdf.startswith(b"%PDF-")
        assert pdf.rstrip().endswith(b"%%EOF")
        assert float(re.search(rb"MediaBox \[ ?0 0 ([0-9.]+)", pdf)[1]) == pytest.approx(3.4 * 72)
        assert b"/Type3" not in pdf


def test_the_same_records_give_the_same_bytes(charts, written):
    """Whenever they are drawn."""
    chart = charts["scores"]
    again = NamedFigures([("scores", chart)], RowLooks.of(["adam", "sgd"]), PAPER, "en")
    assert dict(again.files()) == {name: data for name, data in written[1].items() if name.startswith("scores")}


def test_figures_are_drawn_when_they_are_asked_for(one_problem):
    """A notebook sees their names, and takes one; a name that is not there is a KeyError."""
    figures = comparison_figures(*one_problem, PAPER, "en")
    assert repr(figures).startswith("figures: scores, differences, curves")
    assert figures["time"] is not figures["time"]
    with pytest.raises(KeyError):
        figures["nothing"]


def test_nothing_to_draw_is_no_figure():
    """No pair, no history, no curve, no time: no empty axes."""
    alone = compare([make_run("adam", 0, 0.9, timing={"training_seconds": None})])
    nothing = {alone.problems[0].problem: ProblemCurves({"adam": []}, {"adam": [()]})}
    assert list(comparison_figures(alone, nothing, PAPER, "en")) == ["scores"]
    lost = compare([make_run("adam", 0, 0.9), make_run("sgd", 0, diverged=True)], metric="log_loss")
    (axes,) = comparison_figures(lost, {}, PAPER, "en")["scores"].axes
    assert [len(row) for row in parts(axes, "mean")] == [1]


def test_names_of_files_are_plain():
    """Whatever a problem is called."""
    assert file_stem("csv ../../Año *.csv, mlp") == "csv-ano-csv-mlp"
    assert file_stem("中") == "problem"
    assert one_language("es").languages == ("es",)
    assert curves_of(["adam"]).examples.class_names == ("no", "yes")
