"""Tables of a terminal as lines of plain text."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

Column = tuple[Literal["<", ">"], int]
"""Where the texts of a column stand, and how wide it is at least."""

GAP: Final = "  "
_USUAL: Final = 80
# Lines whose place on the screen means something: a row of a file with the caret below it, and what has colours, which
# was drawn for this width.
_FRAMED: Final = re.compile(r" *\d* \| |.*\x1b\[")
_WORDS: Final[dict[str, Any]] = {"break_long_words": False, "break_on_hyphens": False, "replace_whitespace": False}


def aligned(rows: Sequence[Sequence[str]], columns: Sequence[Column], *, gap: str = GAP) -> list[str]:
    """Return a line per row; a column is as wide as its longest text.

    Parameters
    ----------
    rows : texts; a row with fewer of them than there are columns ends in one of any width

    Examples
    --------
    >>> aligned([("run", "time"), ("a", "10"), ("b", "it failed")], [("<", 1), (">", 1)])[:2]
    ['run       time', 'a           10']
    >>> aligned([("run", "time", "MB"), ("b", "it failed")], [("<", 1), (">", 1), (">", 1)])
    ['run  time  MB', 'b    it failed']
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [
        max([narrowest, *(len(row[place]) for row in shown if place < len(row) - (len(row) < len(columns)))])
        for place, (_, narrowest) in enumerate(columns)
    ]
    return [gap.join(_padded(row, columns, widths)).rstrip() for row in shown]


def wrapped(line: str, width: int, indent: int) -> str:
    """Return a line as several that a terminal has room for, those after the first indented; no word is cut.

    Examples
    --------
    >>> print(wrapped("mlp   Dense layers, one after the other", 24, 6))
    mlp   Dense layers, one
          after the other
    >>> wrapped("  short", 24, 6)
    '  short'
    """
    if len(line) <= width:
        return line
    import textwrap

    behind = " " * min(indent, width // 2)
    return "\n".join(textwrap.wrap(line, width, subsequent_indent=behind, **_WORDS)) or line


def terminal_columns(stream: TextIO) -> int | None:
    """Return the columns of the terminal that a stream is; None for a pipe or a file, which have no width."""
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def fitted(text: str, stream: TextIO, *, indent: int = 2) -> str:
    """Return lines as a stream has room for them: on a terminal a long one goes on below, so far from the left."""
    width = terminal_columns(stream)
    if width is None:
        return text
    lines = text.split("\n")
    return "\n".join(line if _FRAMED.match(line) else wrapped(line, width, indent) for line in lines)


def _padded(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> list[str]:
    is_cut = len(row) < len(columns)
    cells = [f"{cell:{side}{width}}" for cell, (side, _), width in zip(row, columns, widths, strict=False)]
    return [*cells[:-1], row[-1]] if is_cut else cells
