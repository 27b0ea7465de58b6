"""What a few runs leave possible: the rate of an outcome that was seen seldom, or never."""

from __future__ import annotations

from optbench.statistics.sample import check_alpha


def rate_upper_bound(count: int, n: int, alpha: float = 0.05) -> float:
    """Return the one-sided upper 1 - alpha limit of a rate that showed `count` times in `n` runs.

    Parameters
    ----------
    count : 0 .. n
    n : runs, >= 1

    Notes
    -----
    Clopper and Pearson: the rate at which `count` or fewer of `n` have the chance alpha, the 1 - alpha quantile of the
    beta distribution with count + 1 and n - count. For a count of 0 it is 1 - alpha^(1/n).

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26, 404-413.

    Examples
    --------
    >>> round(rate_upper_bound(0, 10), 3), round(rate_upper_bound(1, 10), 3), rate_upper_bound(10, 10)
    (0.259, 0.394, 1.0)
    """
    from scipy.special import betaincinv

    check_alpha(alpha)
    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"count must be one of 0 .. n, and n at least 1. Received: {count} of {n}.")
    return 1.0 if count == n else float(betaincinv(count + 1, n - count, 1.0 - alpha))
