"""What stands above the header of a text file and is no part of the table: `sep=;`, comments that begin with `#`."""

from __future__ import annotations

import csv
import io
import itertools
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from pathlib import Path

_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\1*\r?\n?', re.IGNORECASE)
_MOST_BYTES: Final = 1 << 20  # looked at
_SEPARATORS: Final = (",", ";", "\t", "|")
_ROWS_COMPARED: Final = 50


@dataclass(frozen=True, slots=True)
class TopLines:
    """The lines above the header.

    Attributes
    ----------
    n_lines, n_bytes : how many of the file's first lines are to be skipped, and of its bytes
    separator : that one of them names, as Excel reads and writes it; None if none does
    n_comments : how many of them are comments
    """

    n_lines: int = 0
    n_bytes: int = 0
    separator: str | None = None
    n_comments: int = 0

    def notes(self, name: str) -> list[Finding]:
        """Return what there is to say about them."""
        found = []
        if self.separator is not None:
            found.append(Finding("data-separator-line", Severity.NOTE, {"name": name, "separator": self.separator}))
        if self.n_comments:
            found.append(Finding("data-comment-lines", Severity.NOTE, {"name": name, "n": self.n_comments}))
        return found


def top_lines(path: Path, *, separator: str | None) -> TopLines:
    """Return what stands above the header of a file of UTF-8 text.

    A line that begins with `#` is the header, and no comment, if it has as many cells as the rows below it: that is how
    tables of genomes and NumPy's `savetxt` begin.

    Parameters
    ----------
    separator : of the cells, unless the file names another; None if it is to be found out
    """
    with path.open("rb") as file:
        start = file.read(_MOST_BYTES)
    mark = len(BOM_UTF8) if start.startswith(BOM_UTF8) else 0
    in_bytes = start[mark:].splitlines(keepends=True)
    if len(start) == _MOST_BYTES:
        del in_bytes[-1:]  # which may be cut
    lines = [line.decode("utf-8", "replace") for line in in_bytes]
    named, first = _named_separator(lines)
    after = first
    separator = named or separator
    while after < len(lines) and _may_be_comment(lines[after]) and not _is_header(lines[after:], separator):
        after += 1
    n_comments = sum(line.startswith("#") for line in lines[:after])
    if not n_comments:
        after = first
    n_bytes = mark + sum(map(len, in_bytes[:after])) if after else 0
    return TopLines(after, n_bytes, named, n_comments)


def _named_separator(lines: list[str]) -> tuple[str | None, int]:
    """Return the separator that a line names, alone or below comments, and how many lines there are up to it."""
    for number, line in enumerate(lines):
        if named := _SEPARATOR_LINE.fullmatch(line):
            return named[1], number + 1
        if not _may_be_comment(line):
            break
    return None, 0


def _may_be_comment(line: str) -> bool:
    return line.startswith("#") or not line.strip()


def _is_header(lines: list[str], separator: str | None) -> bool:
    """Return True if the first line has as many cells as those below, with any separator if this one has no use."""
    if not lines[0].startswith("#"):
        return False
    widths = [] if separator is None else _widths(lines, separator)
    if separator is None or set(widths) == {1}:
        return any(_are_rows(_widths(lines, other)) for other in _SEPARATORS)
    return _are_rows(widths)


def _are_rows(widths: list[int]) -> bool:
    return len(widths) > 1 and widths[0] > 1 and len(set(widths)) == 1


def _widths(lines: list[str], separator: str) -> list[int]:
    try:
        rows = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator)
        return [len(row) for row in itertools.islice(filter(None, rows), _ROWS_COMPARED)]
    except (csv.Error, TypeError):  # a character that is no separator is told by the reader
        return []
