"""Matrices side by side on paper: a cell's shade is its share of the true class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.reporting.charts.draw import count_text
from optbench.reporting.paper.pen import DARK_SHADE, SHADES, cell_colours
from optbench.reporting.paper.sheet import POINTS, broken, fitting, inches, new_sheet, paper_style, trim
from optbench.reporting.style import INK
from optbench.words import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optbench.reporting.charts.records import CellsFigure, Panel
    from optbench.reporting.languages import Speech
    from optbench.reporting.paper.sheet import Paper

_SMALLEST: Final = 4.5  # points of a number that can be read
_NARROWEST: Final = 1.05  # inches of a matrix
_LONGEST_NAME: Final = 0.2  # of the width
_MOST_LINES: Final = 26
_GAP: Final = 0.12


def cells_figure(chart: CellsFigure, paper: Paper, speech: Speech) -> Figure:
    """Draw all matrices, as many side by side as have room; numbers stand in cells that are large enough."""
    across = _panels_across(chart, paper)
    down = math.ceil(len(chart.panels) / across)
    names = [fitting(name, paper.small, _LONGEST_NAME * paper.width) for name in chart.classes]
    left = _room_for_names(names, paper)
    side = (paper.width - left - 0.25 - _GAP * (across - 1)) / across
    side = min(side, 4.2)
    size = _number_size(chart, side, paper)
    below = left + paper.lines(2.0)
    bars = 0.0 if size else paper.lines(3.5) * (1 + any(panel.is_difference for panel in chart.panels))
    height = down * (side + paper.lines(1.7)) + below + bars
    with paper_style(paper):
        figure, panels = new_sheet(paper, height, nrows=down, ncols=across, layout="compressed")
        for place, axes in enumerate(panels):
            if place >= len(chart.panels):
                axes.set_axis_off()
                continue
            is_lowest = place + across >= len(chart.panels)
            _draw_panel(axes, chart.panels[place], paper, speech, side, size=size)
            _name_classes(axes, names, side, paper, has_columns=is_lowest, has_rows=place % across == 0)
            if is_lowest:
                axes.set_xlabel(text("figure-predicted-class", speech.languages[0]), fontsize=paper.small)
            if place % across == 0:
                axes.set_ylabel(text("figure-true-class", speech.languages[0]), fontsize=paper.small)
        if not size:
            _draw_bars(figure, panels, chart, speech)
        trim(figure)
    return figure


def _panels_across(chart: CellsFigure, paper: Paper) -> int:
    """Return how many stand side by side: as few rows as possible, and in them as few as possible."""
    most = max(1, int(paper.width / _NARROWEST))
    rows = math.ceil(len(chart.panels) / most)
    return math.ceil(len(chart.panels) / rows)


def _room_for_names(names: list[str], paper: Paper) -> float:
    """Return how far names reach from an axis, in inches, with the title beyond them."""
    return max(inches(name, paper.small) for name in names) + paper.lines(1.6)


def _number_size(chart: CellsFigure, side: float, paper: Paper) -> float:
    """Return the size of the numbers in points; 0 if they could not be read."""
    cell = POINTS * side / len(chart.classes)
    written = (
        count_text(count, is_difference=panel.is_difference)
        for panel in chart.panels
        for row in panel.counts
        for count in row
    )
    longest = max((len(one) for one in written), default=1)
    size = min(paper.small, cell / (0.62 * max(longest, 1) + 0.3), 0.7 * cell)
    return size if size >= _SMALLEST else 0.0


def shades_of(panel: Panel) -> NDArray[np.float64]:
    """Return how dark each cell is: its share of the true class; of a difference that of the largest, signed."""
    counts = np.array(panel.counts, dtype=np.float64)
    if panel.is_difference:
        return counts / (np.abs(counts).max() or 1.0)
    totals = np.abs(counts).sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = counts / np.where(totals > 0.0, totals, 1.0)
    return shares


def _draw_panel(axes: Axes, panel: Panel, paper: Paper, speech: Speech, side: float, *, size: float) -> None:
    from matplotlib.colors import ListedColormap

    shares = shades_of(panel)
    classes = len(shares)
    step = 0.5 / SHADES
    axes.imshow(shares, cmap=ListedColormap(cell_colours()), vmin=-1.0 - step, vmax=1.0 + step, interpolation="nearest")
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color="#b6bcc3")
    if classes <= _MOST_LINES:
        axes.set_xticks(np.arange(1, classes) - 0.5, minor=True)
        axes.set_yticks(np.arange(1, classes) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    if panel.name:
        name = broken(fitting(str(panel.name), paper.small, 1.7 * side), paper.small, side)
        axes.set_title(name, fontsize=paper.small, fontweight="normal", pad=0.35 * paper.font_size)
    if not size:
        return
    for true, predicted in np.ndindex(*shares.shape):
        written = count_text(panel.counts[true][predicted], is_difference=panel.is_difference)
        colour = "white" if round(SHADES * abs(float(shares[true, predicted]))) >= DARK_SHADE else INK
        shown = str(speech.localised(written)) if written else ""
        axes.text(predicted, true, shown, ha="center", va="center", fontsize=size, color=colour)


def _name_classes(
    axes: Axes, names: list[str], side: float, paper: Paper, *, has_columns: bool, has_rows: bool
) -> None:
    """Write the names of classes at a matrix, those that have room; of many every second, third, ..."""
    cell = POINTS * side / len(names)
    every = max(1, math.ceil(1.05 * paper.small / cell))
    places = range(0, len(names), every)
    is_wide = POINTS * max(inches(name, paper.small) for name in names) > 0.95 * cell * every
    axes.set_xticks(places, [names[place] if has_columns else "" for place in places])
    axes.set_yticks(places, [names[place] if has_rows else "" for place in places])
    if is_wide:
        axes.tick_params(axis="x", labelrotation=90)


def _draw_bars(figure: Figure, panels: list[Axes], chart: CellsFigure, speech: Speech) -> None:
    """Draw what the shades mean, where no numbers tell it: shares, and counts of a difference."""
    from matplotlib.ticker import FuncFormatter

    from optbench.words.tables import number

    language = speech.languages[0]
    style: dict[str, Any] = {"ax": panels, "location": "bottom", "fraction": 0.03, "pad": 0.02, "aspect": 40}
    drawn = list(zip(panels, chart.panels, strict=False))
    for axes, panel in drawn:
        if panel.is_difference:
            most = float(np.abs(panel.counts).max()) or 1.0
            ends = (-1.0, 0.0, 1.0)
            bar = figure.colorbar(axes.images[0], **style)
            bar.set_ticks(ends, labels=[_signed(end * most, speech) for end in ends])
            bar.set_label(str(panel.name))
    shares = next(axes for axes, panel in drawn if not panel.is_difference)
    bar = figure.colorbar(shares.images[0], **style)
    bar.ax.set_xlim(0.0, 1.0)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: number(share, "percent0", language)))
    bar.set_label(text("figure-share-of-true-class", language))


def _signed(count: float, speech: Speech) -> str:
    return str(speech.localised(count_text(count, is_difference=True) or "0"))
