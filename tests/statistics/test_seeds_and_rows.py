"""Seeds crossed with test rows: a formula of its own, SciPy's t where one way does not vary, coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from optbench.statistics import seeds_and_rows_mean


def anova(table):
    """Mean and standard error from the mean squares of a crossed table with one observation per cell.

    E[MS_rows] = S v_row + v, E[MS_seeds] = R v_seed + v: the variance of the grand mean is their sum minus MS_rest,
    each divided by the number of cells.
    """
    seeds, rows = table.shape
    mean = table.mean()
    ms_rows = seeds * ((table.mean(axis=0) - mean) ** 2).sum() / (rows - 1)
    ms_seeds = rows * ((table.mean(axis=1) - mean) ** 2).sum() / (seeds - 1)
    rest = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + mean
    ms_rest = (rest**2).sum() / ((rows - 1) * (seeds - 1))
    return mean, np.sqrt(max(ms_rows + ms_seeds - ms_rest, ms_rows, ms_seeds) / table.size)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_analysis_of_variance_of_a_crossed_table(seed):
    """Mean squares of rows, seeds and rest; t with seeds - 1."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(6, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(6, 40))
    found = seeds_and_rows_mean(table, alpha=0.1)
    mean, error = anova(table)
    assert (found.mean, found.error) == pytest.approx((mean, error))
    half = t.ppf(0.95, 5) * error
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))


def test_where_rows_do_not_differ_it_is_the_t_interval_of_the_seeds():
    """And the other way round the error is that of the rows alone."""
    values = np.random.default_rng(1).normal(size=7)
    found = seeds_and_rows_mean(np.repeat(values[:, None], 30, axis=1))
    oracle = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    rows = np.random.default_rng(2).normal(size=30)
    assert seeds_and_rows_mean(np.repeat(rows[None], 7, axis=0)).error == pytest.approx(rows.std(ddof=1) / 30**0.5)


def test_new_seeds_and_new_rows_are_covered_where_the_seeds_alone_are_not():
    """Seven tables in ten thousand cells: rows matter as much as seeds, and 95 % means at least 93."""
    rng = np.random.default_rng(3)
    crossed = seeds = 0
    for _ in range(600):
        table = 0.1 * rng.normal(size=(10, 1)) + rng.normal(size=(1, 100)) + rng.normal(size=(10, 100))
        found = seeds_and_rows_mean(table)
        crossed += found.low <= 0.0 <= found.high
        ends = ttest_1samp(table.mean(axis=1), 0.0).confidence_interval(0.95)
        seeds += ends.low <= 0.0 <= ends.high
    assert crossed >= 0.93 * 600
    assert seeds < 0.85 * 600


def test_laws():
    """Order, sign and unit do what they must; a constant table is certain."""
    table = np.random.default_rng(4).normal(0.2, 1.0, size=(5, 20))
    found, turned = seeds_and_rows_mean(table), seeds_and_rows_mean(-100.0 * table[::-1, ::-1])
    assert (turned.low, turned.high) == pytest.approx((-100 * found.high, -100 * found.low))
    assert seeds_and_rows_mean(np.full((3, 4), 0.5)).error == 0.0


@pytest.mark.parametrize("table", [np.zeros((1, 5)), np.zeros((5, 1)), np.zeros(5), np.full((3, 3), np.nan)])
def test_what_has_no_spread_is_refused(table):
    """Two seeds, two rows, finite numbers."""
    with pytest.raises(ValueError, match="table"):
        seeds_and_rows_mean(table)
