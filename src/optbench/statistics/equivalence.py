"""Showing that a difference is too small to matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.statistics.sample import as_sample
from optbench.statistics.sign_flip import sign_flip_interval, sign_flip_ps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def is_equivalent(differences: ArrayLike, margin: float, alpha: float = 0.05) -> bool:
    """Say whether the mean difference is shown to lie strictly within -margin and margin.

    Parameters
    ----------
    differences : (n,) paired differences
    margin : the largest difference that does not matter in practice, > 0; declared before looking
    alpha : level of each of the two one-sided tests

    Notes
    -----
    Two one-sided tests at `alpha`, done as their interval: equivalent if the 1 - 2 alpha sign-flip interval
    lies inside (-margin, margin). Wrongly "equivalent" with probability at most alpha. Below 5 differences
    (alpha 0.05) that interval is unbounded and nothing can be shown.

    References
    ----------
    Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680; Lakens 2017, Soc. Psychol. Personal. Sci. 8,
    355-362.
    """
    _check_margin(margin)
    low, high = sign_flip_interval(differences, 2.0 * alpha)
    return -margin < low and high < margin


def equivalence_p(differences: ArrayLike, margin: float) -> float:
    """Return the p value of "the mean difference is at least as large as the margin".

    Parameters
    ----------
    differences : (n,) paired differences
    margin : the largest difference that does not matter in practice, > 0; declared before looking

    Returns
    -------
    float in (0, 1]; at most alpha exactly where `is_equivalent` at alpha is true

    Notes
    -----
    The larger p value of the two one-sided sign-flip tests, against -margin and against margin; each is half the
    two-sided p of the shifted differences if their mean lies on the right side, else 1. To keep the chance of
    any wrong "equivalent" among several pairs at alpha, adjust these values by `holm`.

    References
    ----------
    Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680; Lauzon and Caffo 2009, Am. Stat. 63, 147-154 (several
    comparisons need a correction).

    Examples
    --------
    >>> equivalence_p([0.1, -0.1, 0.2, 0.0, -0.2, 0.1], margin=1.0)
    0.015625
    """
    _check_margin(margin)
    sample = as_sample(differences)
    sides = (sample + margin, margin - sample)
    if not all(float(np.mean(side)) > 0.0 for side in sides):
        return 1.0
    return max(sign_flip_ps(sides)) / 2.0


def _check_margin(margin: float) -> None:
    if margin <= 0.0:
        raise ValueError(f"margin must be positive. Received: {margin}.")
