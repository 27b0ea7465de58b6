"""Intervals below each other on paper: dots, interval and mean of each row, over the zone that does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.reporting.charts.draw import thinned
from optbench.reporting.paper.pen import pen_of
from optbench.reporting.paper.sheet import fitting, inches, new_sheet, paper_style, put_below, set_axis
from optbench.reporting.style import FAINT, GREEN, INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.charts.records import Mark, RowsFigure
    from optbench.reporting.languages import Speech
    from optbench.reporting.paper.sheet import Paper

_BESIDE: Final = 0.36  # of the width: longer names stand above their rows
_ABOVE: Final = -0.3
_FAINT: Final = "#8c959f"


def rows_figure(chart: RowsFigure, looks: RowLooks, paper: Paper, speech: Speech) -> Figure:
    """Draw a chart; names stand beside their rows, or above them if one of them is long."""
    names = [fitting(str(mark.name), paper.small, 0.97 * paper.width) for mark in chart.marks]
    beside = max(inches(name, paper.small) for name in names) <= _BESIDE * paper.width
    per_row = paper.lines(1.9 if beside else 2.6)
    with paper_style(paper):
        figure, (axes,) = new_sheet(paper, paper.lines(4.0) + per_row * len(chart.marks))
        length = paper.width * (1.0 - _BESIDE if beside else 0.9)
        title = set_axis(axes, "x", chart.x, paper, speech, length=length)
        axes.set_ylim(len(chart.marks) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        _draw_ground(axes, chart)
        for place, mark in enumerate(chart.marks):
            _draw_mark(axes, mark, place + (0.0 if beside else 0.14), looks, chart.x.factor)
        _name_rows(axes, names, paper.small, beside=beside)
        put_below(figure, paper, title=title)
    return figure


def _draw_ground(axes: Axes, chart: RowsFigure) -> None:
    """Draw the zone that does not matter, and the line at zero."""
    if chart.zone is not None:
        low, high = (chart.x.factor * end for end in chart.zone)
        axes.axvspan(low, high, color=GREEN, alpha=0.14, linewidth=0)
    if chart.zero:
        axes.axvline(0.0, color=FAINT, linewidth=0.8, linestyle=(0, (2, 2)))


def _draw_mark(axes: Axes, mark: Mark, height: float, looks: RowLooks, factor: float) -> None:
    colour = _FAINT if mark.is_faint else pen_of(mark.row, looks).colour
    dots = thinned([value for _, value in mark.dots])
    axes.plot(
        [factor * value for value in dots], [height - 0.14] * len(dots), linestyle="none", marker="o", color=colour,
        markersize=2.8, markeredgewidth=0, alpha=0.5, gid="dots",
    )  # fmt: skip
    if mark.low is not None and mark.high is not None:
        axes.plot(
            [factor * mark.low, factor * mark.high], [height + 0.14] * 2, color=colour, linewidth=1.7, gid="interval"
        )
    if mark.mean is not None:
        axes.plot(
            factor * mark.mean, height + 0.14, linestyle="none", marker="D", markersize=4.2, markerfacecolor="white",
            markeredgecolor=colour, markeredgewidth=1.2, zorder=4, gid="mean",
        )  # fmt: skip


def _name_rows(axes: Axes, names: Sequence[str], size: float, *, beside: bool) -> None:
    axes.set_yticks(range(len(names)), names if beside else [""] * len(names))
    if beside:
        return
    for place, name in enumerate(names):
        axes.text(
            0.0, place + _ABOVE, name, transform=axes.get_yaxis_transform(), va="center", color=INK, fontsize=size
        )
