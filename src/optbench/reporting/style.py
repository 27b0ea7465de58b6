"""How every picture of optbench looks and is saved: colours, type, grid, bytes that depend on nothing but the figure.

Figures use matplotlib's objects, never `pyplot`: no global figure, no window, no user's settings file.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from base64 import b64encode
from colorsys import hls_to_rgb
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.reporting.fonts import FAMILY, draw_every_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

ImageFormat = Literal["png", "svg", "pdf"]

BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
GREEN: Final = "#009E73"
PURPLE: Final = "#CC79A7"
ORANGE: Final = "#E69F00"
SKY_BLUE: Final = "#56B4E9"
BLACK: Final = "#000000"
PALETTE: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)
"""Okabe and Ito's colours, told apart by colour-blind readers; their yellow is left out: it is too pale on white."""

INK: Final = "#24292F"
FAINT: Final = "#6E7781"
GRID: Final = "#E3E6EA"
DOTS_PER_INCH: Final = 144
_FEW_DECADES: Final = 1e3
_GOLDEN_RATIO: Final = 0.6180339887498949
_SHADES: Final = ((0.33, 0.75), (0.52, 0.45), (0.25, 0.40), (0.60, 0.85))
"""Lightness and saturation of the colours beyond the palette, in turn: neighbours in hue differ in these."""

_MEDIA_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_NO_DATES: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_SETTINGS: Final[dict[str, Any]] = {
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#B6BCC3",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlecolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # class names may hold `$`
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "optbench",
    "pdf.fonttype": 42,  # TrueType: many journals refuse fonts of type 3
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def plot_style(settings: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Draw in the house style: matplotlib reads its settings when an object is made, so draw inside this block.

    Parameters
    ----------
    settings : of matplotlib, in place of those of the house

    Notes
    -----
    Text is taken literally (`$` and `_` mean themselves); for logarithmic axes use `logarithmic`.
    """
    import matplotlib.style
    from cycler import cycler

    colours = {"axes.prop_cycle": cycler(color=PALETTE), "font.family": [FAMILY], **(settings or {})}
    with matplotlib.style.context({**_SETTINGS, **colours}, after_reset=True), warnings.catch_warnings():
        # A class name in a script without a font is drawn as boxes, which is told; CSV file and page have its text.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        yield


def new_figure(
    *,
    width: float = 6.4,
    height: float = 4.4,
    nrows: int = 1,
    ncols: int = 1,
    language: str | None = None,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its axes, row by row.

    Parameters
    ----------
    width, height : inches
    language : of the numbers at the axes; None is that of the machine setting
    options : further arguments of `Figure.subplots`, such as `sharex` or `width_ratios`
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with plot_style():
        figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(nrows, ncols, squeeze=False, **options)
        for one in axes.flat:
            for axis in (one.xaxis, one.yaxis):
                axis.set_major_formatter(_tick_formatter(language))
    return figure, list(axes.flat)


def _tick_formatter(language: str | None) -> Formatter:
    """Return matplotlib's own way to write numbers at an axis, with the marks of a language."""
    from matplotlib.ticker import ScalarFormatter

    from optbench.words.tables import localised

    class LocalisedFormatter(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return localised(super().__call__(x, pos), language)

    return LocalisedFormatter()


def save_figure(figure: Figure, image_format: ImageFormat = "png") -> bytes:
    """Return the figure as the bytes of a file; the same figure gives the same bytes, whenever it is drawn."""
    target = io.BytesIO()
    with plot_style():
        draw_every_letter(figure)
        figure.savefig(target, format=image_format, dpi=DOTS_PER_INCH, metadata=_NO_DATES[image_format])
    return target.getvalue()


def data_uri(image: bytes, image_format: ImageFormat = "png") -> str:
    """Return an image as the text that an HTML page can hold in place of a link."""
    return f"data:{_MEDIA_TYPES[image_format]};base64,{b64encode(image).decode('ascii')}"


def distinct_colours(number: int, palette: Sequence[str] = PALETTE) -> list[str]:
    """Return so many colours, none twice: the palette's, then other hues, each as far from the last as can be."""
    found = list(palette[:number])
    step = 0
    while len(found) < number:
        hue = step * _GOLDEN_RATIO % 1.0
        lightness, saturation = _SHADES[step % len(_SHADES)]
        colour = "#" + "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(hue, lightness, saturation))
        if colour not in found:
            found.append(colour)
        step += 1
    return found


def shortened(label: str, width: int = 24) -> str:
    """Return a label for a picture: one line, no control characters, its middle left out if it is too long.

    Examples
    --------
    >>> shortened("a label that goes on and on", 16)
    'a label … and on'
    """
    printable = (" " if unicodedata.category(letter).startswith(("C", "Z")) else letter for letter in label)
    text = " ".join("".join(printable).split())
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def logarithmic(axes: Axes, which: Literal["x", "y"], language: str | None = None) -> None:
    """Make one axis logarithmic, with ticks in plain text."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from optbench.words.tables import localised

    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    low, high = sorted(axes.get_xlim() if which == "x" else axes.get_ylim())
    if low > 0.0 and high / low < _FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))  # powers of ten alone would leave one tick or two
    axis.set_major_formatter(FuncFormatter(lambda value, _position: localised(f"{value:g}", language)))
    axis.set_minor_formatter(NullFormatter())
