"""A figure as wide as a column: its text, the numbers and titles at its axes, what stands below it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.reporting.charts.scale import axis_numbers
from optbench.reporting.fonts import families_of
from optbench.reporting.style import DOTS_PER_INCH, FAINT, INK, plot_style, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.reporting.charts.records import Axis
    from optbench.reporting.languages import Speech

POINTS: Final = 72.0  # of an inch
SMALL: Final = 0.9  # numbers at axes, legends and notes, beside text
_LINE: Final = 1.35
_MOST_COLUMNS: Final = 4
_SAMPLE: Final = 1.9  # of a line in a legend, in sizes of the font; then the gaps behind it and between columns
_GAP: Final = 0.5
_BETWEEN: Final = 1.2
_FEWEST_LETTERS: Final = 6
_ROOM: Final = 0.05  # inches at the edge
_CAREFUL: Final = 0.92  # letters are not all as wide as their mean


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a figure stands in a paper.

    Attributes
    ----------
    width : of a column, in inches
    font_size : of titles at axes, in points; numbers and legends are a tenth smaller
    """

    width: float = 3.4
    font_size: float = 8.0

    @property
    def small(self) -> float:
        """Size of numbers, legends and notes in points."""
        return SMALL * self.font_size

    def lines(self, number: float) -> float:
        """Return how high so many lines of small text are, in inches."""
        return number * _LINE * self.small / POINTS


@contextmanager
def paper_style(paper: Paper) -> Iterator[None]:
    """Draw in the house style, as large as a paper's text."""
    settings: dict[str, Any] = {
        "font.size": paper.font_size,
        "axes.titlesize": paper.font_size,
        "axes.titlepad": 0.5 * paper.font_size,
        "axes.labelsize": paper.font_size,
        "axes.labelpad": 0.3 * paper.font_size,
        "xtick.labelsize": paper.small,
        "ytick.labelsize": paper.small,
        "xtick.major.size": 0.3 * paper.font_size,
        "ytick.major.size": 0.3 * paper.font_size,
        "legend.fontsize": paper.small,
        "lines.linewidth": 1.3,
        "axes.linewidth": 0.6,
        "grid.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
    }
    with plot_style(settings):
        yield


def new_sheet(
    paper: Paper,
    height: float,
    *,
    nrows: int = 1,
    ncols: int = 1,
    layout: Literal["constrained", "compressed"] = "constrained",
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its axes, row by row; inside `paper_style`.

    Parameters
    ----------
    height : inches
    layout : `compressed` for axes whose sides have a given ratio
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(paper.width, height), dpi=DOTS_PER_INCH, layout=layout)
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(nrows, ncols, squeeze=False).flat)


def inches(said: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=families_of(said), size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")  # it is drawn as a box, which has a width
        width, _, _ = text_to_path.get_text_width_height_descent(said, font, ismath=False)
    return float(width) / POINTS


def broken(said: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return a text in lines of about `room` inches, without control characters."""
    said = shortened(said, len(said))
    wide = inches(said, size, bold=bold)
    if wide <= room:
        return said
    return "\n".join(wrap(said, max(_FEWEST_LETTERS, int(_CAREFUL * len(said) * room / wide))))


def fitting(said: str, size: float, room: float) -> str:
    """Return a text without its middle if it is wider than `room` inches."""
    most = len(said)
    shown = shortened(said, most)
    while most > _FEWEST_LETTERS and inches(shown, size) > room:
        most -= max(1, most // 16)
        shown = shortened(said, most)
    return shown


def set_axis(
    axes: Axes,
    which: Literal["x", "y"],
    axis: Axis,
    paper: Paper,
    speech: Speech,
    *,
    length: float,
    whole: bool = False,
) -> str:
    """Give an axis the ends, the title and the numbers of a page, as many as have room.

    Parameters
    ----------
    length : about how long it is, in inches
    whole : only whole numbers stand at it, as of epochs

    Returns
    -------
    The title if it is longer than a horizontal axis: it belongs below it, as `put_below` writes it; else "".
    """
    from matplotlib.ticker import NullLocator

    is_across = which == "x"
    one, name = (axes.xaxis, "xlim") if is_across else (axes.yaxis, "ylim")
    if axis.is_logarithmic:
        (axes.set_xscale if is_across else axes.set_yscale)("log")
    axes.set(**{name: (axis.factor * axis.low, axis.factor * axis.high)})
    found = _numbers_with_room(axis, paper, speech, length, whole=whole, is_across=is_across)
    one.set_minor_locator(NullLocator())
    one.set_ticks([value for value, _ in found], [written for _, written in found])
    title = str(axis.title)
    if is_across and inches(title, paper.font_size) > length:
        return title
    one.set_label_text(broken(title, paper.font_size, length))
    return ""


def _numbers_with_room(
    axis: Axis, paper: Paper, speech: Speech, length: float, *, whole: bool, is_across: bool
) -> list[tuple[float, str]]:
    """Return the most numbers of which none touches the next; the outermost two if only they have room."""
    found: list[tuple[float, str]] = []
    for most in (6, 5, 4, 3, 2):
        numbers = axis_numbers(axis, most)
        if whole and not axis.is_logarithmic:
            numbers = [(value, f"{value:,.0f}") for value, _ in numbers if value == round(value)]
        found = [(value, str(speech.localised(written))) for value, written in numbers]
        gap = paper.small / POINTS
        wide = max((inches(written, paper.small) for _, written in found), default=0.0) + gap if is_across else 2 * gap
        if wide * len(found) <= length:
            return found
    return [found[0], found[-1]] if len(found) > 1 else found


def trim(figure: Figure) -> None:
    """Make a figure as high as what is in it, with a little room; inside `paper_style`."""
    canvas: Any = figure.canvas
    figure.draw_without_rendering()
    inside = figure.get_tightbbox(canvas.get_renderer())
    figure.set_size_inches(figure.get_size_inches()[0], float(inside.height) + 2 * _ROOM)


def make_square(figure: Figure, axes: Axes, side: float) -> None:
    """Make the axes as high as they are wide, by the height of the figure; titles and numbers are there already.

    An aspect that matplotlib keeps would leave the layout with gaps.

    Parameters
    ----------
    side : about how wide they may be, with what stands at them, in inches
    """
    width, height = figure.get_size_inches()
    layout: Any = figure.get_layout_engine()
    share = side / width
    layout.set(rect=((1.0 - share) / 2, 0.0, share, 1.0))
    figure.draw_without_rendering()
    box = axes.get_window_extent()
    figure.set_size_inches(width, height + (box.width - box.height) / figure.dpi)


def put_below(
    figure: Figure,
    paper: Paper,
    handles: Sequence[Any] = (),
    names: Sequence[str] = (),
    *,
    title: str = "",
    note: str = "",
) -> None:
    """Write a title, a legend and a note below the axes, and make the figure so much higher; inside `paper_style`.

    The legend has as many columns as have room, and names that are wider than a column lose their middle.
    """
    width, height = figure.get_size_inches()
    written = {"title": broken(title, paper.font_size, 0.97 * width), "note": broken(note, paper.small, 0.97 * width)}
    titled, noted = (paper.lines(said.count("\n") + 1.4) if said else 0.0 for said in written.values())
    legend = _legend(figure, paper, handles, names) if handles else None
    legend_height = 0.0 if legend is None else _height_of(figure, legend)
    below = noted + legend_height + titled
    whole = height + below
    figure.set_size_inches(width, whole)
    if legend is not None:
        legend.set_bbox_to_anchor((0.5, noted / whole))
    style: dict[str, Any] = {"ha": "center", "va": "bottom", "linespacing": _LINE - 0.1}
    if note:
        figure.text(0.5, 0.03 / whole, written["note"], color=FAINT, fontsize=paper.small, **style)
    if title:
        bottom = (noted + legend_height + 0.03) / whole
        figure.text(0.5, bottom, written["title"], color=INK, fontsize=paper.font_size, **style)
    layout: Any = figure.get_layout_engine()
    left, _, across, _ = layout.get()["rect"]
    layout.set(rect=(left, below / whole, across, 1.0 - below / whole))


def _legend(figure: Figure, paper: Paper, handles: Sequence[Any], names: Sequence[str]) -> Any:
    sample = (_SAMPLE + _GAP + _BETWEEN) * paper.small / POINTS
    shown = [fitting(name, paper.small, paper.width - sample) for name in names]
    column = max(inches(name, paper.small) for name in shown) + sample
    columns = max(1, min(_MOST_COLUMNS, len(shown), int(paper.width / column)))
    return figure.legend(
        handles, shown, loc="lower center", ncols=columns, handlelength=_SAMPLE, handletextpad=_GAP,
        columnspacing=_BETWEEN, labelspacing=0.3, borderaxespad=0.0, borderpad=0.2,
    )  # fmt: skip


def _height_of(figure: Figure, artist: Any) -> float:
    """Return how high something is, in inches."""
    canvas: Any = figure.canvas
    return float(artist.get_window_extent(canvas.get_renderer()).height / figure.dpi)
