"""Figures as records and drawings: what is drawn where, that names stay text, and what a page holds of them."""

from __future__ import annotations

import json
import math
import re
from importlib.resources import files

import numpy as np
import pytest
from finished_runs import make_history, make_roc, make_run
from hypothesis import given
from hypothesis import strategies as st
from read_page import Outline

from optbench.comparison import (
    ExampleCurves,
    ProblemCurves,
    RunTrace,
    compare,
    precision_recall_means,
    reached_shares,
    reliability_means,
    target_table,
)
from optbench.records import PrecisionRecallCurve, ReliabilityCurve
from optbench.reporting.charts.comparison_charts import curves_chart, differences_chart, scores_chart
from optbench.reporting.charts.draw import drawing, percent
from optbench.reporting.charts.example_charts import example_charts
from optbench.reporting.charts.look import COLOURS, RowLooks
from optbench.reporting.charts.page_figure import drawn_figure
from optbench.reporting.charts.records import Axis, CellsFigure, Line, LinesFigure, Panel, View
from optbench.reporting.charts.scale import Scale, room_for, tick_texts, ticks
from optbench.reporting.charts.target_charts import targets_chart
from optbench.reporting.languages import Speech
from optbench.reporting.page import SCRIPTS

SPEECH = Speech(("en", "es"))
HOSTILE = '</script><svg onload="alert(1)"> & "x"'
ENDS = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ENDS, st.booleans())
def test_ticks_are_round_numbers_within_the_axis(ends, is_logarithmic):
    """They rise, stand within the ends, are few, and read as the values they stand for."""
    low, high = ends
    if is_logarithmic:
        low, high = abs(low) + 1e-3, (abs(low) + 1e-3) * (1.5 + high - low)
    found = ticks(low, high, is_logarithmic=is_logarithmic)
    step = max(abs(low), abs(high)) * 1e-6
    assert found == sorted(set(found))
    assert all(low - step <= value <= high + step for value in found)
    assert len(found) <= 10
    if not is_logarithmic and high - low > 1e-3 * max(abs(low), abs(high)):
        assert len(found) >= 2
        shown = [float(written.replace(",", "")) for written in tick_texts(found, 1.0, is_logarithmic=False)]
        assert shown == pytest.approx(found, rel=1e-3, abs=(found[1] - found[0]) / 100)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9), st.booleans())
def test_an_axis_has_room_for_every_value(values, is_logarithmic):
    """All that can be drawn lies within the ends; ends are never equal."""
    low, high = room_for(values, is_logarithmic=is_logarithmic)
    assert low < high
    assert all(low <= value <= high for value in values if value > 0.0 or not is_logarithmic)
    if is_logarithmic:
        assert low > 0.0


@pytest.mark.parametrize("is_logarithmic", [False, True])
def test_a_scale_keeps_the_order_of_values(is_logarithmic):
    """The low end is 0, the high end 1; what cannot stand on a logarithmic axis is below it."""
    scale = Scale(0.5, 8.0, is_logarithmic)
    places = [scale.place(value) for value in (0.5, 1.0, 2.0, 4.0, 8.0)]
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert places == sorted(places)
    assert (places[2] == pytest.approx(0.5)) is is_logarithmic
    assert Scale(1.0, 2.0, is_logarithmic=True).place(0.0) < 0.0
    assert Scale(2.0, -2.0, is_logarithmic=False).place(1.0) == 0.25  # an axis may run to the left


@pytest.fixture(scope="module")
def problem():
    """Three optimizers, one of them with a hostile name, on a metric in percent."""
    runs = [
        make_run(name, seed, score + 0.001 * seed**1.5)
        for name, score in (("adam", 0.9), (HOSTILE, 0.85), ("sgd", 0.8))
        for seed in range(7)
    ]
    comparison = compare(runs)
    return comparison, comparison.problems[0]


def curves_of(problem, *, runs=7, epochs=10):
    """Histories and ROC curves of so many runs of each optimizer."""
    histories = {one.label: [make_history(seed, epochs) for seed in range(runs)] for one in problem.optimizers}
    traces = {label: [RunTrace(run, epochs, False, 0.5, 20) for run in found] for label, found in histories.items()}
    return ProblemCurves(histories, {one.label: [make_roc()] * runs for one in problem.optimizers}, traces)


def all_charts(comparison, problem):
    """Every figure of a problem that needs no predictions."""
    metric, curves = comparison.metric, curves_of(problem)
    return [
        scores_chart(problem, metric, SPEECH, level=0.95, place=0),
        differences_chart(problem, metric, "caption", SPEECH, place=0),
        curves_chart(curves, SPEECH, place=0),
        *example_charts(curves, SPEECH, place=0),
    ]


def test_names_are_text_in_drawings(problem):
    """No element comes of a name; each mark says whose it is."""
    looks = RowLooks.of(one.label for one in problem[1].optimizers)
    for chart in all_charts(*problem):
        shown = Outline(drawing(chart, looks, SPEECH), "en")
        assert shown.open == []
        assert not {"script", "img"} & set(shown.tags)
        assert not [name for _, named in shown.attributes for name in named if name.startswith("on") or name == "style"]
        assert {named["data-row"] for _, named in shown.attributes if "data-row" in named} >= {HOSTILE, "adam"}


def test_records_are_strict_json_with_every_digit(problem):
    """What the page holds is what was computed; scores are not rounded."""
    comparison, one = problem
    for chart in all_charts(comparison, one):
        assert json.loads(json.dumps(chart.to_json(), allow_nan=False)) == chart.to_json()
    marks = scores_chart(one, comparison.metric, SPEECH, level=0.95, place=0).to_json()["marks"]
    assert [mark["mean"] for mark in marks] == [summary.mean for summary in one.optimizers]


def test_dots_stand_where_their_values_are(problem):
    """The places of a row's dots, read back through the axis, are the scores."""
    comparison, one = problem
    chart = scores_chart(one, comparison.metric, SPEECH, level=0.95, place=0)
    shown = drawing(chart, RowLooks.of(["adam"]), SPEECH)
    places = [float(place) / 100 for place in re.findall(r'<circle class="dot" cx="([\d.]+)%"', shown)]
    values = [chart.x.low + place * (chart.x.high - chart.x.low) for place in places]
    expected = [score for summary in one.optimizers for score in summary.scores]
    assert values == pytest.approx(expected, abs=1e-4 * (chart.x.high - chart.x.low))


def test_a_row_of_many_runs_draws_quantiles(problem):
    """Thousands of dots would be one blot: two hundred are drawn, the ends among them, and all are in the record."""
    runs = [
        make_run(name, seed, gap + seed / 1000) for name, gap in (("adam", 0.5), ("sgd", 0.4)) for seed in range(250)
    ]
    comparison = compare(runs)
    chart = scores_chart(comparison.problems[0], comparison.metric, SPEECH, level=0.95, place=0)
    shown = drawing(chart, RowLooks.of(["adam", "sgd"]), SPEECH)
    assert shown.count('class="dot"') == 400
    assert [len(mark.dots) for mark in chart.marks] == [250, 250]


def test_a_path_breaks_where_there_is_no_value():
    """A gap stays one, and a straight stretch needs no points between its ends."""
    axis = Axis("x", 0.0, 10.0)
    line = Line("adam", list(range(11)), [0.0, 1.0, 2.0, 3.0, math.nan, 5.0, 5.0, 5.0, 6.0, 5.0, 4.0])
    chart = LinesFigure("f", "t", "c", [View("", axis, axis, [line])])
    (path,) = re.findall(r'<path class="line" d="([^"]*)"', drawing(chart, RowLooks.of(["adam"]), SPEECH))
    assert path == "M0 1000L300 700M500 500L700 500L800 400L1000 600"


def test_single_runs_are_there_as_far_as_a_page_can_hold_them(problem):
    """Of many runs the bands remain."""
    few = curves_chart(curves_of(problem[1]), SPEECH, place=0)
    many = curves_chart(curves_of(problem[1], runs=60, epochs=60), SPEECH, place=0)
    assert [view.name.said for view in few.views][:2] == ["accuracy, validation", "loss, validation"]
    assert all(len(line.runs) == 7 for view in few.views for line in view.lines)
    assert not [line for view in many.views for line in view.lines if line.runs]
    assert few.views[0].lines[0].per_epoch == {"steps": 20.0, "seconds": 0.5}


def test_the_time_to_a_target_is_the_area_above_its_line(problem):
    """What the table calls the mean epochs is what lies between the line and 1; its end is the share that got there."""
    late = {name: [RunTrace(make_history(seed), 10, seed == 5) for seed in seeds] for name, seeds in
            (("adam", range(6)), ("sgd", range(0, 60, 9)))}  # fmt: skip
    table = target_table(late, "val_loss", 0.6)
    shares = reached_shares(late, "val_loss", 0.6)
    for row in table.rows:
        assert sum(1.0 - share for share in shares[row.label][:-1]) == pytest.approx(row.epochs)
        assert shares[row.label][-1] == row.reached / row.n
    chart = targets_chart(ProblemCurves({}, {}, late), [table], SPEECH, place=0)
    (view,) = chart.views
    assert [(line.row, line.x[-1], line.y[-1]) for line in view.lines] == [
        (label, 10.0, shares[label][-1]) for label in ("adam", "sgd")
    ]
    assert targets_chart(ProblemCurves({}, {}, late), [], SPEECH, place=0) is None


def test_no_two_rows_look_the_same():
    """Up to eight by colour, up to thirty-two by dash and mark; the order of labels moves nothing."""
    labels = [f"optimizer {place:02}" for place in range(32)]
    looks = RowLooks.of(reversed(labels))
    assert len({looks.classes(label) for label in labels}) == 32
    assert len({looks.classes(label).split()[0] for label in labels[:COLOURS]}) == COLOURS
    assert looks == RowLooks.of(labels)
    assert looks.classes("a stranger") == "grey"


def pr_curve(precision, recall):
    """A curve that ends at a recall of 1."""
    threshold = np.linspace(1.0, 0.0, len(recall))
    return PrecisionRecallCurve("test", "yes", np.array(precision), np.array(recall), threshold, 0.75, 0.5)


def examples():
    """What two optimizers predict of two classes, in two runs each."""
    good, poor = np.array([[9, 1], [2, 8]]), np.array([[6, 4], [5, 5]])
    curve = [pr_curve([1.0, 1.0, 0.5], [0.0, 0.5, 1.0])]
    bins = ReliabilityCurve("test", "yes", False, np.array([0.2, 0.8]), np.array([0.1, 0.9]), np.array([5, 5]))
    return ExampleCurves(
        ("no", "yes"),
        {"sgd": [poor, poor], "adam": [good, good + np.array([[1, -1], [0, 0]])]},
        {"sgd": [curve, []], "adam": [curve, curve]},
        {"sgd": [bins, bins], "adam": [bins]},
    )


def test_precision_is_that_of_the_point_that_has_the_recall():
    """No straight line between two points: nothing between them was reached."""
    of_adam, of_sgd = precision_recall_means(examples())
    at = dict(zip(np.round(of_adam.x, 2).tolist(), of_adam.y.tolist(), strict=True))
    assert (at[0.0], at[0.5], at[0.51], at[1.0]) == (1.0, 1.0, 0.5, 0.5)
    assert (of_sgd.label, of_sgd.area) == ("sgd", 0.75)
    chart = next(one for one in example_charts(ProblemCurves({}, {}, examples=examples()), SPEECH, place=0))
    points = [(line.row, line.x, line.y) for line in chart.views[0].lines if line.best is not None]
    # of the counts: 8 of 10 rows found, with one wrong answer beside them in the first run and none in the second
    assert points == [("adam", [0.8], [pytest.approx((8 / 9 + 1) / 2)]), ("sgd", [0.5], [pytest.approx(5 / 9)])]
    assert [mean.y.tolist() for mean in reliability_means(examples())] == [[0.1, 0.9]] * 2


def test_confusion_matrices_stand_side_by_side_and_their_difference_last(problem):
    """Counts are means over runs, the best first; the last matrix is the first less the one before it."""
    curves = ProblemCurves({}, {}, examples=examples())
    *others, chart = example_charts(curves, SPEECH, place=0)
    assert [other.id for other in others] == ["precision-recall-0", "reliability-0"]
    best, worst, gap = chart.panels
    assert (best.row, worst.row, gap.row) == ("adam", "sgd", "")
    assert best.counts == [[9.5, 0.5], [2.0, 8.0]]
    assert gap.counts == (np.array(best.counts) - np.array(worst.counts)).tolist()
    shown = Outline(drawing(chart, RowLooks.of(["adam", "sgd"]), SPEECH), "es").text
    assert "9,5" in shown
    assert "-3" in shown
    assert "+3,5" in shown


@pytest.mark.parametrize(
    ("names", "shown", "is_tilted"),
    [
        (("no", "yes"), 2, False),
        (("Sandal", "Shirt", "Sneaker", "Trousers", "Pullover"), 5, True),
        (tuple("abcdefghijklmnopqrstuvwxyz"), 13, False),
    ],
)
def test_classes_are_named_at_both_sides_of_a_matrix(names, shown, is_tilted):
    """Of many every so many; where names would touch below it they are tilted."""
    counts = [[1.0] * len(names)] * len(names)
    chart = CellsFigure("f", "t", "c", names, [Panel("", "", counts)])
    drawn = drawing(chart, RowLooks({}), SPEECH)
    assert sum(drawn.count(f'class="tick" x="-8" y="{percent((n + 0.5) / len(names))}"') for n in range(26)) == shown
    assert len(re.findall(r'class="tick"', drawn)) == 2 * shown
    assert ("rotate" in drawn) == ("tilted" in drawn) == is_tilted


def test_a_legend_shows_dashes_and_what_is_of_no_row():
    """A row whose every line is dashed has a dashed sample; a line of no row is named, and cannot be switched off."""
    axis = Axis("x", 0.0, 1.0)
    ends = [0.0, 1.0]
    lines = [
        Line("", ends, ends, name="all layers", is_dashed=True),
        Line("adam", ends, ends),
        Line("sgd", ends, ends, is_dashed=True),
        Line("sgd", [0.5], [0.5], name="sgd, threshold 0.5", marks=True, has_line=False),
        Line("", ends, [0.0, 0.0]),
    ]
    figure = LinesFigure("f", "t", "c", [View("", axis, axis, lines)])
    legend = drawn_figure(figure, RowLooks.of(["adam", "sgd"]), SPEECH).legend
    assert [(row, name, "dashed" in swatch) for row, swatch, name in legend] == [
        ("", "all layers", True),
        ("adam", "adam", False),
        ("sgd", "sgd", True),
    ]


def test_the_script_takes_no_text_for_markup_or_code():
    """Nothing is evaluated, no text is parsed as markup, no style attribute is written."""
    script = "".join(files("optbench.reporting").joinpath("assets", name).read_text("utf-8") for name in SCRIPTS)
    for word in (
        "eval(",
        "Function(",
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        '"style"',
        "fetch(",
    ):
        assert word not in script
    assert "</" not in script
    assert len(script) < 38_000
