"""The charts of a page as figures for a paper: by name, and as files.

They are drawn from the same records as the page, so both always say the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from optbench.reporting.charts.comparison_charts import all_labels
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.charts.page_charts import chart_name, comparison_charts
from optbench.reporting.charts.run_charts import looks_of_run
from optbench.reporting.fonts import draw_every_letter
from optbench.reporting.languages import Speech
from optbench.reporting.paper.drawing import FIRST, figure_of, ways_of
from optbench.reporting.paper.sheet import Paper, paper_style
from optbench.reporting.style import save_figure
from optbench.words import spoken_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.figure import Figure

    from optbench.comparison import Comparison, ProblemCurves
    from optbench.reporting.charts.records import Figure as Chart
    from optbench.reporting.paper.lines import Choice
    from optbench.reporting.style import ImageFormat

FORMATS: Final[tuple[ImageFormat, ...]] = ("svg", "pdf", "png")
ON_SCREEN: Final = Paper(width=7.0, font_size=9.5)
_LONGEST_NAME: Final = 60


class NamedFigures(Mapping[str, "Figure"]):
    """Figures by name, each drawn when it is asked for, and anew each time.

    Parameters
    ----------
    charts : with the name of each
    looks : colours and marks of the rows of all of them
    language : of their words; None is that of the machine setting
    """

    def __init__(
        self, charts: Iterable[tuple[str, Chart]], looks: RowLooks, paper: Paper, language: str | None = None
    ) -> None:
        self._ways: dict[str, tuple[Chart, Choice]] = {
            f"{name}{end}": (chart, choice) for name, chart in charts for end, choice in ways_of(chart)
        }
        self._looks, self._paper, self._speech = looks, paper, one_language(language)

    def __getitem__(self, name: str) -> Figure:
        """Draw a figure."""
        chart, choice = self._ways[name]
        return figure_of(chart, self._looks, self._paper, self._speech, choice)

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._ways)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ways)

    def __repr__(self) -> str:
        """Return the names."""
        return f"figures: {', '.join(self)}"

    @property
    def first_seen(self) -> list[str]:
        """The name of what a page shows of each chart before its reader chooses."""
        return [name for name, (_, choice) in self._ways.items() if choice == FIRST]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of every figure in every format; the same records give the same bytes."""
        for name, figure in self.items():
            with paper_style(self._paper):
                draw_every_letter(figure)
                figure.draw_without_rendering()
            figure.set_layout_engine("none")  # what was laid out once has its place in all formats
            for image_format in FORMATS:
                yield f"{name}.{image_format}", save_figure(figure, image_format)


def one_language(language: str | None) -> Speech:
    """Return what speaks one language alone; None is that of the machine setting."""
    return Speech((spoken_language(language),))


def comparison_figures(
    comparison: Comparison,
    curves: Mapping[str, ProblemCurves],
    paper: Paper,
    language: str | None = None,
    tuning: Mapping[str, Sequence[Chart]] | None = None,
) -> NamedFigures:
    """Return the figures of every chart of the page of a comparison or a study.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind
    tuning : title of a problem -> the charts that a study adds to it

    Notes
    -----
    They are called `scores`, `differences`, `curves`, `time` and so on, of several problems with the problem's before
    them. A chart of several views has a figure for each, the first one without its name: `roc`, `roc-train`.
    """
    stems = _stems([problem.problem for problem in comparison.problems])
    charts = comparison_charts(comparison, curves, one_language(language), tuning)
    named = ((f"{stems.get(title, '')}{chart_name(chart)}", chart) for title, chart in charts)
    return NamedFigures(named, RowLooks.of(all_labels(comparison.problems)), paper, language)


def run_figures(charts: Sequence[Chart], paper: Paper, language: str | None = None) -> NamedFigures:
    """Return the figures of every chart of the page of a run, called as the pictures in its folder."""
    looks = looks_of_run(charts, one_language(language))
    return NamedFigures([(chart_name(chart, of_run=True), chart) for chart in charts], looks, paper, language)


def _stems(titles: Sequence[str]) -> dict[str, str]:
    """Return what stands before the names of each problem's figures; nothing if there is one problem."""
    taken: set[str] = set()
    return {title: f"{_distinct(file_stem(title), taken)}-" for title in titles} if len(titles) > 1 else {}


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
