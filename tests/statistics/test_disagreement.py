"""Churn, McNemar and per-class recall against SciPy, statsmodels and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.statistics import churn, mcnemar, recall_per_class


def predictions(seed, n=60, classes=3):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, n)
    return truth, *(np.where(rng.random(n) < 0.7, truth, rng.integers(0, classes, n)) for _ in range(2))


@pytest.mark.parametrize("seed", range(20))
def test_mcnemar_agrees_with_statsmodels(seed):
    """The exact form of statsmodels.stats.contingency_tables.mcnemar."""
    from statsmodels.stats.contingency_tables import mcnemar as oracle

    truth, a, b = predictions(seed)
    right_a, right_b = a == truth, b == truth
    table = [[(x & y).sum() for y in (right_b, ~right_b)] for x in (right_a, ~right_a)]
    result = mcnemar(truth, a, b)
    assert result.p == pytest.approx(oracle(table, exact=True).pvalue)
    assert result.only_a - result.only_b == right_a.sum() - right_b.sum()


def test_mcnemar_worked_example():
    """SciPy's own numbers for 6 against 16 discordant pairs: p = 0.0525, a two-sided sign test."""
    truth = np.zeros(30, dtype=int)
    a, b = truth.copy(), truth.copy()
    b[:6] = 1
    a[6:22] = 1
    result = mcnemar(truth, a, b)
    assert (result.only_a, result.only_b) == (6, 16)
    assert result.p == pytest.approx(0.05248, abs=1e-5)


def test_equal_accuracy_can_hide_any_churn():
    """Two models, both right on half of the examples, that agree on none."""
    truth = [0, 0, 1, 1]
    a, b = [0, 1, 1, 0], [1, 0, 0, 1]
    assert churn(a, b) == 1.0
    assert mcnemar(truth, a, b).p == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_laws(seed):
    """Symmetric, zero with itself, triangle inequality; at least the difference of the accuracies."""
    truth, a, b = predictions(seed)
    assert churn(a, b) == churn(b, a)
    assert churn(a, a) == 0.0
    assert churn(a, b) <= churn(a, truth) + churn(truth, b)
    assert churn(a, b) >= abs((a == truth).mean() - (b == truth).mean()) - 1e-12
    assert mcnemar(truth, a, a).p == 1.0
    assert mcnemar(truth, a, b).p == pytest.approx(mcnemar(truth, b, a).p)


def test_recall_per_class_is_scikit_learns():
    """recall_score(average=None); NaN where a class has no example, where scikit-learn would have to guess."""
    from sklearn.metrics import recall_score

    truth, a, _ = predictions(3)
    assert recall_per_class(truth, a, 3).tolist() == pytest.approx(recall_score(truth, a, average=None).tolist())
    assert np.isnan(recall_per_class([0, 0], [0, 1], 2)).tolist() == [False, True]


def test_predictions_of_other_examples_are_refused():
    """Lists of different length cannot be compared example by example."""
    with pytest.raises(ValueError, match="same examples"):
        churn([0, 1], [0])
    with pytest.raises(ValueError, match="same examples"):
        mcnemar([0, 1], [0, 1], [0])
