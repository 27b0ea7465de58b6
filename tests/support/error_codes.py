"""The page of error codes, as a table."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "error-codes.md"


def listed_codes() -> list[tuple[str, int | None]]:
    """Return code and exit code of every line of the page; None where the exit code is that of no class."""
    exit_code, found = None, []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            number = re.match(r"## Exit (\d)", line)
            exit_code = int(number[1]) if number else None
        elif line.startswith("| `"):
            found += [(code, exit_code) for code in re.findall(r"`([a-z0-9-]+)`", line.split("|")[1])]
    return found
