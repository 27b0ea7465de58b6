"""Metrics from counts are scikit-learn's, bit for bit, and so is the text of the report."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn.metrics as oracle

from optbench.evaluation.label_metrics import count_labels, label_metrics, report_document, report_text


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_every_number_is_scikit_learns(seed):
    """Few and many rows, two to seven classes, some without a row and some never predicted, names of all lengths."""
    draw = np.random.default_rng(seed)
    classes = int(draw.integers(2, 8))
    n = int(draw.choice([1, 2, 7, 100, 3001]))
    y_true = draw.integers(0, max(1, classes - seed % 3), size=n)
    y_pred = np.where(draw.random(n) < 0.6, y_true, draw.integers(seed % 2, classes, size=n))
    names = [f"class {'x' * (i * 5)}" for i in range(classes)]
    found = label_metrics(count_labels(y_true, y_pred, classes=classes))
    options = {"labels": range(classes), "zero_division": 0}
    assert found.counts.tolist() == oracle.confusion_matrix(y_true, y_pred, labels=range(classes)).tolist()
    for average, values in (("macro", found.macro), ("weighted", found.weighted)):
        expected = oracle.precision_recall_fscore_support(y_true, y_pred, average=average, **options)[:3]
        assert values == tuple(map(float, expected))
    assert found.accuracy == oracle.accuracy_score(y_true, y_pred)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found.balanced_accuracy == oracle.balanced_accuracy_score(y_true, y_pred)
    if n > 1:  # of one row scikit-learn may print the support as 1.0
        assert report_text(found, names) == oracle.classification_report(y_true, y_pred, target_names=names, **options)
    document = oracle.classification_report(y_true, y_pred, target_names=names, output_dict=True, **options)
    assert report_document(found, names) == document
