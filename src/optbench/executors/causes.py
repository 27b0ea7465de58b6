"""What an exception that nobody foresaw says: all of its message, and the line of the user's code that it came from."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Final

from optbench.user_code import own_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_FRAME: Final = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_HEADS_OF_STACK: Final = ("Graph execution error:", "Detected at node ", "Stack trace for op definition:")
_MOST_LINES: Final = 20


def told_exception(error: BaseException) -> str:
    """Return what an exception says, its class first; further lines are indented.

    Notes
    -----
    TensorFlow says of an error in a graph first where each operation was built, through all the libraries, and last
    what is wrong. The places are left out, but for the one in the user's own code, which ends the text.
    """
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    kept = [line for line in lines if line and not _FRAME.match(line) and not line.startswith(_HEADS_OF_STACK)]
    if len(kept) > _MOST_LINES:
        kept = [*kept[:_MOST_LINES], "..."]
    place = own_line(_places(error))
    told = f"{type(error).__name__}: {kept[0] if kept else ''}".rstrip()
    return "\n".join([told, *(f"  {line}" for line in (*kept[1:], *([place] if place else [])))])


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    """Yield file and line of every place that an exception, or what caused it, came through, the innermost last."""
    if error.__cause__ is not None:
        yield from _places(error.__cause__)
    for frame in traceback.extract_tb(error.__traceback__):
        yield frame.filename, frame.lineno or 0
    for line in str(error).splitlines():
        if found := _FRAME.match(line):
            yield found["file"], int(found["line"])
