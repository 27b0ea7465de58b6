"""Intervals, tests and planning for paired seeds: pure functions on arrays, no records, no wording.

Every function states its formula and its source. Nothing here draws from a global random state: where
resampling is needed, the stream is a fixed counter-based one, so that equal scores give equal numbers
everywhere.
"""

from __future__ import annotations

from optbench.statistics.bca import bca_interval, bca_intervals
from optbench.statistics.best_of_k import best_of_k, best_of_k_interval, cross_fitted_best_of_k
from optbench.statistics.calibration import Reliability, expected_calibration_error, reliability
from optbench.statistics.collapse import rate_upper_bound
from optbench.statistics.corrected_split_test import CorrectedTest, corrected_split_test
from optbench.statistics.crossing import crossings
from optbench.statistics.decision import Decision, Outcome, decide
from optbench.statistics.disagreement import McNemar, churn, mcnemar, recall_per_class
from optbench.statistics.equivalence import equivalence_p, is_equivalent
from optbench.statistics.friedman import FEWEST_PROBLEMS, Friedman, critical_difference, friedman, indistinct_groups
from optbench.statistics.group_sequential import (
    repeated_interval,
    sequential_equivalence_p,
    sequential_p,
)
from optbench.statistics.improvement import paired_improvement
from optbench.statistics.intervals import student_t_interval
from optbench.statistics.learning_rate_width import (
    LearningRateWidth,
    learning_rate_width,
    learning_rate_width_interval,
)
from optbench.statistics.location import interquartile_mean, sample_sd
from optbench.statistics.multiplicity import holm, numbers_of_equal_pairs, shaffer
from optbench.statistics.noise_floor import noise_floor
from optbench.statistics.performance_profile import PerformanceProfile, performance_profile
from optbench.statistics.planning import (
    equivalence_power,
    paired_power,
    sd_upper_bound,
    seeds_for_comparisons,
    seeds_for_equivalence,
    seeds_for_power,
    sign_flip_power,
    smallest_p,
)
from optbench.statistics.restricted_mean_time import restricted_mean_time
from optbench.statistics.seeds_and_rows import CrossedMean, seeds_and_rows_mean
from optbench.statistics.sign_flip import SignFlips, sign_flip_interval, sign_flip_p
from optbench.statistics.signed_rank import signed_rank_p
from optbench.statistics.split_power import SIMULATED_SEEDS, SimulatedPower, new_rows_power
from optbench.statistics.time_to_target import target_discriminates, time_to_target

__all__ = [
    "FEWEST_PROBLEMS",
    "SIMULATED_SEEDS",
    "CorrectedTest",
    "CrossedMean",
    "Decision",
    "Friedman",
    "LearningRateWidth",
    "McNemar",
    "Outcome",
    "PerformanceProfile",
    "Reliability",
    "SignFlips",
    "SimulatedPower",
    "bca_interval",
    "bca_intervals",
    "best_of_k",
    "best_of_k_interval",
    "churn",
    "corrected_split_test",
    "critical_difference",
    "cross_fitted_best_of_k",
    "crossings",
    "decide",
    "equivalence_p",
    "equivalence_power",
    "expected_calibration_error",
    "friedman",
    "holm",
    "indistinct_groups",
    "interquartile_mean",
    "is_equivalent",
    "learning_rate_width",
    "learning_rate_width_interval",
    "mcnemar",
    "new_rows_power",
    "noise_floor",
    "numbers_of_equal_pairs",
    "paired_improvement",
    "paired_power",
    "performance_profile",
    "rate_upper_bound",
    "recall_per_class",
    "reliability",
    "repeated_interval",
    "restricted_mean_time",
    "sample_sd",
    "sd_upper_bound",
    "seeds_and_rows_mean",
    "seeds_for_comparisons",
    "seeds_for_equivalence",
    "seeds_for_power",
    "sequential_equivalence_p",
    "sequential_p",
    "shaffer",
    "sign_flip_interval",
    "sign_flip_p",
    "sign_flip_power",
    "signed_rank_p",
    "smallest_p",
    "student_t_interval",
    "target_discriminates",
    "time_to_target",
]
