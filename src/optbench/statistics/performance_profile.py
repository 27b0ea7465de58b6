"""How often each optimizer is within a factor of the best one, over many problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.statistics.friedman import require_problems

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class PerformanceProfile:
    """Step functions rho_s(tau), right-continuous.

    Attributes
    ----------
    taus : (m,) rising, the first is 1: all factors at which some profile steps up
    shares : (m, S) share of the problems on which optimizer s is within the factor of the best
    ratios : (P, S) cost divided by the best cost on the problem; inf for a failure
    """

    taus: NDArray[np.float64]
    shares: NDArray[np.float64]
    ratios: NDArray[np.float64]


def performance_profile(costs: ArrayLike) -> PerformanceProfile:
    """Return the performance profiles of several optimizers.

    Parameters
    ----------
    costs : (P, S) cost (time to target, or a loss) > 0 of each optimizer on each of P >= 5 problems; inf for a
        failure (diverged, target missed)

    Notes
    -----
    r_{p,s} = t_{p,s} / min over s of t_{p,s};  rho_s(tau) = #{p : r_{p,s} <= tau} / P. rho_s(1) is the share of
    problems on which s is (among) the best, its limit the share that it solves. A problem that nobody solves
    counts in P. Adding or removing an optimizer can reorder the others, so a profile must name its entrants.

    References
    ----------
    Dolan and More 2002, Math. Program. 91, 201-213; Gould and Scott 2016, ACM Trans. Math. Softw. 43, 15 (the
    caveat).
    """
    table = np.asarray(costs, dtype=np.float64)
    require_problems(table)
    if not (table > 0.0).all():  # also false for NaN
        raise ValueError("costs must be positive, or inf for a failure. Received: zero, a negative number or NaN.")
    best = table.min(axis=1, keepdims=True)
    ratios = np.full_like(table, np.inf)
    np.divide(table, best, out=ratios, where=np.isfinite(table))
    taus = np.union1d([1.0], ratios[np.isfinite(ratios)])
    shares = (ratios[:, :, None] <= taus).mean(axis=0).T
    return PerformanceProfile(taus, shares, ratios)
