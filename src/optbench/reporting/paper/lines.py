"""Lines over an axis on paper: bands or single runs, points, intervals, the diagonal, and a legend of the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from optbench.reporting.paper.pen import pen_of
from optbench.reporting.paper.sheet import broken, make_square, new_sheet, paper_style, put_below, set_axis
from optbench.reporting.style import FAINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.charts.records import Line, LinesFigure, Unit, View
    from optbench.reporting.languages import Speech
    from optbench.reporting.paper.pen import Pen
    from optbench.reporting.paper.sheet import Paper

_FLAT: Final = 0.6
_HIGHEST: Final = 3.6
_LARGEST_SQUARE: Final = 4.4
_FEW_POINTS: Final = 25
_MANY_POINTS: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader of a page chooses of a chart of lines.

    Attributes
    ----------
    view : position among its views
    unit : what an axis of epochs counts
    single_runs : runs in place of bands
    """

    view: int = 0
    unit: Unit = "epochs"
    single_runs: bool = False


def choices_of(chart: LinesFigure) -> Iterator[tuple[str, Choice]]:
    """Yield what a reader can choose, as the end of a file's name; what is seen first has none.

    Single runs are drawn over epochs alone: each figure costs a third of a second.
    """
    for place, view in enumerate(chart.views):
        before = f"-{view.key.replace('_', '-')}" if place else ""
        yield before, Choice(place)
        if chart.has_single_runs:
            yield f"{before}-runs", Choice(place, single_runs=True)
        yield from ((f"{before}-{unit}", Choice(place, unit)) for unit in chart.units)


def lines_figure(chart: LinesFigure, looks: RowLooks, paper: Paper, speech: Speech, choice: Choice) -> Figure:
    """Draw one view of a chart."""
    view = in_unit(chart.views[choice.view], choice.unit, speech)
    side = min(paper.width, _LARGEST_SQUARE)
    height = side if chart.is_square else min(_FLAT * paper.width, _HIGHEST)
    across = side if chart.is_square else paper.width
    with paper_style(paper):
        figure, (axes,) = new_sheet(paper, height)
        is_whole = all(line.has_line and one == round(one) for line in view.lines for one in line.x)
        title = set_axis(axes, "x", view.x, paper, speech, length=0.8 * across, whole=is_whole)
        set_axis(axes, "y", view.y, paper, speech, length=0.7 * height)
        if view.has_diagonal:
            corners = [0.0, 1.0]
            axes.plot(corners, corners, transform=axes.transAxes, color=FAINT, linewidth=0.8, linestyle=":")
        for line in view.lines:
            _draw(axes, line, pen_of(line.row, looks, is_dashed=line.is_dashed), view, single_runs=choice.single_runs)
        if len(chart.views) > 1 and view.name != view.y.title:
            axes.set_title(broken(str(view.name), paper.font_size, 0.8 * across, bold=True))
        if chart.is_square:
            make_square(figure, axes, side)
        put_below(figure, paper, *_legend(view.lines, looks), title=title, note=str(view.note))
    return figure


def in_unit(view: View, unit: Unit, speech: Speech) -> View:
    """Return a view whose axis counts steps or seconds in place of epochs."""
    if unit == "epochs":
        return view
    lines = [replace(line, x=[epoch * line.per_epoch[unit] for epoch in line.x]) for line in view.lines]
    last = max((value for line in lines for value in line.x), default=0.0)
    return replace(view, x=replace(view.x, title=speech.text(f"script-{unit}"), high=last or 1.0), lines=lines)


def _draw(axes: Axes, line: Line, pen: Pen, view: View, *, single_runs: bool) -> None:
    x = [view.x.factor * value for value in line.x]

    def up(values: Sequence[float | None]) -> list[float]:
        return [math.nan if value is None else view.y.factor * value for value in values]

    style: dict[str, Any] = {"color": pen.colour, "linestyle": pen.line_style}
    if single_runs and line.runs:
        for values in line.runs.values():
            axes.plot(x, up(values), **style, linewidth=0.7, alpha=0.6)
        return
    if line.low and line.has_line:
        axes.fill_between(x, up(line.low), up(line.high), color=pen.colour, alpha=0.15, linewidth=0)
    elif line.low:
        axes.vlines(x, up(line.low), up(line.high), color=pen.colour, linewidth=1.3)
    if line.has_line:
        axes.plot(x, up(line.y), **style)
    _draw_points(axes, line, pen, x, up(line.y))


def _draw_points(axes: Axes, line: Line, pen: Pen, x: list[float], y: list[float]) -> None:
    """Draw the points of a line, unless they would hide it, and the one that stands out."""
    rest = [place for place in range(len(x)) if place != line.best]
    (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    is_inside = all(left <= one <= right and low <= other <= high for one, other in zip(x, y, strict=True))
    style: dict[str, Any] = {"linestyle": "none", "marker": pen.marker, "clip_on": not is_inside}
    if rest and (not line.has_line or (line.marks and len(x) <= _FEW_POINTS)):
        many = len(x) > _MANY_POINTS
        axes.plot(
            [x[place] for place in rest], [y[place] for place in rest], **style, color=pen.colour,
            markersize=2.0 if many else 3.2, markeredgewidth=0, alpha=0.4 if many else 1.0,
        )  # fmt: skip
    if line.best is not None:
        axes.plot(
            x[line.best], y[line.best], **style, markersize=5.5, markerfacecolor="white", markeredgecolor=pen.colour,
            markeredgewidth=1.2, zorder=4,
        )  # fmt: skip


def _legend(lines: Sequence[Line], looks: RowLooks) -> tuple[list[Any], list[str]]:
    """Return samples and names: one for each line, and one for each sort of lines that rows share."""
    from matplotlib.lines import Line2D

    found: dict[tuple[str, str], Any] = {}
    for line in lines:
        pen = pen_of(line.row, looks, is_dashed=line.is_dashed)
        if line.sort:
            pen = pen_of("", looks)
        name = str(line.sort or line.name or looks.names.get(line.row, line.row))
        has_points = not line.has_line or (line.marks and len(line.x) <= _FEW_POINTS)
        stands_out = bool(line.sort) and line.best is not None
        sample = Line2D(
            [], [], color=pen.colour, linestyle=pen.line_style if line.has_line else "none",
            marker=pen.marker if has_points else "", markersize=5.0 if stands_out else 3.2,
            markerfacecolor="white" if stands_out else pen.colour, markeredgewidth=1.2 if stands_out else 0,
        )  # fmt: skip
        found.setdefault(("", name) if line.sort else (line.row, name), sample)
    named = {key: sample for key, sample in found.items() if key[1]}
    return list(named.values()), [name for _, name in named]
