"""How rows are told apart: eight colours, which are one everywhere on a page, then dashes and other marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.reporting.languages import Text

COLOURS: Final = 8
SHAPES: Final = ("circle", "square", "triangle", "diamond")
"""Of the points of the first eight rows, of the next eight, ...; their lines have the dashes of the style sheet."""


@dataclass(frozen=True, slots=True)
class RowLooks:
    """The place of each row among all rows of a page, from which colour, dash and mark follow.

    Attributes
    ----------
    names : what legends call rows whose label is no name
    """

    places: Mapping[str, int]
    names: Mapping[str, Text] = field(default_factory=dict)

    @classmethod
    def of(cls, labels: Iterable[str]) -> RowLooks:
        """Return the looks of rows, whatever their order."""
        return cls({label: place for place, label in enumerate(sorted(set(labels)))})

    def classes(self, row: str) -> str:
        """Return the classes of the style sheet that a row's marks have; a stranger's row is grey."""
        if row not in self.places:
            return "grey"
        place = self.places[row]
        return f"c{place % COLOURS} d{place // COLOURS % len(SHAPES)}"

    def shape(self, row: str) -> str:
        """Return the shape of a row's points."""
        return SHAPES[self.places.get(row, 0) // COLOURS % len(SHAPES)]

    def swatch(self, row: str, *, is_dashed: bool = False) -> str:
        """Return a sample of a row's line and point, as markup; dashed where its line is, whatever its row."""
        kind = f"{self.classes(row)}{' dashed' if is_dashed else ''}"
        return (
            f'<svg class="swatch {kind}" aria-hidden="true"><line x1="0" x2="100%" y1="50%" y2="50%"/>'
            f"{point(self.shape(row), '50%', '50%')}</svg>"
        )


def point(shape: str, x: str, y: str, size: float = 3.5, kind: str = "") -> str:
    """Return the markup of a point; x and y are lengths or percentages.

    A shape other than a circle is drawn in an SVG of its own, because only that can stand at a percentage.
    """
    extra = f' class="{escape(kind)}"' if kind else ""
    if shape == "circle":
        return f'<circle{extra} cx="{x}" cy="{y}" r="{size:g}"/>'
    outlines = {
        "square": f"M{-size:g} {-size:g}h{2 * size:g}v{2 * size:g}h{-2 * size:g}z",
        "triangle": f"M0 {-1.3 * size:g}L{1.2 * size:g} {size:g}H{-1.2 * size:g}z",
        "diamond": f"M0 {-1.5 * size:g}L{1.3 * size:g} 0L0 {1.5 * size:g}L{-1.3 * size:g} 0z",
    }
    return f'<svg class="at" x="{x}" y="{y}"><path{extra} d="{outlines[shape]}"/></svg>'
