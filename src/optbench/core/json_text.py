"""JSON for people to look into, indented by two: what the standard library writes, of large documents in less memory.

Its own encoder keeps a text for every bracket and comma until the end: twice the memory for what `compare` says of ten
thousand runs, and half as much time again. Runs in one list often have settings that are one object, whose text is made
once for all that follow each other.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Last = dict[Any, tuple[dict[Any, Any], str, str]]
    """Key -> the last section under it, the line end that it stands behind, and its text."""

_LEVELS_IN_PIECES: Final = 2
_WORDS: Final = {None: "null", True: "true", False: "false"}


def indented_json(document: Any, *, is_ascii: bool = False) -> str:
    """Return `json.dumps(document, indent=2, allow_nan=False, ensure_ascii=is_ascii)`.

    Raises
    ------
    TypeError
        If something in it is no JSON value.
    ValueError
        If a number is NaN or infinite.

    Examples
    --------
    >>> print(indented_json({"runs": [1, None]}))
    {
      "runs": [
        1,
        null
      ]
    }
    """
    quoted = encode_basestring_ascii if is_ascii else encode_basestring
    return "".join(_pieces(document, "\n", quoted, {}, depth=_LEVELS_IN_PIECES))


def _pieces(value: Any, line: str, quoted: Callable[[str], str], last: _Last, *, depth: int) -> Iterator[str]:
    """Yield the text of a value, in which the long lists of a document stand near its top, in pieces for one join."""
    if not (depth and value and isinstance(value, dict | list | tuple)):
        yield _text(value, line, quoted, last)
        return
    inner = f"{line}  "
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    before = f"{opened}{inner}"
    for name, item in _named(value, quoted):
        yield f"{before}{name}"
        yield from _pieces(item, inner, quoted, last, depth=depth - 1)
        before = f",{inner}"
    yield f"{line}{closed}"


def _named(
    value: dict[Any, Any] | list[Any] | tuple[Any, ...], quoted: Callable[[str], str]
) -> Iterator[tuple[str, Any]]:
    """Yield the items of a container, each with what stands before it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{quoted(key if isinstance(key, str) else _key(key))}: ", item
    else:
        for item in value:
            yield "", item


def _text(value: Any, line: str, quoted: Callable[[str], str], last: _Last, under: Any = None) -> str:
    """Return the text of a value; `line` is the line end and the indentation that it stands behind, `under` its key."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or value is True or value is False:
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    inner = f"{line}  "
    if isinstance(value, dict):
        known = last.get(under)
        if known is None or known[0] is not value or known[1] != line:
            parts = [
                f"{quoted(key if isinstance(key, str) else _key(key))}: {_text(item, inner, quoted, last, key)}"
                for key, item in value.items()
            ]
            text = f"{{{inner}{f',{inner}'.join(parts)}{line}}}" if parts else "{}"
            known = last[under] = value, line, text
        return known[2]
    if isinstance(value, list | tuple):
        parts = [_text(item, inner, quoted, last) for item in value]
        return f"[{inner}{f',{inner}'.join(parts)}{line}]" if parts else "[]"
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"Out of range float values are not JSON compliant: {value!r}")
    return float.__repr__(value)


def _key(key: Any) -> str:
    """Return the text that a number, or None, becomes as a key."""
    (text,) = json.loads(json.dumps({key: None}, allow_nan=False))
    return str(text)
