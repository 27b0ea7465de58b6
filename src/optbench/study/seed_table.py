"""What more or fewer confirmation seeds would find: a small table before the first run, from which to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from optbench.config import StudyConfig

NUMBERS: Final = (6, 8, 10, 12, 15, 20, 30)
_SMALLEST_TENTHS, _LARGEST_TENTHS = 3, 60


@dataclass(frozen=True, slots=True)
class SeedRow:
    """What a plan of so many seeds, looked at once, finds in its largest question.

    Attributes
    ----------
    power : how often it finds a difference of one standard deviation of the paired differences
    detectable : difference, in standard deviations, that it finds four times in five; None if there is none
    equivalence : how often it shows equivalence within one standard deviation where there is no difference at all
    runs : confirmation runs
    """

    seeds: int
    power: float
    detectable: float | None
    equivalence: float
    runs: int

    def to_json(self, *, seconds: float | None, disk_bytes: int | None) -> dict[str, Any]:
        """Return the row with what it costs as JSON values."""
        return {
            "seeds": self.seeds,
            "power": self.power,
            "detectable": self.detectable,
            "equivalence": self.equivalence,
            "runs": self.runs,
            "seconds": seconds,
            "disk_bytes": disk_bytes,
        }


def seed_rows(config: StudyConfig) -> tuple[SeedRow, ...]:
    """Return a row for 6 to 30 seeds and for the number that the plan has; () if it compares nothing.

    Notes
    -----
    Planned is Holm's first step over the largest question, for normal differences: of several pairs that differ the
    others are found a little more often.
    """
    from optbench.statistics import equivalence_power, seeds_for_comparisons, sign_flip_power

    pairs = max(config.families.values(), default=0)
    if not pairs:
        return ()
    level = config.alpha / pairs
    needed = seeds_for_comparisons(pairs, config.alpha)
    rows = (len(config.optimizers) + len(config.defaults)) * len(config.problems)
    return tuple(
        SeedRow(
            seeds=seeds,
            power=sign_flip_power(seeds, 1.0, level) if seeds >= needed else 0.0,
            detectable=detectable(config, pairs, seeds),
            equivalence=equivalence_power(seeds, 0.0, 1.0, 1.0, level) if seeds >= needed else 0.0,
            runs=rows * seeds,
        )
        for seeds in sorted({*NUMBERS, len(config.confirmation_seeds)})
    )


def detectable(config: StudyConfig, pairs: int, seeds: int) -> float | None:
    """Return the difference, in standard deviations, that seeds find four times in five; None if it is huge."""
    from optbench.statistics import seeds_for_power

    for tenths in range(_SMALLEST_TENTHS, _LARGEST_TENTHS):
        effect = tenths / 10
        if seeds_for_power(effect, 1.0, alpha=config.alpha, comparisons=pairs) <= seeds:
            return effect
    return None
