"""Intervals, tests and planning for paired seeds: pure functions on arrays, no records, no wording.

Every function states its formula and its source. Nothing here draws from a global random state: where
resampling is needed, the stream is a fixed counter-based one, so that equal scores give equal numbers
everywhere.
"""

from __future__ import annotations

from optbench.statistics.decision import Decision, Outcome, decide
from optbench.statistics.equivalence import is_equivalent
from optbench.statistics.improvement import paired_improvement
from optbench.statistics.intervals import bca_interval, student_t_interval
from optbench.statistics.location import interquartile_mean, sample_sd
from optbench.statistics.multiplicity import holm
from optbench.statistics.noise_floor import noise_floor
from optbench.statistics.planning import (
    paired_power,
    sd_upper_bound,
    seeds_for_comparisons,
    seeds_for_power,
    smallest_p,
)
from optbench.statistics.sign_flip import sign_flip_interval, sign_flip_p

__all__ = [
    "Decision",
    "Outcome",
    "bca_interval",
    "decide",
    "holm",
    "interquartile_mean",
    "is_equivalent",
    "noise_floor",
    "paired_improvement",
    "paired_power",
    "sample_sd",
    "sd_upper_bound",
    "seeds_for_comparisons",
    "seeds_for_power",
    "sign_flip_interval",
    "sign_flip_p",
    "smallest_p",
    "student_t_interval",
]
