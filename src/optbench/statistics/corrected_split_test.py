"""Testing a difference over several splits of one data set, whose training sets overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.statistics.location import sample_sd
from optbench.statistics.sample import as_sample, check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class CorrectedTest:
    """A t test over splits whose standard error allows for training sets that overlap.

    Attributes
    ----------
    mean : mean difference
    t : statistic; inf or -inf if all differences are equal and not zero, 0 if all are zero
    p : two-sided
    low, high : interval at 1 - alpha
    error : standard error of the mean
    freedom : degrees of freedom
    """

    mean: float
    t: float
    p: float
    low: float
    high: float
    error: float
    freedom: int

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval at 1 - alpha."""
        from scipy.special import stdtrit

        check_alpha(alpha)
        half = float(stdtrit(self.freedom, 1.0 - alpha / 2.0)) * self.error
        return self.mean - half, self.mean + half

    def equivalence_p(self, margin: float) -> float:
        """Return the p value of "the mean difference is at least as large as the margin".

        The larger of the two one-sided p values, against -margin and against margin: at most alpha exactly where the
        1 - 2 alpha interval lies inside the margin (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680).
        """
        from scipy.special import stdtr

        nearest = margin - abs(self.mean)
        if not self.error:
            return 0.0 if nearest > 0.0 else 1.0
        return float(stdtr(self.freedom, -nearest / self.error))


def corrected_split_test(
    differences: ArrayLike, *, n_train: float, n_test: float, seed_variance: float = 0.0, alpha: float = 0.05
) -> CorrectedTest:
    """Test whether the mean difference over random splits is zero on new rows from the same source.

    Parameters
    ----------
    differences : (n,) score of A minus score of B on the same split, one per split, n >= 2
    n_train, n_test : examples in the training and test part of a split
    seed_variance : variance of such a difference from seed to seed on one split; 0 if it is not known

    Notes
    -----
    With n splits, s^2 the variance of the differences and u^2 the part of it that seeds make, t = mean / sqrt(V) with
    n - 1 degrees of freedom and V = u^2 / n + max(0, s^2 - u^2) (1 / n + n_test / n_train). Seeds of different runs
    are independent; splits are not, because they share rows: their part of the variance does not fall below n_test /
    n_train of itself, however many there are. With u^2 = 0 this is Nadeau and Bengio's test, which takes the noise of
    seeds for that of splits and so hardly finds anything. A plain paired t test would be V = s^2 / n: with 20 % test
    data its standard error is too small by a factor of 1.9 at n = 10. How often either is wrong stands in
    docs/statistics.md.

    References
    ----------
    Nadeau and Bengio 2003, Mach. Learn. 52, 239-281, section 3; Bouthillier et al. 2021, Proc. MLSys 3, 747-769 (seeds
    and splits as sources of variance that are varied together).
    """
    from scipy.special import stdtr, stdtrit

    check_alpha(alpha)
    sample = as_sample(differences, at_least=2)
    if n_train < 1 or n_test < 1:
        raise ValueError(f"n_train and n_test must be at least 1. Received: {n_train} and {n_test}.")
    if not seed_variance >= 0.0:
        raise ValueError(f"seed_variance must not be negative. Received: {seed_variance}.")
    freedom = sample.size - 1
    mean = math.fsum(sample) / sample.size
    of_splits = max(0.0, sample_sd(sample) ** 2 - seed_variance)
    error = math.sqrt(seed_variance / sample.size + of_splits * (1.0 / sample.size + n_test / n_train))
    t = mean / error if error else math.copysign(math.inf, mean) if mean else 0.0
    half = float(stdtrit(freedom, 1.0 - alpha / 2.0)) * error
    return CorrectedTest(mean, t, 2.0 * float(stdtr(freedom, -abs(t))), mean - half, mean + half, error, freedom)
