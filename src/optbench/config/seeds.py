"""Seeds as they are typed on the command line."""

from __future__ import annotations

import re

from optbench.core.worded import worded
from optbench.errors import UsageError

MAX_SEEDS = 100_000
_ITEM = re.compile(r"(\d{1,18})(?:\.\.(\d{1,18}))?")


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of `3`, `0,1,5` or `0..9` (both ends included), each once, in the order given.

    Raises
    ------
    UsageError
        If the text is something else.
    """
    seeds: dict[int, None] = {}
    for item in text.split(","):
        match = _ITEM.fullmatch(item.strip())
        first = int(match[1]) if match else 0
        last = int(match[2]) if match and match[2] else first
        if match is None or last < first or last - first >= MAX_SEEDS:
            raise UsageError(
                worded("typed-seeds", "--seeds must be like 3, 0,1,5 or 0..9. Received: {text!r}.", text=text),
                code="usage-seeds-wrong",
            )
        seeds.update(dict.fromkeys(range(first, last + 1)))
    return list(seeds)
