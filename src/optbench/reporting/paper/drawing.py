"""Any chart of a page as a figure on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.reporting.charts.records import LinesFigure, RowsFigure
from optbench.reporting.paper.cells import cells_figure
from optbench.reporting.paper.lines import Choice, choices_of, lines_figure
from optbench.reporting.paper.rows import rows_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.charts.records import Figure as Chart
    from optbench.reporting.languages import Speech
    from optbench.reporting.paper.sheet import Paper

FIRST = Choice()
"""What a page shows of a chart before its reader chooses."""


def figure_of(chart: Chart, looks: RowLooks, paper: Paper, speech: Speech, choice: Choice = FIRST) -> Figure:
    """Draw a chart.

    Parameters
    ----------
    speech : its first language is drawn
    choice : for a chart of lines
    """
    if isinstance(chart, LinesFigure):
        return lines_figure(chart, looks, paper, speech, choice)
    if isinstance(chart, RowsFigure):
        return rows_figure(chart, looks, paper, speech)
    return cells_figure(chart, paper, speech)


def ways_of(chart: Chart) -> Iterator[tuple[str, Choice]]:
    """Yield what can be drawn of a chart: the end of its name, and the choice."""
    if isinstance(chart, LinesFigure):
        yield from choices_of(chart)
    else:
        yield "", FIRST
