"""Fonts for scripts that matplotlib's own font lacks: found on the machine where texts need them."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.figure import Figure

# where a home cannot be written, matplotlib keeps its cache elsewhere and says so each time
logging.getLogger("matplotlib").setLevel(logging.ERROR)

FAMILY: Final = "DejaVu Sans"
"""It comes with matplotlib, so pictures of Latin, Greek and Cyrillic texts are the same everywhere."""

_PREFERRED: Final = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Noto Sans", "Arial Unicode MS"),
)
_NO_LETTERS: Final = "Last Resort"
"""Matplotlib's font of last resort has a box for everything."""


def draw_every_letter(figure: Figure) -> None:
    """Give the texts of a figure the fonts of this machine that have the letters which `FAMILY` lacks."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        families = families_of(text.get_text())
        if len(families) > 1:
            text.set_fontfamily(families)


def families_of(text: str) -> list[str]:
    """Return the fonts of this machine that a text is drawn in, `FAMILY` first."""
    lacking = _lacking(text)
    return [FAMILY, *families_for(lacking)[0]] if lacking else [FAMILY]


def undrawable(texts: Iterable[str]) -> str:
    """Return the letters of some texts that no font of this machine has, each once, in their order."""
    lacking = _lacking("".join(texts))
    missing = families_for(lacking)[1] if lacking else frozenset()
    return "".join(letter for letter in dict.fromkeys("".join(texts)) if letter in missing)


@lru_cache(maxsize=64)
def families_for(letters: frozenset[str], files: Sequence[str] | None = None) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return font families that have letters between them, the fewest that are found first, and what none has.

    Parameters
    ----------
    files : font files to look in; those of the machine if None, also those installed since matplotlib listed them
    """
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts() if files is None else files:
        if path not in known:
            with suppress(OSError, RuntimeError):  # no font, or none that can be read
                fontManager.addfont(path)
    fonts = [
        font
        for font in fontManager.ttflist
        if (files is None or font.fname in files) and not font.name.startswith(_NO_LETTERS)
    ]
    fonts.sort(key=lambda font: (_preference(font.name), font.name, font.fname))
    families: list[str] = []
    left = set(letters)
    for font in fonts:
        if not left:
            break
        if font.name not in families and (covered := left & _letters_of(font.fname)):
            families.append(font.name)
            left -= covered
    return tuple(families), frozenset(left)


def _preference(name: str) -> int:
    return _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED)


def _lacking(text: str) -> frozenset[str]:
    """Return the letters that `FAMILY` has not."""
    if text.isascii():
        return frozenset()
    from matplotlib.font_manager import findfont

    return frozenset(letter for letter in text if letter.isprintable()) - _letters_of(findfont(FAMILY))


@lru_cache(maxsize=256)
def _letters_of(file: str) -> frozenset[str]:
    from matplotlib.font_manager import get_font

    with suppress(OSError, RuntimeError):
        return frozenset(map(chr, get_font(file).get_charmap()))
    return frozenset()
