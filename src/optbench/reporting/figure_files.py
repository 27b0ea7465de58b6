"""The pictures of a comparison as files of their own: for a paper, and for the tools that runs are exported to.

They are drawn from the same records as the page, so both always say the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from optbench.reporting.across_section import across_pictures
from optbench.reporting.comparison_figures import (
    Look,
    curves_figure,
    differences_figure,
    roc_figure,
    scores_figure,
    time_figure,
)
from optbench.reporting.style import plot_style, save_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves
    from optbench.reporting.style import ImageFormat

FORMATS: Final[tuple[ImageFormat, ...]] = ("svg", "pdf", "png")
_SCREEN_FONT: Final = 9.5  # points, of the house style
_ACROSS: Final = ("regret", "ranks", "profile")
_LONGEST_NAME: Final = 60
_FLAT: Final = 0.6
_CAREFUL: Final = 0.9  # letters are not all as wide as their mean


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a picture stands in a paper.

    Attributes
    ----------
    width : of a column, in inches
    font_size : of its text, in points; titles and ticks keep their proportion to it
    """

    width: float = 3.4
    font_size: float = 8.0


def figure_files(
    comparison: Comparison, curves: Mapping[str, ProblemCurves], paper: Paper, language: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every picture in every format; the same comparison gives the same bytes.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind
    """
    for name, figure in named_figures(comparison, curves, language):
        fit_to_paper(figure, paper)
        for image_format in FORMATS:
            yield f"{name}.{image_format}", save_figure(figure, image_format)


def named_figures(
    comparison: Comparison, curves: Mapping[str, ProblemCurves], language: str | None = None
) -> Iterator[tuple[str, Figure]]:
    """Yield every picture of the page of a comparison with a name for it, as large as the page has it.

    The names are `scores`, `differences`, `curves`, `roc` and `time`, of several problems with the problem's before
    them, and `regret`, `ranks` and `profile` of what they say together.
    """
    look = Look.of(summary.label for problem in comparison.problems for summary in problem.optimizers)
    several = len(comparison.problems) > 1
    taken: set[str] = set()
    for problem in comparison.problems:
        before = f"{_distinct(file_stem(problem.problem), taken)}-" if several else ""
        for name, figure in problem_figures(comparison, problem, curves.get(problem.problem), look, language):
            yield f"{before}{name}", figure
    if comparison.across is not None:
        drawn = across_pictures(comparison.across, comparison.metric, look, language)
        for name, (figure, _, _) in zip(_ACROSS, drawn, strict=False):
            yield name, figure


def problem_figures(
    comparison: Comparison,
    problem: ProblemComparison,
    curves: ProblemCurves | None,
    look: Look | None = None,
    language: str | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Yield the pictures of one problem that there is something to draw in, by name.

    Parameters
    ----------
    look : None gives the optimizers of this problem theirs
    """
    metric = comparison.metric
    look = look or Look.of(summary.label for summary in problem.optimizers)
    found = {
        "scores": scores_figure(problem, metric, look, language),
        "differences": differences_figure(problem, metric, problem.margin, language),
        "curves": None if curves is None else curves_figure(curves, look, language),
        "roc": None if curves is None else roc_figure(curves, look, language=language),
        "time": time_figure(problem, metric, look, language),
    }
    yield from ((name, figure) for name, figure in found.items() if figure is not None)


def fit_to_paper(figure: Figure, paper: Paper) -> None:
    """Make a picture of the page as wide as a column, with text that is as large as the paper's.

    Panels that stand beside each other on the page stand below each other, since half a column holds no axis. Legends
    go below them, and titles are broken where the column ends.
    """
    from matplotlib.text import Text

    shrink = paper.font_size / _SCREEN_FONT
    panels = [axes for axes in figure.axes if axes.axison]
    width, height = figure.get_size_inches()
    if len(panels) > 1:
        height *= len(panels) / _rows_of(figure)
        _stack(figure)
    elif height > _FLAT * width:  # a flat picture has rows of text, which need their height whatever the width
        height *= max(_FLAT, paper.width / width)
    figure.set_size_inches(paper.width, height * shrink)
    for text in figure.findobj(Text):
        text.set_fontsize(float(text.get_fontsize()) * shrink)
    for legend in list(figure.legends):
        _put_below(figure, legend)
    figure.draw_without_rendering()
    for axes in panels:
        titles = [one for one in axes.get_children() if isinstance(one, Text)]
        for text in (*titles, axes.xaxis.label):
            text.set_text(_broken(text, figure.bbox.width))


def _broken(text: Text, width: float) -> str:
    """Return a title in lines that end within the picture."""
    box, shown = text.get_window_extent(), text.get_text()
    if not shown.strip() or (box.x0 >= 0 and box.x1 <= width):
        return shown
    centre = (box.x0 + box.x1) / 2
    room = 2 * min(centre, width - centre) if text.get_horizontalalignment() == "center" else width - box.x0
    longest = max(map(len, shown.splitlines()))
    most = max(8, int(_CAREFUL * longest * room / box.width))
    return "\n".join(part for line in shown.splitlines() for part in wrap(line, most) or [""])


def _put_below(figure: Figure, legend: Legend) -> None:
    """Give the legend of all panels two columns below them: its layout cannot be changed once it is made."""
    labels = legend.get_texts()
    names, size = [text.get_text() for text in labels], labels[0].get_fontsize() if labels else None
    handles = [handle for handle in legend.legend_handles if handle is not None]
    legend.remove()
    with plot_style():
        figure.legend(handles, names, loc="outside lower center", ncols=min(2, max(1, len(names))), fontsize=size)


def _rows_of(figure: Figure) -> int:
    spec = figure.axes[0].get_subplotspec()
    return 1 if spec is None else int(spec.get_gridspec().nrows)


def _stack(figure: Figure) -> None:
    """Put the panels below each other and leave out those that are empty."""
    for axes in [axes for axes in figure.axes if not axes.axison]:
        axes.remove()
    grid = figure.add_gridspec(len(figure.axes), 1)
    for place, axes in enumerate(figure.axes):
        axes.set_subplotspec(grid[place, 0])


def file_stem(title: str) -> str:
    """Return a title as the name of a file: letters, digits and dashes.

    Examples
    --------
    >>> file_stem("csv my table.csv, mlp 64-32")
    'csv-my-table-csv-mlp-64-32'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:_LONGEST_NAME] or "problem"


def _distinct(stem: str, taken: set[str]) -> str:
    """Return a stem that no other problem has, and note it."""
    number, found = 1, stem
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    taken.add(found)
    return found
