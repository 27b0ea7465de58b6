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
_SHAPE: Final = re.compile(r"\bshape ?([\[(][\d, ]+[\])])")
# what is said of sizes whose numbers have run over: negative ones of many digits, and those that are named as such
_OVERFLOWS: Final = re.compile(
    r"(?:>= 0|must be non-negative)\b.*-\d{6}|-\d{6,}\)? must be (?:>= 0|non-negative)|more than 2\*\*63 - 1 elements"
    r"|out of range for an int32|[Tt]oo many elements|array is too big|Maximum allowed dimension exceeded"
)
_SMALLER: Final = "Make the model, the examples or training.batch_size smaller."


def needs_memory(error: BaseException) -> bool:
    """Return True for what Python, NumPy and TensorFlow raise where memory is not to be had."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def told_exception(error: BaseException) -> str:
    """Return what an exception says, its class first; further lines are indented.

    Of memory, and of sizes that TensorFlow does not count up to, a sentence takes the place of the library's words.

    Notes
    -----
    TensorFlow says of an error in a graph first where each operation was built, through all the libraries, and last
    what is wrong. The places are left out, but for the one in the user's own code, which ends the text.
    """
    message = _COLOUR.sub("", str(error))
    first, *others = [_why_too_large(error, message)] if _is_too_large(error, message) else _lines(error, message)
    place = own_line(_places(error))
    return "\n".join([first, *(f"  {line}" for line in (*others, *([place] if place else [])))])


def _lines(error: BaseException, message: str) -> list[str]:
    lines = [line.strip() for line in message.splitlines()]
    kept = [line for line in lines if line and not _FRAME.match(line) and not line.startswith(_HEADS_OF_STACK)]
    if len(kept) > _MOST_LINES:
        kept = [*kept[:_MOST_LINES], "..."]
    return [f"{type(error).__name__}: {kept[0] if kept else ''}".rstrip(), *kept[1:]]


def _is_too_large(error: BaseException, message: str) -> bool:
    return needs_memory(error) or _OVERFLOWS.search(message) is not None


def _why_too_large(error: BaseException, message: str) -> str:
    if not needs_memory(error):
        return f"an array has more numbers than can be counted. {_SMALLER}"
    shape = _SHAPE.search(message)
    held = f": an array of shape {shape[1]} cannot be held. {_SMALLER}" if shape else "."
    return f"the run needs more memory than there is{held}"


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    """Yield file and line of every place that an exception, or what caused it, came through, the innermost last."""
    if error.__cause__ is not None:
        yield from _places(error.__cause__)
    for frame in traceback.extract_tb(error.__traceback__):
        yield frame.filename, frame.lineno or 0
    for line in str(error).splitlines():
        if found := _FRAME.match(line):
            yield found["file"], int(found["line"])
