"""How long it takes to reach a target when some runs never do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def restricted_mean_time(times: ArrayLike, reached: ArrayLike, horizon: float) -> float:
    """Return the mean time to the target within `horizon`, runs that miss it counted fairly.

    Parameters
    ----------
    times : (n,) time at which a run reached the target, or up to which it was watched without reaching it.
        A run that diverged, or ended by its own rule, never reaches it: inf
    reached : (n,) bool, True where the target was reached
    horizon : the common budget, > 0; what happens later does not count

    Returns
    -------
    float in [0, horizon]; `horizon` if no run reached the target

    Notes
    -----
    RMT = integral from 0 to horizon of S(t) dt, S by Kaplan-Meier. If every miss was watched up to the horizon,
    which is the rule here, it is the mean of min(T_i, horizon). A miss stopped from outside before the horizon
    is censored, i.e. dropped from the risk set from then on; that is fair only if the reason has nothing to do
    with its speed, so a diverged run must be given as inf and not with the time of its death. Report it with
    the number of runs that reached the target.

    References
    ----------
    Kaplan and Meier 1958, J. Am. Stat. Assoc. 53, 457-481; Royston and Parmar 2013, BMC Med. Res. Methodol. 13,
    152.

    Examples
    --------
    >>> restricted_mean_time([2.0, 4.0, 10.0], [True, True, False], horizon=10.0)
    5.333333333333334
    """
    t, hit = np.asarray(times, dtype=np.float64), np.asarray(reached, dtype=bool)
    if t.ndim != 1 or t.shape != hit.shape or t.size == 0:
        raise ValueError(f"times and reached must be of one length. Received: shapes {t.shape} and {hit.shape}.")
    if not (t >= 0.0).all() or not horizon > 0.0:
        raise ValueError(f"times must be at least 0 and horizon positive. Received: {t.tolist()}, {horizon}.")
    if np.isinf(t[hit]).any():
        raise ValueError("a run that reached the target must have a finite time.")
    area, start, share = 0.0, 0.0, 1.0
    for time in np.unique(t[hit & (t <= horizon)]):
        area += share * (float(time) - start)
        share *= 1.0 - int((hit & (t == time)).sum()) / int((t >= time).sum())
        start = float(time)
    last_watched = float(np.max(t))
    if last_watched < horizon and share > 0.0:
        raise ValueError(f"no run was watched up to the horizon {horizon}: the curve is unknown after {last_watched}.")
    return area + share * (horizon - start)
