"""Text of strangers on a terminal or in a file for people: names of runs, files and classes may hold what steers it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Controls, formats (marks that turn the direction of writing among them), halves of characters, line and paragraph
# separators; what joins letters is shown within them and stays.
_STEERING: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_PLAIN: Final = bytes(range(0x20, 0x7F))  # none of these steers, and none is a part of another character in UTF-8
_AT_ONCE: Final = 1 << 20  # characters
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_NEXT_LINE: Final = re.compile(r"\n(?!  |\n|$)")
_ASCII_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")  # but for the line end
_STYLE: Final = re.compile("(\x1b\\[[0-9;]*m)")  # colour and weight: all that optbench itself sends to a terminal


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
    if text.isascii() and (text.isprintable() or (keep_lines and not _ASCII_CONTROL.search(text))):
        return text
    steering = _steering(text) - ({"\n"} if keep_lines else set())
    return text.translate(dict.fromkeys(map(ord, steering), "\N{REPLACEMENT CHARACTER}")) if steering else text


def with_own_lines(message: str) -> str:
    r"""Indent every line of a message below its first, so that no name in it begins a line of its own.

    Examples
    --------
    >>> print(with_own_lines("there is no 'a\nb.yaml: ok'.\n  It is named here"))
    there is no 'a
      b.yaml: ok'.
      It is named here
    """
    return _NEXT_LINE.sub("\n  ", message)


def printable_styled(text: str) -> str:
    """Return text of several lines whose colours are optbench's own, with every name in it made printable before."""
    if "\x1b" not in text:
        return printable(text, keep_lines=True)
    parts = _STYLE.split(text)
    return "".join(part if number % 2 else printable(part, keep_lines=True) for number, part in enumerate(parts))


def escaped_json(document: str) -> str:
    r"""Write the steering characters of a JSON text as escapes: it means the same, and steers nothing.

    Examples
    --------
    >>> print(escaped_json('{"name": "\N{RIGHT-TO-LEFT OVERRIDE}x"}'))
    {"name": "\u202ex"}
    """
    if document.isascii() and "\x7f" not in document:  # JSON itself has escaped the other controls among these
        return document
    steering = _steering(document) - {"\n"}
    return document.translate({ord(one): _escape(one) for one in steering}) if steering else document


def escaped_yaml(document: str) -> str:
    """Do the same to a YAML text, all of whose scalars with such characters stand in double quotes."""
    return document.translate({ord(one): f"\\U{ord(one):08x}" for one in _steering(document) - {"\n"}})


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _steering(text: str) -> set[str]:
    """Return which characters of a text steer; of a long one plain ASCII, which is nearly all of it, goes at once."""
    found: set[str] = set()
    for begin in range(0, len(text), _AT_ONCE):  # or a second copy of a long one would be there
        part = text[begin : begin + _AT_ONCE].encode("utf-8", "surrogatepass").translate(None, _PLAIN)
        found.update(part.decode("utf-8", "surrogatepass"))
    return {one for one in found if unicodedata.category(one) in _STEERING and one not in _JOINERS}
