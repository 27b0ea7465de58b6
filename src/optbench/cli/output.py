"""Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from optbench.core.columns import fitted, terminal_columns
from optbench.core.json_text import indented_json
from optbench.core.printable import escaped_json, printable, printable_styled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.core.findings import Finding


def print_data(text: str) -> None:
    """Write one block of text to stdout, ending with a newline; nothing if there is nothing.

    What would steer a terminal is replaced, but for colours; names in a text with colours are made printable before.
    """
    _write_block(printable_styled(text))


def print_lines(text: str, *, indent: int = 4) -> None:
    """Write text like `print_data`; on a terminal a line that is too long goes on below, so far from the left."""
    print_data(fitted(text, sys.stdout, indent=indent))


def print_json(document: Any) -> None:
    """Write one strict JSON document to stdout; what stdout cannot hold and what a terminal would obey is escaped."""
    takes_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    _write_block(escaped_json(indented_json(document, is_ascii=not takes_all)))


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is; None for a pipe or a file, which have no width."""
    return terminal_columns(sys.stdout)


def takes_colour() -> bool:
    """Return True if stdout is a terminal that is to have colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write_block(text: str) -> None:
    if text:
        sys.stdout.write(text)  # and no copy of a text that may be long
        sys.stdout.write("" if text.endswith("\n") else "\n")
        sys.stdout.flush()


def notes(findings: Iterable[Finding], *, quiet: bool = False) -> None:
    """Write the sentence of each finding to stderr unless `quiet`."""
    from optbench.words import sentence

    for finding in findings:
        note(sentence(finding), quiet=quiet)


def note(text: str, *, quiet: bool = False) -> None:
    """Write a message of one line to stderr unless `quiet`; a terminal gets as many as it needs."""
    if not quiet:
        sys.stderr.write(fitted(printable(text), sys.stderr) + "\n")
        sys.stderr.flush()
