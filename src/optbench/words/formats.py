"""Formats that a text of the catalogue can ask for by name: the rounding of a number, the joining of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.numbers import short_number, significant_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_FACT: Final = 120
_SMALLEST_P_SHOWN: Final = 1e-4


@dataclass(frozen=True, slots=True)
class ListStyle:
    """How the items of a list are written.

    Attributes
    ----------
    one : writes one item
    most : how many are shown before "and N more"; None shows all
    last : code of the text that joins the last of them to the others; None joins it with a comma, too
    """

    one: Callable[[Any], str] = str
    most: int | None = None
    last: str | None = None


AND: Final = ListStyle(last="format-and")
LISTS: Final[Mapping[str, ListStyle]] = {
    "list": ListStyle(),
    "quoted": ListStyle(repr),
    "first5": ListStyle(most=5),
    "quoted5": ListStyle(repr, most=5),
    "and": AND,
    "brackets": ListStyle("[{}]".format, last="format-and"),
    "epochs": ListStyle("{:.0f}".format, last="format-and"),
}
NUMBERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "percent": lambda share: f"{100 * share:.1f} %",
    "percent0": lambda share: f"{100 * share:.0f} %",
    "points": lambda share: f"{100 * share:.1f}",
    "points2": lambda share: f"{100 * share:.2f}",
    "level": lambda share: f"{100 * share:g} %",
    "short": short_number,
    "significant": significant_digits,
    "shape": lambda shape: str(tuple(shape)),
    "p": lambda p: f"< {_SMALLEST_P_SHOWN:.4f}" if p < _SMALLEST_P_SHOWN else f"= {p:.2g}",
}


def shortened(shown: str) -> str:
    """Cut a fact that is too long for a sentence."""
    return shown if len(shown) <= _LONGEST_FACT else f"{shown[:_LONGEST_FACT]}..."
