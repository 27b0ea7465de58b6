"""Counts, durations, lists, nested mappings and Markdown as text: the same everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MINUTE: Final = 60
_HOUR: Final = 3600

# What CommonMark and GitHub's Markdown would interpret.
_MARKUP: Final = re.compile(
    r"""
      [\\`*|~]                    # escapes, code, emphasis, cells of a table, strikethrough
    | <(?=\S)                     # tags, comments, autolinks; "p < 0.05" is none of them
    | &(?=\#|[A-Za-z])            # entities
    | (?<![^\W_])_ | _(?![^\W_])  # emphasis; an underscore within a word is none
    | \](?=[(\[:])                # links, images and their definitions
    | (?<!\S)\#                   # a heading, and the end of one
    """,
    re.VERBOSE,
)
_BREAK: Final = re.compile(r" *[^\S ]\s*")  # line ends, tabs and the like, with the blanks around them
_ENTITIES: Final = {"<": "&lt;", "&": "&amp;"}  # not every renderer takes a backslash before them
# and at the start of a line: tasks, quotations, lists, what underlines a heading
_BLOCK: Final = re.compile(r"^(\d{0,9})(\[|>|[+-](?!\S)|[=-]+$|(?<=\d)[.)](?!\S))")


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: `1 seed`, `3 seeds`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def stated(error: BaseException) -> str:
    """Return what an error of another library says, for the end of a sentence: one line, without a full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")


def as_sentence(told: str) -> str:
    """Return what another program or library says as a sentence that another one can follow: on one line, with an end.

    Examples
    --------
    >>> as_sentence("sbatch: error:  Invalid account"), as_sentence("It failed!")
    ('sbatch: error: Invalid account.', 'It failed!')
    """
    line = " ".join(told.split())
    return line if not line or line.endswith((".", "!", "?")) else f"{line.rstrip(',;:')}."


def listing(words: Sequence[str]) -> str:
    """Join words as people do: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def short_duration(seconds: float) -> str:
    """Write a duration for a table, however short it is: `0.042 s`, `9 min`, `1.5 h`."""
    if seconds < _MINUTE:
        return f"{seconds:.2g} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def flattened(value: Mapping[str, Any], prefix: str = "", *, keep_empty: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield what nested mappings hold by dotted name.

    Parameters
    ----------
    prefix : in front of every name
    keep_empty : an empty mapping is a value of its own; otherwise there is nothing of it

    Examples
    --------
    >>> dict(flattened({"split": {"seed": 0}, "name": "iris"}))
    {'split.seed': 0, 'name': 'iris'}
    """
    for key, inner in value.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(inner, dict) and (inner or not keep_empty):
            yield from flattened(inner, name, keep_empty=keep_empty)
        else:
            yield name, inner


def markdown_text(text: str, *, starts_line: bool = True) -> str:
    r"""Return text on one line that Markdown shows as it is: a name of the user's never becomes markup.

    Parameters
    ----------
    starts_line : it stands at the start of a line, a list item or a quotation, where more has a meaning

    Examples
    --------
    >>> print(markdown_text("a|b <script> p < 0.05 two_words [points]"))
    a\|b &lt;script> p < 0.05 two_words [points]
    """
    line = printable(_BREAK.sub(" ", text).strip())  # a file that people also read on a terminal
    marked = _MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), line)
    return _BLOCK.sub(r"\1\\\2", marked) if starts_line else marked


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, ruler: str = "") -> str:
    """Return a Markdown table whose cells are shown as they are.

    Parameters
    ----------
    ruler : the line below the header, which aligns the columns; "" aligns none
    """
    first, *others = (
        f"| {' | '.join(markdown_text(str(cell), starts_line=False) for cell in line)} |" for line in (header, *rows)
    )
    return "\n".join([first, ruler or f"|{'|'.join('---' for _ in header)}|", *others])
