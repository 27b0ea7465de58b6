"""When a curve first reaches a target, and whether the target tells runs apart at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


_TELLING: Final = 0.2


def time_to_target(times: ArrayLike, values: ArrayLike, target: float, *, higher_is_better: bool = True) -> float:
    """Return the first of `times` at which `values` is at least as good as `target`, or inf.

    Parameters
    ----------
    times : (m,) rising: epochs, steps or seconds of training
    values : (m,) metric at these times; NaN (a run that fell apart) reaches nothing

    Notes
    -----
    Not interpolated: between two evaluations nobody looked. The time is therefore too long by up to one
    evaluation interval, for every optimizer alike.

    References
    ----------
    Dahl et al. 2023, "Benchmarking Neural Network Training Algorithms" (AlgoPerf), arXiv:2306.07179, section 4.

    Examples
    --------
    >>> time_to_target([0, 1, 2], [0.5, 0.8, 0.9], 0.8)
    1.0
    """
    t, v = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if t.ndim != 1 or t.shape != v.shape:
        raise ValueError(f"times and values must be of one length. Received: shapes {t.shape} and {v.shape}.")
    good = np.flatnonzero(v >= target if higher_is_better else v <= target)  # False for NaN
    return float(t[good[0]]) if good.size else math.inf


def target_discriminates(times: ArrayLike, first_evaluation: float) -> bool:
    """Say whether a target tells runs apart: some run reaches it, and one in five or more not at the first evaluation.

    Parameters
    ----------
    times : (n,) results of `time_to_target`, over all optimizers; inf for a miss
    first_evaluation : the earliest time at which a trained model is looked at (epoch 1)

    Notes
    -----
    In published benchmarks some targets were passed by every run after its first epoch: such a target measures
    nothing but the length of an epoch. One that a few failed runs alone miss tells no more.
    """
    t = np.asarray(times, dtype=np.float64)
    return bool(np.isfinite(t).any() and np.mean(t > first_evaluation) >= _TELLING)
