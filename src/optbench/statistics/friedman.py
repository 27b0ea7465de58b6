"""Ranks of several optimizers over several data sets: Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.statistics.sample import check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FEWEST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test with the ranks it rests on.

    Attributes
    ----------
    average_ranks : (S,) 1 is best
    statistic, p : chi-square statistic, corrected for ties, and its p value (S - 1 degrees of freedom)
    f_statistic, f_p : Iman and Davenport's less conservative F form, with S - 1 and (S - 1)(P - 1) degrees; the
        statistic is inf if all data sets agree on the whole order
    n_problems : P
    """

    average_ranks: NDArray[np.float64]
    statistic: float
    p: float
    f_statistic: float
    f_p: float
    n_problems: int


def friedman(scores: ArrayLike, *, higher_is_better: bool = True) -> Friedman:
    """Test whether all optimizers rank alike over data sets.

    Parameters
    ----------
    scores : (P, S) mean score of S >= 3 optimizers on P >= 5 data sets. A row is a data set, never a seed: seeds
        of one data set are not independent evidence about optimizers in general

    Notes
    -----
    chi2 = (12 P / (S (S + 1))) (sum over s of R_s^2 - S (S + 1)^2 / 4), divided by 1 - sum (t^3 - t) / (P (S^3 - S))
    for ties of size t;  F = (P - 1) chi2 / (P (S - 1) - chi2). If everything ties, p = 1.

    References
    ----------
    Friedman 1937, J. Am. Stat. Assoc. 32, 675-701; Iman and Davenport 1980, Commun. Stat. A9, 571-595; Demsar 2006,
    J. Mach. Learn. Res. 7, 1-30.
    """
    from scipy.special import chdtrc, fdtrc
    from scipy.stats import rankdata

    table = np.asarray(scores, dtype=np.float64)
    require_problems(table)
    n, k = table.shape
    if k < 3:  # noqa: PLR2004 - of two optimizers a pair is tested
        raise ValueError(f"at least 3 optimizers are needed. Received: {k}.")
    if not np.isfinite(table).all():
        raise ValueError("scores must be finite; give a failure the worst possible score. Received: NaN or infinity.")
    ranks = rankdata(-table if higher_is_better else table, axis=1)
    means = ranks.mean(axis=0)
    between = float(((means - (k + 1) / 2) ** 2).sum()) * n
    within = float(((ranks - (k + 1) / 2) ** 2).sum()) / (n * (k - 1))
    if within == 0.0:
        return Friedman(means, 0.0, 1.0, 0.0, 1.0, n)
    statistic = between / within
    rest = n * (k - 1) - statistic
    f = math.inf if rest <= 1e-9 * statistic else (n - 1) * statistic / rest
    f_p = 0.0 if math.isinf(f) else float(fdtrc(k - 1, (k - 1) * (n - 1), f))
    return Friedman(means, statistic, float(chdtrc(k - 1, statistic)), f, f_p, n)


def critical_difference(n_optimizers: int, n_problems: int, alpha: float = 0.05) -> float:
    """Return by how much two average ranks must differ to be told apart (Nemenyi).

    Notes
    -----
    CD = q sqrt(k (k + 1) / (6 P)) with q the 1 - alpha quantile of the studentized range of k means with
    infinitely many degrees of freedom, divided by sqrt(2). Whether two optimizers are told apart can depend on
    the others in the table; pairwise tests with Holm's correction do not.

    References
    ----------
    Nemenyi 1963 (thesis, Princeton); Demsar 2006, J. Mach. Learn. Res. 7, table 5; Benavoli, Corani and Mangili 2016,
    J. Mach. Learn. Res. 17(5) (the caveat).

    Examples
    --------
    >>> round(critical_difference(4, 14, 0.10), 2)
    1.12
    """
    from scipy.stats import studentized_range

    check_alpha(alpha)
    if n_optimizers < 2:  # noqa: PLR2004
        raise ValueError(f"n_optimizers must be at least 2. Received: {n_optimizers}.")
    _require_enough(n_problems)
    quantile = float(studentized_range.ppf(1.0 - alpha, n_optimizers, np.inf)) / math.sqrt(2.0)
    return quantile * math.sqrt(n_optimizers * (n_optimizers + 1) / (6.0 * n_problems))


def indistinct_groups(average_ranks: ArrayLike, difference: float) -> list[tuple[int, ...]]:
    """Return the bars of a critical-difference diagram: largest groups whose ranks lie within `difference`.

    Returns
    -------
    list of tuples of positions in `average_ranks`, best rank first (equal ranks by position); groups of one are
    left out
    """
    ranks = np.asarray(average_ranks, dtype=np.float64)
    order = np.argsort(ranks, kind="stable")
    ends = np.searchsorted(ranks[order], ranks[order] + difference, side="right")
    bars = [
        (start, int(end)) for start, end in enumerate(ends) if end - start > 1 and (start == 0 or end > ends[start - 1])
    ]
    return [tuple(int(position) for position in order[start:end]) for start, end in bars]


def require_problems(table: NDArray[np.float64]) -> None:
    """Raise ValueError unless the table has two axes and at least 5 rows (data sets)."""
    if table.ndim != 2:  # noqa: PLR2004
        raise ValueError(f"the table must be data sets by optimizers. Received: shape {table.shape}.")
    _require_enough(table.shape[0])


def _require_enough(n_problems: int) -> None:
    if n_problems < FEWEST_PROBLEMS:
        raise ValueError(
            f"at least {FEWEST_PROBLEMS} data sets are needed, and seeds are not data sets. Received: {n_problems}."
        )
