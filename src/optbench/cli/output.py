"""Data goes to stdout, everything else to stderr; a closed pipe ends the printing in silence."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def print_data(text: str) -> None:
    """Write one block of data to stdout, ending with a newline."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `optbench ls | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(document: Any) -> None:
    """Write one strict JSON document to stdout."""
    print_data(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))


def note(text: str, *, quiet: bool = False) -> None:
    """Write a message to stderr unless `quiet`."""
    if not quiet:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
