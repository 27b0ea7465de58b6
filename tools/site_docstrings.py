"""Docstrings on the site: where numpy's style has the type of a parameter, optbench's have its meaning.

The type is the annotation's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FIELDS: Final = {"Parameters": "param", "Attributes": "ivar", "Returns": "returns"}


def describe_fields(
    _app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]
) -> None:  # the arguments are Sphinx'
    """Turn the sections of parameters and of what is returned into fields, in place; others are left to napoleon."""
    lines[:] = [*_mended(lines)]


def _mended(lines: Sequence[str]) -> Iterator[str]:
    section = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", following):
            section = line.strip()
            if section in _FIELDS:
                yield ""
                continue
        if section in _FIELDS and re.fullmatch(r"-{3,}", line):
            if section == "Returns":
                yield ":returns:"
            continue
        yield _field(section, line) if section in _FIELDS else line


def _field(section: str, line: str) -> str:
    """Return a line of a section as a line of a field list."""
    if section == "Returns":
        return f"    {line}"
    found = re.fullmatch(r"(\w[\w, *]*?) : (.*)", line)
    # of words with a blank between them Sphinx would take the first ones for a type
    return f":{_FIELDS[section]} {found[1].replace(' ', '')}: {found[2]}" if found else f"    {line}".rstrip()
