"""Every value of every figure, read by keys and by the pointer, is what commands and files of runs say.

And what the script draws is what the page came with.
"""

from __future__ import annotations

import ast
import csv
import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import figure_values as values
import pytest
from figure_reader import Seen, SeenView, choose, is_shown, read_figure
from figure_values import Evidence, Run, Series, View
from selenium.webdriver.common.keys import Keys
from shown_pages import ShownPage

import optbench

pytestmark = pytest.mark.browser
NEAR = 6e-5  # records of figures have five digits or more
DRAWN = 0.12  # per cent of a drawing: paths have a thousand places along an axis

Oracle = Callable[[ShownPage], list[View]]


def of_runs(oracle: Callable[..., list[View]], **asked: Any) -> Oracle:
    """A chart of a comparison, or of a study."""

    def found(page: ShownPage) -> list[View]:
        document = page.document
        folder = page.path.parent
        is_study = (folder / "verdict.json").exists()
        runs = folder.iterdir() if is_study else map(Path, page.runs)
        folders = {run.name: run for run in runs}
        problem = document["problems"][0]["problem"]
        return oracle(Evidence(document, page.table, folders, folder if is_study else None, problem), **asked)

    return found


def of_run(oracle: Callable[[Run], list[View]]) -> Oracle:
    """A chart of one run."""
    return lambda page: oracle(Run(page.path.parent))


OF_ALL = {
    "scores-0": of_runs(values.scores),
    "differences-0": of_runs(values.differences),
    "curves-0": of_runs(values.curves),
    "seconds-0": of_runs(values.seconds),
    "targets-0": of_runs(values.targets),
}
OF_CLASSES = {
    "roc-0": of_runs(values.roc),
    "precision-recall-0": of_runs(values.precision_recall),
    "reliability-0": of_runs(values.reliability),
    "confusion-0": of_runs(values.confusion),
}
TABLE: Mapping[str, Mapping[str, Oracle]] = {
    "winner": {**OF_ALL, **OF_CLASSES},
    "numbers": OF_ALL,
    "several": {
        **OF_CLASSES,  # of three classes
        "regret": of_runs(values.regret),
        "ranks": of_runs(values.ranks),
        "profile": of_runs(values.profile),
    },
    "study": {
        "rates-0": of_runs(values.rates),
        "budgets-0": of_runs(values.budgets),
        **{name: OF_ALL[name] for name in ("scores-0", "differences-0")},
    },
    "run": {
        "learning": of_run(values.learning),
        "diagnostics": of_run(values.diagnostics),
        "confusion": of_run(values.run_confusion),
        "roc": of_run(values.run_roc),
        "precision-recall": of_run(values.run_precision_recall),
        "reliability": of_run(values.run_reliability),
    },
    "run-numbers": {
        "learning": of_run(values.learning),
        "predicted": of_run(values.predicted),
        "residuals": of_run(values.residuals),
    },
}
EACH = [(name, figure) for name, charts in TABLE.items() for figure in charts]


@pytest.fixture(params=TABLE, scope="module")
def shown(request, pages):
    """Each page in turn, and its name."""
    return request.param, pages(request.param)


@pytest.mark.parametrize(("name", "figure"), EACH)
def test_every_value_is_that_of_commands_and_files(browser, pages, name, figure):
    """By keys all in their order, and by the pointer at each; what is written is the value to its last digit."""
    page = pages(name)
    browser.open(page.path)
    wanted, found = TABLE[name][figure](page), read_figure(browser, figure)
    agree(wanted, found)
    are_where_they_are_drawn(browser, figure, found)
    for key, place in ((Keys.HOME, 0), (Keys.END, -1)):  # keys that are pressed, and a pointer that is moved
        pressed = walk(browser, figure, key)
        assert any(are_same(pressed, view.series[0].points[place]) for view in wanted), pressed
    browser.hover(drawing_of(browser, figure))
    under = facts(browser, figure)
    assert any(are_same(under, one) for view in wanted for series in view.series for one in series.points), under


def agree(wanted: list[View], found: list[SeenView]) -> None:
    """Require what was read, by keys and by the pointer, to be what is wanted."""
    assert len(found) == len(wanted)
    for view, seen in zip(wanted, found, strict=True):
        assert view.name.split(" ")[0] in seen.name or view.name[:1].isdigit(), (view.name, seen.name)
        assert len(seen.by_keys) == len(view.series), [[one.facts for one in row][:2] for row in seen.by_keys]
        for series, points, pointed in zip(view.series, seen.by_keys, seen.pointed, strict=True):
            assert len(points) == len(series.points), (view.name, series.points[0])
            for point, one in zip(series.points, points, strict=True):
                is_told(one, point, series)
            for one in pointed:
                is_one_of(one, view)


def is_told(seen: Seen, point: Mapping[str, Any], series: Series) -> None:
    """Require a tip to have the facts of a point, in its attributes, in its text, and aloud."""
    assert are_same(seen.facts, point), (seen.facts, point)
    for number, value in zip(seen.numbers, written(point, series), strict=True):
        assert is_shown(number, value), (seen.lines, value)
    assert all(number in seen.spoken for number in seen.numbers)


def written(point: Mapping[str, Any], series: Series) -> list[float]:
    """The numbers that a tip writes."""
    if "value" in point:
        whole = sum(abs(one["value"]) for one in series.points)
        return [point["value"], 100.0 * point["value"] / (whole or 1.0)]
    up = [series.up * point[name] for name in ("y", "low", "high") if name in point]
    if "y" in point:
        return [series.across * point["x"], *up]
    return [series.across * point[name] for name in ("x", "low", "high") if name in point]


def is_one_of(seen: Seen, view: View) -> None:
    """Require a tip under the pointer to be a point of its own row."""
    assert any(are_same(seen.facts, one) for series in view.series for one in series.points), seen.facts


def are_same(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether a tip has the facts of a point, and no other."""
    return found.keys() == wanted.keys() and all(
        found[name] == value if isinstance(value, str) else math.isclose(found[name], value, rel_tol=NEAR, abs_tol=1e-9)
        for name, value in wanted.items()
    )


def are_where_they_are_drawn(browser, figure: str, found: list[SeenView]) -> None:
    """Require each point to be marked where the drawing has it: the pointer finds what the eye sees."""
    drawn = browser.run(DRAWN_MARKS, figure)
    views = drawn if len(drawn) == len(found) else [drawn[0]] * len(found)
    for view, marks in zip(found, views, strict=True):
        for series in view.by_keys:
            for seen in series:
                own = marks.get(seen.facts["row"], [])
                assert min((distance(seen.at, line) for line in own), default=math.inf) <= DRAWN, (seen.facts, seen.at)
        for row in view.pointed:
            for seen in row:
                assert min(distance(seen.at, line) for line in marks[seen.facts["row"]]) <= DRAWN


def distance(at: tuple[float, float], line: list[list[float]]) -> float:
    """How far a place is from a line of places, in per cent."""
    if len(line) == 1:
        return math.dist(at, line[0])
    return min(to_segment(at, one, other) for one, other in pairwise(line))


def to_segment(at, one, other) -> float:
    """How far a place is from what joins two others."""
    along = (other[0] - one[0], other[1] - one[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((at[0] - one[0]) * along[0] + (at[1] - one[1]) * along[1]) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.dist(at, (one[0] + share * along[0], one[1] + share * along[1]))


def walk(browser, figure: str, *keys: str) -> dict[str, Any]:
    """Focus a drawing that is seen and press keys; returns the facts of what is shown then."""
    browser.run("arguments[0].focus()", drawing_of(browser, figure))
    browser.keys(*keys)
    return facts(browser, figure)


def drawing_of(browser, figure: str) -> Any:
    """The first drawing of a figure that is seen."""
    return next(one for one in browser.all(f"#{figure} svg.plot") if one.is_displayed())


def facts(browser, figure: str) -> dict[str, Any]:
    """The facts of the tip."""
    found = browser.run("return {...document.querySelector(`#${arguments[0]} .tip`).dataset}", figure)
    names = ("row", "dot", "run", "true", "predicted")
    return {name: value if name in names else float(value) for name, value in found.items()}


# ---- what can be chosen


CHOSEN = {
    "steps": ({"x": "steps"}, {"unit": "steps"}),
    "seconds": ({"x": "seconds"}, {"unit": "seconds"}),
    "every run": ({"spread": "runs"}, {"single": True}),
    "every run, in steps": ({"x": "steps", "spread": "runs"}, {"unit": "steps", "single": True}),
    "logarithmic": ({"scale": "log"}, {}),
    "linear": ({"scale": "linear"}, {}),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_other_axes_and_single_runs_show_their_values(browser, pages, name):
    """Metric and split, epochs, steps or seconds, linear or logarithmic, bands or every run."""
    page = pages("winner")
    chosen, asked = CHOSEN[name]
    browser.open(page.path)
    for choice, value in chosen.items():
        choose(browser, "curves-0", choice, value)
    found = read_figure(browser, "curves-0", pointed=3)
    agree(of_runs(values.curves, **asked)(page), found)
    are_where_they_are_drawn(browser, "curves-0", found)


# ---- one drawing, by two hands


def test_what_is_drawn_again_is_what_the_page_came_with(browser, shown):
    """Lines, bands, points, axes and their numbers: the script draws what the page has, mark by mark."""
    _, page = shown
    browser.open(page.path)
    for figure, drawn in browser.run(BOTH_DRAWINGS).items():
        for before, after in drawn:
            assert [one["what"] for one in before] == [one["what"] for one in after], figure
            for one, other in zip(before, after, strict=True):
                assert one["text"] == other["text"], (figure, one["what"])
                assert other["at"] == pytest.approx(one["at"], abs=0.02), (figure, one["what"])
                compare_paths(one["path"], other["path"], (figure, one["what"]))


def test_twelve_rows_are_drawn_again_with_their_dashes_and_marks(browser, pages):
    """Beyond eight colours dash and mark tell rows apart, whoever draws; a row looks the same in every figure."""
    browser.open(pages("twelve").path)
    for figure, drawn in browser.run(BOTH_DRAWINGS).items():
        for before, after in drawn:
            assert [one["what"] for one in before] == [one["what"] for one in after], figure
    looks = browser.run(LOOKS)
    assert len(looks) == 12
    assert all(len(found) == 1 for found in looks.values()), looks
    assert len({found[0] for found in looks.values()}) == 12


def compare_paths(one: str, other: str, what: object) -> None:
    """Require two paths to go the same way, to a place of a thousand, whatever points lie on their straight lines."""
    ways = [[corners(part) for part in stretches(path)] for path in (one, other)]
    assert [len(part) for part in ways[0]] == [len(part) for part in ways[1]], what
    for before, after in zip(*ways, strict=True):
        for a, b in zip(before, after, strict=True):
            assert math.dist(a, b) <= 1.5, (what, a, b)


def stretches(path: str) -> list[list[tuple[float, float]]]:
    """The places of each stretch of a path."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+)[ ,](-?[\d.]+)", part)]
        for part in path.split("M")
        if part
    ]


def corners(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places without those that lie on the way from the one before to the one behind."""
    kept: list[tuple[float, float]] = []
    for place in places:
        while len(kept) > 1 and is_between(kept[-2], kept[-1], place):
            kept.pop()
        if not kept or kept[-1] != place:
            kept.append(place)
    return kept


def is_between(a, b, c) -> bool:
    """Say whether b lies on the straight way from a to c."""
    across = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return across == 0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) >= 0


# ---- data and files


@pytest.mark.parametrize(
    ("name", "figure"), [("winner", "scores-0"), ("winner", "curves-0"), ("winner", "confusion-0")]
)
def test_a_figure_is_saved_as_csv_svg_and_png(browser, pages, tmp_path, name, figure):
    """The table has every value that is read; the picture stands alone, without scripts or the page's style."""
    page = pages(name)
    browser.open(page.path)
    saved = {
        kind: browser.saved(f"#{figure} [data-save={kind}]", tmp_path / f"{figure}.{kind}")
        for kind in ("csv", "svg", "png")
    }
    header, *rows = csv.reader(saved["csv"].decode().splitlines())
    numbers = [float(cell) for row in rows for cell in row[1:] if re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)]
    wanted = [
        value
        for view in TABLE[name][figure](page)
        for series in view.series
        for point in series.points
        for key, value in point.items()
        if isinstance(value, float) and key != "dot"
    ]
    assert len(header) == len(rows[0])
    for value in wanted:
        assert any(math.isclose(value, number, rel_tol=NEAR, abs_tol=1e-9) for number in numbers), value
    drawn = saved["svg"].decode()
    assert drawn.startswith("<svg")
    assert "<script" not in drawn
    assert "var(--" not in drawn
    assert saved["png"].startswith(b"\x89PNG")
    table = browser.run("arguments[0].open = true; return true", browser.one(f"#{figure} details.values"))
    assert table
    shown_rows = browser.run(TABLE_ROWS, figure)
    assert shown_rows == len(rows)


# ---- laws


def test_every_kind_of_chart_is_looked_at():
    """Whatever makes a figure for a page has its line in the table above."""
    assert chart_names() == {stem(figure) for charts in TABLE.values() for figure in charts}


def test_no_figure_of_these_pages_is_passed_over(browser, shown):
    """A page has no chart that the table does not know."""
    name, page = shown
    browser.open(page.path)
    found = {one.get_attribute("id") for one in browser.all("figure.chart")}
    known = {stem(figure) for charts in TABLE.values() for figure in charts}
    assert {stem(figure) for figure in found} <= known
    assert set(TABLE[name]) <= found


def stem(figure: str) -> str:
    """A figure's name without the number of its problem."""
    return re.sub(r"-\d+$", "", figure)


def chart_names() -> set[str]:
    """What the figures in the source are called."""
    found = set()
    for path in Path(optbench.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "sFigure(" in source else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "LinesFigure",
                "RowsFigure",
                "CellsFigure",
            }:
                first = node.args[0]
                first = first.values[0] if isinstance(first, ast.JoinedStr) else first
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno}: a figure's name begins with a text"
                found.add(str(first.value).rstrip("-"))
    return found


DRAWN_MARKS = """
const figure = document.getElementById(arguments[0]);
const share = text => parseFloat(text);
const boxes = [...figure.querySelectorAll('svg.plot')];
return boxes.map((svg, place) => {
  const found = {};
  const add = (row, line) => { (found[row] = found[row] || []).push(line); };
  for (const path of svg.querySelectorAll('svg.marks path:not(.band)')) {
    const row = path.closest('[data-row]').dataset.row;
    for (const part of path.getAttribute('d').split('M').slice(1)) {
      add(row, [...part.matchAll(/(-?[\\d.]+) (-?[\\d.]+)/g)].map(one => [one[1] / 10, one[2] / 10]));
    }
  }
  for (const mark of svg.querySelectorAll('circle:not(.shown)')) {
    add(mark.closest('[data-row]').dataset.row, [[share(mark.getAttribute('cx')), share(mark.getAttribute('cy'))]]);
  }
  for (const mark of svg.querySelectorAll('svg.at')) {
    add(mark.closest('[data-row]').dataset.row, [[share(mark.getAttribute('x')), share(mark.getAttribute('y'))]]);
  }
  for (const cell of svg.querySelectorAll('rect.cell')) {
    const at = ['x', 'y', 'width', 'height'].map(name => share(cell.getAttribute(name)));
    add(svg.closest('.view-box').dataset.row, [[at[0] + at[2] / 2, at[1] + at[3] / 2]]);
  }
  return found;
});
"""

BOTH_DRAWINGS = """
const seen = 'line, path, circle, rect, text, svg.at';
const all = svg => [...svg.querySelectorAll(seen), svg.nextElementSibling].filter(one => !one.closest('.pointer'));
const marks = svg => all(svg).map(one => {
  const group = one.closest('[data-row]');
  const row = group ? `${group.dataset.row} ${group.getAttribute('class')}` : '';
  const names = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'dx', 'dy'];
  const numbers = names.map(name => one.getAttribute(name)).filter(value => value !== null);
  const parts = ['text', 'p'].includes(one.localName) ? [...one.childNodes] : [];
  const text = parts.map(part => `${part.getAttribute ? part.getAttribute('lang') : ''}:${part.textContent}`).join('|');
  const kind = `${one.localName}.${one.getAttribute('class') || ''}.${one.closest('svg.at') ? 'at' : ''} ${row}`;
  return {what: kind, at: numbers.map(parseFloat), text, path: one.localName === 'path' ? one.getAttribute('d') : ''};
});
const found = {};
for (const figure of document.querySelectorAll('figure.chart.lines')) {
  const lists = ['scale', 'x', 'spread'].map(name => `select[data-choice="${name}"]`).join(', ');
  const list = figure.querySelector(lists);
  if (!list) continue;
  const svgs = [...figure.querySelectorAll('svg.plot')];
  const before = svgs.map(marks);
  const first = svgs.map(svg => svg.firstChild);
  list.dispatchEvent(new Event('change'));
  if (svgs.some((svg, n) => svg.firstChild === first[n])) throw new Error('nothing was drawn again');
  found[figure.id] = svgs.map((svg, n) => [before[n], marks(svg)]);
}
return found;
"""

LOOKS = """
const found = {};
for (const path of document.querySelectorAll('svg.plot g[data-row] path.line')) {
  const style = getComputedStyle(path);
  const row = path.closest('[data-row]').dataset.row;
  const look = `${style.stroke} ${style.strokeDasharray}`;
  if (!row || path.classList.contains('dashed')) continue;
  found[row] = found[row] || [];
  if (!found[row].includes(look)) found[row].push(look);
}
return found;
"""

TABLE_ROWS = "return document.querySelectorAll(`#${arguments[0]} .values tbody tr`).length"
