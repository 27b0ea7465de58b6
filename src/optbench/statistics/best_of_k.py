"""What tuning with a budget of k settings can be expected to find."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.best_of_k_resamples import resampled_curves
from optbench.statistics.sample import check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BOOTSTRAP_SAMPLES: Final = 2000
_SETTINGS_BY_SEEDS: Final = 2


def best_of_k(scores: ArrayLike, *, higher_is_better: bool = True) -> NDArray[np.float64]:
    """Return the expected score of the best of k settings, for k = 1 ... N.

    Parameters
    ----------
    scores : (N,) validation scores of all settings tried. A diverged setting has the worst possible score:
        a finite one if there is one (the untrained model's), else -inf (inf for a loss)

    Returns
    -------
    (N,) float64; entry k - 1 belongs to k. The first is the mean, the last the best score of all.

    Notes
    -----
    E_k = sum over i >= k of v_(i) C(i-1, k-1) / C(N, k), with v sorted from worst to best: the mean over all
    subsets of k settings of their best. Without bias for k drawn settings; the older form, with (i/N)^k -
    ((i-1)/N)^k, is biased downwards. As a promise of what a new run will score it is still optimistic,
    because the seed that selects also scores: `cross_fitted_best_of_k` is not.

    References
    ----------
    Dodge et al. 2019, EMNLP, "Show Your Work"; Tang et al. 2020, ACL, "Showing Your Work Doesn't Always Work"
    (the unbiased form).

    Examples
    --------
    >>> best_of_k([0.7, 0.9, 0.8]).round(4).tolist()
    [0.8, 0.8667, 0.9]
    """
    table = _as_settings(scores, higher_is_better)
    if table.shape[1] != 1:
        raise ValueError(f"scores must have one axis. Received: shape {np.asarray(scores).shape}.")
    return _sign(higher_is_better) * _expected_best(table[:, 0], table, _weights(len(table)))


def cross_fitted_best_of_k(scores: ArrayLike, *, higher_is_better: bool = True) -> NDArray[np.float64]:
    """Return what the best of k settings scores on seeds that had no part in choosing it, for k = 1 ... N.

    Parameters
    ----------
    scores : (N, s) validation scores, s >= 2 tuning seeds per setting; diverged ones as in `best_of_k`

    Returns
    -------
    (N,) float64

    Notes
    -----
    One seed ranks the settings, the mean of the other seeds is what the ranked settings score; each seed ranks
    once, and the curves are averaged. Settings that rank equal share their weights. Under pure noise the
    curve is flat, while that of `best_of_k` rises.

    References
    ----------
    Dodge et al. 2019 and Tang et al. 2020 for the weights; the sample splitting is that of Chernozhukov et al.
    2018, Econom. J. 21, C1-C68 (cross-fitting).
    """
    table = _as_settings(scores, higher_is_better)
    if table.shape[1] < _SETTINGS_BY_SEEDS:
        raise ValueError(f"at least 2 tuning seeds per setting are needed. Received: {table.shape[1]}.")
    return _sign(higher_is_better) * _cross_fitted(table, _weights(len(table)))


def best_of_k_interval(
    scores: ArrayLike, *, alpha: float = 0.05, higher_is_better: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a percentile bootstrap interval of the curve, for k = 1 ... N.

    Parameters
    ----------
    scores : (N,) for the curve of `best_of_k`, (N, s) with s >= 2 for that of `cross_fitted_best_of_k`; finite

    Returns
    -------
    low, high : (N,) each; they answer "other settings from the same search space", not "other seeds"

    Notes
    -----
    2,000 resamples of the settings, from a fixed stream. Near k = N a bootstrap of a maximum is too narrow: read
    it for k up to about N / 2.

    References
    ----------
    Efron 1979, Ann. Stat. 7, 1-26; for best-of-k: Tang et al. 2020, ACL.
    """
    check_alpha(alpha)
    table = _as_settings(scores, higher_is_better)
    if not np.isfinite(table).all():
        raise ValueError("scores must be finite for an interval; give diverged settings the score of a constant model.")
    n = len(table)
    if n == 1:  # every resample is that setting
        curve = _sign(higher_is_better) * (_cross_fitted(table, _weights(n)) if table.shape[1] > 1 else table[:, 0])
        return curve, curve.copy()
    draws = np.asarray(stream("statistics/best-of-k", n).random_raw(BOOTSTRAP_SAMPLES * n))
    rows = (draws % np.uint64(n)).astype(np.intp).reshape(BOOTSTRAP_SAMPLES, n)
    if table.shape[1] > 1:
        curves = resampled_curves(table, rows, _weights(n))
    else:
        curves = np.sort(table[rows, 0], axis=1) @ _weights(n).T
    low, high = np.quantile(_sign(higher_is_better) * curves, [alpha / 2.0, 1.0 - alpha / 2.0], axis=0)
    return low, high


def _sign(higher_is_better: bool) -> float:
    return 1.0 if higher_is_better else -1.0


def _as_settings(scores: ArrayLike, higher_is_better: bool) -> NDArray[np.float64]:
    """Return (N, s) scores, higher ones better, in an order of rows that does not depend on the one given."""
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim not in (1, _SETTINGS_BY_SEEDS) or table.size == 0:
        raise ValueError(f"scores must be settings, or settings by seeds. Received: shape {table.shape}.")
    table = _sign(higher_is_better) * table.reshape(len(table), -1)
    if np.isnan(table).any() or np.isposinf(table).any():
        raise ValueError("scores must be numbers, infinite only in the bad direction (diverged). Received: NaN or inf.")
    return table[np.lexsort(table.T[::-1])]


def _cross_fitted(table: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    seeds = range(table.shape[1])
    curves = [_expected_best(table[:, seed], np.delete(table, seed, axis=1), weights) for seed in seeds]
    return np.asarray(np.mean(curves, axis=0))


def _expected_best(
    ranking: NDArray[np.float64], outcomes: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weigh the settings' mean outcomes by how often each is the best of k according to `ranking`."""
    order = np.argsort(ranking, kind="stable")
    ranked, values = ranking[order], outcomes.mean(axis=1)[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(np.append(starts, len(ranked)))
    together = np.add.reduceat(weights, starts, axis=1)
    products = np.zeros_like(together)
    shared = np.add.reduceat(values, starts) / sizes  # settings that rank equal share their weights
    np.multiply(together, shared, where=together > 0.0, out=products)  # 0 times -inf counts as 0
    return np.asarray(products.sum(axis=1))


@cache
def _weights(n: int) -> NDArray[np.float64]:
    """Return row k - 1, column i - 1: the chance C(i-1, k-1) / C(n, k) that the i-th worst is the best of k."""
    table = [[math.comb(i - 1, k - 1) / math.comb(n, k) for i in range(1, n + 1)] for k in range(1, n + 1)]
    return np.array(table)
