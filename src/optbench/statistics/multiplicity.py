"""Several comparisons at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p values adjusted so that the chance of any false verdict stays at the level.

    Parameters
    ----------
    p_values : (m,) one per comparison of the plan, in [0, 1]; give 1 for a planned comparison without a test

    Returns
    -------
    (m,) float64 in the order of `p_values`

    Notes
    -----
    With p_(1) <= ... <= p_(m): adjusted p_(j) = max over i <= j of min(1, (m - i + 1) p_(i)).

    References
    ----------
    Holm 1979, Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError(f"p values must be one row of numbers in [0, 1]. Received: {p.tolist()}.")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)) if p.size else p
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
