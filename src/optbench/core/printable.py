"""Text of strangers on a terminal: names of runs, files and classes may hold what steers it."""

from __future__ import annotations

import unicodedata
from typing import Final

# Controls, formats (marks that turn the direction of writing among them), halves of characters, line and paragraph
# separators; what joins letters is shown within them and stays.
_STEERING: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def printable(text: str, *, keep_lines: bool = False) -> str:
    r"""Replace what would steer a terminal instead of being shown by it.

    Parameters
    ----------
    keep_lines : line ends are of the text itself, and stay

    Examples
    --------
    >>> printable("adam\x1b[31m") == "adam\N{REPLACEMENT CHARACTER}[31m"
    True
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if _steers(one) and not (keep_lines and one == "\n") else one for one in text
    )


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING and character not in _JOINERS
