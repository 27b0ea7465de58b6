"""Wilcoxon's signed-rank test of paired scores over data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def signed_rank_p(differences: ArrayLike) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test.

    Parameters
    ----------
    differences : (P,) one per data set, finite; their sizes count by their order only, since a point on one data set
        is no point on another

    Notes
    -----
    Data sets without a difference are kept and share their ranks (Pratt). Exact for up to 50 data sets without ties,
    by permutation for up to 13 with them, else normal; 1 if every difference is 0.

    References
    ----------
    Wilcoxon 1945, Biometrics Bull. 1, 80-83; Pratt 1959, J. Am. Stat. Assoc. 54, 655-667; recommended for
    optimizers over data sets by Demsar 2006 and Benavoli, Corani and Mangili 2016, J. Mach. Learn. Res. 17(5).

    Examples
    --------
    >>> signed_rank_p([1, 2, 3, 4, 5, 6])
    0.03125
    """
    from scipy.stats import wilcoxon

    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or d.size == 0 or not np.isfinite(d).all():
        raise ValueError(f"differences must be finite numbers with one axis. Received: shape {d.shape}.")
    if not d.any():
        return 1.0
    return float(wilcoxon(d, zero_method="pratt").pvalue)
