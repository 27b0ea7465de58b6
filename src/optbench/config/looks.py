"""When a sequential plan looks at its runs."""

from __future__ import annotations

import math


def declared_looks(seeds: int, at_most: int) -> tuple[int, ...]:
    """Return after how many seeds is looked: at `seeds`, then every ceil(seeds / 2) more, last at `at_most`.

    Examples
    --------
    >>> declared_looks(8, 24), declared_looks(10, 12), declared_looks(10, 10)
    ((8, 12, 16, 20, 24), (10, 12), (10,))
    """
    if not 1 <= seeds <= at_most:
        raise ValueError(f"at_most must be at least seeds, and seeds at least 1. Received: {seeds} and {at_most}.")
    return (*range(seeds, at_most, math.ceil(seeds / 2)), at_most)
