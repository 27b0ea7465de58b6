"""Formats that a text of the catalogue can ask for by name: the rounding of a number, the joining of a list."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.numbers import short_number, significant_digits
from optbench.core.text import short_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_FACT: Final = 120
_SMALLEST_P_SHOWN: Final = 1e-4
_WHOLE_SECONDS: Final = 999.5
NOTHING: Final = "\N{EN DASH}"
"""What stands in a text or a cell for a number that is not there, or not finite."""


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
    "quoted-as-is": ListStyle("'{}'".format),
    "first5": ListStyle(most=5),
    "few": ListStyle(most=2, last="format-and"),
    "quoted5": ListStyle(repr, most=5),
    "and": AND,
    "brackets": ListStyle("[{}]".format, last="format-and"),
    "epochs": ListStyle("{:.0f}".format, last="format-and"),
}


def seconds(value: float) -> str:
    """Write a duration with three significant digits: 0.0412 -> "0.0412 s", 75 -> "75.0 s"."""
    return f"{value:,.0f} s" if abs(value) >= _WHOLE_SECONDS else f"{value:#.3g} s".replace(". s", " s")


NUMBERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "count": lambda count: f"{count:,.0f}",
    "decimal3": lambda value: f"{value:.3f}",
    "decimal4": lambda value: f"{value:.4f}",
    "seconds": seconds,
    "short-duration": short_duration,
    "percent": lambda share: f"{100 * share:.1f} %",
    "percent2": lambda share: f"{100 * share:.2f} %",
    "percent0": lambda share: f"{100 * share:.0f} %",
    "gain": lambda share: f"{100 * share:+.1f}",
    "megabytes": lambda size: f"{size / 1e6:.1f} MB",
    "gigabytes": lambda size: f"{size / 1e9:.1f} GB",
    "points": lambda share: f"{100 * share:.1f}",
    "points2": lambda share: f"{100 * share:.2f}",
    "level": lambda share: f"{100 * share:g} %",
    "short": short_number,
    "significant": significant_digits,
    "significant5": lambda value: significant_digits(value, 5),
    "shape": lambda shape: str(tuple(shape)),
    "p": lambda p: f"< {_SMALLEST_P_SHOWN:.4f}" if p < _SMALLEST_P_SHOWN else f"= {p:.2g}",
}


def written_number(value: float | None, name: str) -> str:
    """Write a number in one of the formats above, with the marks of English; a dash for one that is not there."""
    is_missing = value is None or (isinstance(value, float) and not math.isfinite(value))
    return NOTHING if is_missing else NUMBERS[name](value)


def shortened(shown: str) -> str:
    """Cut a fact that is too long for a sentence."""
    return shown if len(shown) <= _LONGEST_FACT else f"{shown[:_LONGEST_FACT]}..."
