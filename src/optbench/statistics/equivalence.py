"""Showing that a difference is too small to matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.statistics.sign_flip import sign_flip_interval

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
    if margin <= 0.0:
        raise ValueError(f"margin must be positive. Received: {margin}.")
    low, high = sign_flip_interval(differences, 2.0 * alpha)
    return -margin < low and high < margin
