"""Ranks over data sets agree with SciPy and with Demsar's worked example."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.statistics import critical_difference, friedman, indistinct_groups

# Demsar 2006, J. Mach. Learn. Res. 7, table 6: AUC of C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_demsar_worked_example():
    """Section 3.2.2: average ranks 3.143, 2.000, 2.893, 1.964; chi2 9.28 without ties' correction; F 3.69."""
    result = friedman(DEMSAR)
    assert result.average_ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    n, k = DEMSAR.shape
    uncorrected = 12 * n / (k * (k + 1)) * ((result.average_ranks**2).sum() - k * (k + 1) ** 2 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.005)
    assert (n - 1) * uncorrected / (n * (k - 1) - uncorrected) == pytest.approx(3.69, abs=0.005)
    assert result.p < 0.05
    assert result.f_p < result.p


def test_demsar_critical_differences():
    """Table 5 (q at 0.05 and 0.10 for 2, 4, 5 and 10 classifiers); section 3.2.2: CD 1.25, 1.12 at 14 data sets."""
    for k, q05, q10 in ((2, 1.960, 1.645), (4, 2.569, 2.291), (5, 2.728, 2.459), (10, 3.164, 2.920)):
        scale = math.sqrt(k * (k + 1) / (6 * 14))
        assert critical_difference(k, 14) / scale == pytest.approx(q05, abs=0.001)
        assert critical_difference(k, 14, 0.10) / scale == pytest.approx(q10, abs=0.002)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.005)
    assert critical_difference(5, 30) == pytest.approx(2.728 * math.sqrt(30 / 180), abs=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_scipy(seed):
    """Chi-square and p of scipy.stats.friedmanchisquare, ties included; a loss ranks the other way round."""
    from scipy.stats import friedmanchisquare

    table = np.random.default_rng(seed).integers(0, 6, (7, 4)).astype(float)
    expected = friedmanchisquare(*table.T)
    result = friedman(table)
    assert (result.statistic, result.p) == pytest.approx((expected.statistic, expected.pvalue))
    turned = friedman(-table, higher_is_better=False)
    assert turned.average_ranks.tolist() == result.average_ranks.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_f_form_is_the_analysis_of_variance_of_ranks(seed):
    """Iman and Davenport's F is the F of a two-way analysis of variance on the ranks (no ties), by statsmodels."""
    import pandas as pd
    from scipy.stats import rankdata
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    table = np.random.default_rng(seed).normal(size=(8, 4))
    ranks = rankdata(-table, axis=1)
    rows, columns = np.indices(ranks.shape)
    frame = pd.DataFrame({"rank": ranks.ravel(), "data": rows.ravel(), "optimizer": columns.ravel()})
    anova = anova_lm(ols("rank ~ C(optimizer) + C(data)", frame).fit())
    result = friedman(table)
    assert result.f_statistic == pytest.approx(anova.loc["C(optimizer)", "F"])


def test_full_agreement_and_full_tie():
    """The same order everywhere is infinitely strong; all equal is no evidence at all."""
    agreed = friedman(np.tile([3.0, 2.0, 1.0], (6, 1)))
    assert (agreed.f_statistic, agreed.f_p) == (math.inf, 0.0)
    assert agreed.average_ranks.tolist() == [1.0, 2.0, 3.0]
    tied = friedman(np.ones((6, 3)))
    assert (tied.statistic, tied.p, tied.f_p) == (0.0, 1.0, 1.0)


def test_bars_of_the_diagram():
    """Largest groups within the difference; groups inside others and single optimizers are left out."""
    assert indistinct_groups([3.143, 2.0, 2.893, 1.964], 1.25) == [(3, 1, 2, 0)]
    assert indistinct_groups([3.143, 2.0, 2.893, 1.964], 1.0) == [(3, 1, 2), (2, 0)]
    assert indistinct_groups([1.0, 2.0, 3.0], 0.5) == []
    assert indistinct_groups([1.0, 2.0, 3.0, 4.0], 1.0) == [(0, 1), (1, 2), (2, 3)]
    assert indistinct_groups([2.0, 2.0, 2.0], 0.1) == [(0, 1, 2)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: friedman(np.ones((4, 3))), "seeds are not data sets"),
        (lambda: friedman(np.ones((5, 2))), "at least 3 optimizers"),
        (lambda: friedman(np.full((5, 3), np.nan)), "finite"),
        (lambda: critical_difference(3, 4), "at least 5 data sets"),
        (lambda: critical_difference(1, 5), "at least 2"),
    ],
)
def test_what_is_refused(call, words):
    """Few data sets rank optimizers by accident."""
    with pytest.raises(ValueError, match=words):
        call()
