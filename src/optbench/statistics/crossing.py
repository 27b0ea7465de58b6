"""Where two curves change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def crossings(epochs: ArrayLike, first: ArrayLike, second: ArrayLike, *, smallest_lead: ArrayLike = 0.0) -> list[float]:
    """Return the epochs at which the lead changes between two mean curves, interpolated linearly.

    Parameters
    ----------
    epochs : (m,) rising
    first, second : (m,) the mean curves; epochs at which one is not finite are left out
    smallest_lead : one number, or (m,) one per epoch: a lead counts only where it exceeds this; 0 counts every
        touch-and-go of two noisy curves

    Returns
    -------
    list of float, rising; empty if one curve leads throughout. Curves that only touch do not cross.

    Notes
    -----
    Between two epochs with opposite leads the crossing is where the straight lines meet. If a lead dwindles
    within `smallest_lead` and changes sign several times on the way, the last change counts, because from
    there on the new order holds.

    Examples
    --------
    >>> crossings([0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0], [1.5, 1.5, 1.5, 1.5])
    [1.5]
    """
    e, a, b = (np.asarray(values, dtype=np.float64) for values in (epochs, first, second))
    if e.ndim != 1 or not e.shape == a.shape == b.shape:
        raise ValueError(f"epochs and curves must be of one length. Received: shapes {e.shape}, {a.shape}, {b.shape}.")
    known = np.isfinite(a) & np.isfinite(b)
    least = np.broadcast_to(np.asarray(smallest_lead, dtype=np.float64), e.shape)[known]
    e, lead = e[known], (a - b)[known]
    clear = np.flatnonzero(np.abs(lead) > least)
    flips = np.flatnonzero(np.diff(np.sign(lead[clear])) != 0.0)
    return [_last_zero(e, lead, int(clear[flip]), int(clear[flip + 1])) for flip in flips]


def _last_zero(epochs: NDArray[np.float64], lead: NDArray[np.float64], start: int, stop: int) -> float:
    """Return the last zero of the piecewise linear lead between two epochs with opposite leads."""
    sign = np.sign(lead[stop])
    before = max(i for i in range(start, stop) if lead[i] * sign <= 0.0)
    share = lead[before] / (lead[before] - lead[before + 1])
    return float(epochs[before] + share * (epochs[before + 1] - epochs[before]))
