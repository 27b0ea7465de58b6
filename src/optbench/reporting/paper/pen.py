"""How rows are told apart on paper: the colours, dashes and marks that they have on a page in the light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from optbench.reporting.charts.look import COLOURS, SHAPES
from optbench.reporting.style import FAINT

if TYPE_CHECKING:
    from optbench.reporting.charts.look import RowLooks

PAGE_COLOURS: Final = ("#0072b2", "#c44e00", "#00805e", "#a8508a", "#8a6a00", "#2d8ec4", "#41464c", "#8c3b2e")
"""Those of the style sheet, `--k0` to `--k7`: a paper and its page have one colour for an optimizer."""

_LESS: Final = (196, 78, 0)
_MORE: Final = (0, 114, 178)
_OPACITIES: Final = (0.03, 0.12, 0.22, 0.32, 0.4, 0.47, 0.53, 0.58, 0.94, 1.0)
DARK_SHADE: Final = 8
"""From this step on letters are white: with the steps in between, letters have their contrast on every one."""

SHADES: Final = len(_OPACITIES) - 1
"""The steps of a cell's shade, as the style sheet has them (`.s0` to `.s9`)."""

LineStyle = Literal["-"] | tuple[float, tuple[float, ...]]
_MARKERS: Final = dict(zip(SHAPES, ("o", "s", "^", "D"), strict=True))
_LINE_STYLES: Final[tuple[LineStyle, ...]] = ("-", (0, (3.5, 2)), (0, (1, 1.6)), (0, (4.5, 1.5, 1, 1.5)))
_DASHED: Final[LineStyle] = (0, (2.2, 1.8))


@dataclass(frozen=True, slots=True)
class Pen:
    """How one row is drawn."""

    colour: str
    line_style: LineStyle
    marker: str


def cell_colours() -> list[str]:
    """Return the colours of cells from the darkest that stands for less to the darkest that stands for more."""
    less = [_on_white(_LESS, opacity) for opacity in _OPACITIES[:0:-1]]
    return [*less, *(_on_white(_MORE, opacity) for opacity in _OPACITIES)]


def _on_white(colour: tuple[int, int, int], opacity: float) -> str:
    return "#" + "".join(f"{round(255 - opacity * (255 - part)):02x}" for part in colour)


def pen_of(row: str, looks: RowLooks, *, is_dashed: bool = False) -> Pen:
    """Return how a row is drawn; a row that a page does not know is grey.

    Parameters
    ----------
    is_dashed : whether its line is dashed whatever its row
    """
    place = looks.places.get(row)
    colour = FAINT if place is None else PAGE_COLOURS[place % COLOURS]
    style = _DASHED if is_dashed else _LINE_STYLES[(place or 0) // COLOURS % len(_LINE_STYLES)]
    return Pen(colour, style, _MARKERS[looks.shape(row)])
