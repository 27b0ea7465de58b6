"""git's patches, taken apart into the sections of their files."""

from __future__ import annotations

import base64
import re
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTION: Final = re.compile(rb"^diff --git ", re.MULTILINE)
_ESCAPE: Final = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_CHARACTERS: Final = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_LARGEST_BINARY: Final = 1 << 22


def sections(patch: bytes) -> Iterator[tuple[str | None, bytes]]:
    r"""Give the path and the text of each file in a patch made without renames; None for a path that cannot be read.

    No line of a hunk begins like a section: they begin with a blank, `+`, `-`, `\` or, of a binary file, hold no blank.
    """
    starts = [match.start() for match in _SECTION.finditer(patch)]
    for start, end in pairwise([*starts, len(patch)]):
        text = patch[start:end]
        yield _path(text.partition(b"\n")[0].removeprefix(b"diff --git ")), text


def plain_content(section: bytes) -> bytes:
    """Return a section with its binary hunks decoded behind it, so that what they hold can be searched."""
    _, mark, hunks = section.partition(b"\nGIT binary patch\n")
    if not mark:
        return section
    return b"\n".join([section, *(_inflated(hunk.split(b"\n")[1:]) for hunk in hunks.split(b"\n\n"))])


def _inflated(lines: list[bytes]) -> bytes:
    """Return what the lines of a binary hunk hold; b"" if they are damaged."""
    try:
        # The first character of a line is its length: A to Z are 1 to 26 bytes, a to z 27 to 52.
        rows = (base64.b85decode(line[1:])[: line[0] - (64 if line[:1].isupper() else 70)] for line in lines if line)
        return zlib.decompressobj().decompress(b"".join(rows), _LARGEST_BINARY)
    except (ValueError, zlib.error):
        return b""


def _path(names: bytes) -> str | None:
    """Return X of `a/X b/X`, each of them quoted if X has a quote, a backslash or a control character."""
    middle, odd = divmod(len(names), 2)
    old, blank, new = names[:middle], names[middle : middle + 1], names[middle + 1 :]
    if not odd or blank != b" ":
        return None
    if old.startswith(b'"'):
        old, new = _unquoted(old), _unquoted(new)
    if not old.startswith(b"a/") or not new.startswith(b"b/") or old[2:] != new[2:]:
        return None
    return old[2:].decode("utf-8", "surrogateescape")


def _unquoted(name: bytes) -> bytes:
    def character(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) if len(code) == 3 else _CHARACTERS[code[0]]])  # noqa: PLR2004 an octal number

    return _ESCAPE.sub(character, name.removeprefix(b'"').removesuffix(b'"'))
