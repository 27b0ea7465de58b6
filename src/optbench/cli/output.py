"""Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.core.findings import Finding


def print_data(text: str) -> None:
    """Write one block of data to stdout, ending with a newline; nothing if there is nothing."""
    if text:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()


def print_json(document: Any) -> None:
    """Write one strict JSON document to stdout, escaped where stdout cannot hold every character."""
    takes_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print_data(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=not takes_all))


def notes(findings: Iterable[Finding], *, quiet: bool = False) -> None:
    """Write the sentence of each finding to stderr unless `quiet`."""
    from optbench.words import sentence

    for finding in findings:
        note(sentence(finding), quiet=quiet)


def note(text: str, *, quiet: bool = False) -> None:
    """Write a message to stderr unless `quiet`."""
    if not quiet:
        sys.stderr.write(printable(text, keep_lines=True) + "\n")
        sys.stderr.flush()
