"""What a verdict about new rows can find, as it was simulated; nothing is promised beyond the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """How often a difference of one standard deviation was found on new rows, over ratios of split to seed spread.

    Attributes
    ----------
    splits, seeds : numbers of splits, and of further seeds on one split, that were simulated: at most those asked about
    low, high : smallest and largest share of studies
    """

    splits: int
    seeds: int
    low: float
    high: float


_FOUND: Final = {
    0: {10: (0.266, 0.287), 20: (0.345, 0.370), 30: (0.394, 0.412)},
    5: {10: (0.328, 0.527), 20: (0.456, 0.751), 30: (0.498, 0.829)},
    10: {10: (0.334, 0.558), 20: (0.457, 0.799), 30: (0.495, 0.862)},
}
SIMULATED_SEEDS: Final = max(_FOUND)
"""The largest number of seeds on one split in the simulation."""


def new_rows_power(splits: int, seeds_on_one_split: int) -> SimulatedPower | None:
    """Return how often the corrected test of one pair found a difference of one standard deviation.

    Parameters
    ----------
    splits : how many runs each have a split of their own
    seeds_on_one_split : further ones that share a split

    Returns
    -------
    None for fewer splits than were simulated

    Notes
    -----
    The numbers are those of docs/statistics.md, "Seed i on split i", made by bench/calibrate_splits.py: ratios of split
    to seed spread from 0.2 to 2, a standard deviation of the pair's difference from run to run. Of the numbers that
    were simulated the largest that are not above those asked about count: no more is promised than was seen.
    """
    seeds = max(count for count in _FOUND if count <= seeds_on_one_split)
    known = max((count for count in _FOUND[seeds] if count <= splits), default=None)
    return None if known is None else SimulatedPower(known, seeds, *_FOUND[seeds][known])
