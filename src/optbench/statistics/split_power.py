"""What a verdict about new rows can find, as it was simulated; nothing is promised beyond the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """How often a difference of one standard deviation was found on new rows, over ratios of split to seed spread.

    Attributes
    ----------
    splits : number of splits that were simulated, at most those asked about
    low, high : smallest and largest share of studies
    """

    splits: int
    low: float
    high: float


_WITHOUT: Final = {10: (0.266, 0.287), 20: (0.345, 0.370), 30: (0.394, 0.412)}
_WITH: Final = {10: (0.334, 0.558), 20: (0.457, 0.799), 30: (0.495, 0.862)}
SIMULATED_SEEDS: Final = 10
"""Seeds on one split in the simulation."""


def new_rows_power(splits: int, seeds_on_one_split: int) -> SimulatedPower | None:
    """Return how often the corrected test found a difference of one standard deviation of a run's difference.

    Parameters
    ----------
    splits : how many runs each have a split of their own
    seeds_on_one_split : further ones that share a split; with fewer than were simulated they count as none

    Returns
    -------
    None for fewer splits than were simulated

    Notes
    -----
    The numbers are those of docs/statistics.md, "Seed i on split i", made by bench/calibrate_splits.py: ratios of split
    to seed spread from 0.2 to 2. Of the numbers of splits that were simulated the largest that is not above `splits`
    counts, so that more is not promised than was seen.
    """
    table = _WITH if seeds_on_one_split >= SIMULATED_SEEDS else _WITHOUT
    known = max((count for count in table if count <= splits), default=None)
    return None if known is None else SimulatedPower(known, *table[known])
