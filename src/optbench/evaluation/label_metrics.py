"""Metrics of predicted labels, all of them from one matrix of counts, with scikit-learn's numbers to the last bit.

scikit-learn computes each from the labels again and validates them each time: 40 ms for what is 0.2 ms of arithmetic,
a third of what a small run costs. The tests hold these functions, the report's text included, to scikit-learn's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_COLUMNS: Final = ("precision", "recall", "f1-score", "support")
_WEIGHTED: Final = "weighted avg"


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """What follows from the counts alone.

    Attributes
    ----------
    precision, recall, f1 : (classes,) float64; 0 where nothing was predicted or nothing is there
    support : (classes,) int64, rows of each true class
    """

    counts: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Share of the rows that are on the diagonal."""
        return float(self.counts.trace() / self.counts.sum())

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that are there."""
        return float(self.recall[self.support > 0].mean())

    @property
    def macro(self) -> tuple[float, float, float]:
        """Unweighted mean of precision, recall and F1 over all classes."""
        return float(self.precision.mean()), float(self.recall.mean()), float(self.f1.mean())

    @property
    def matthews_correlation(self) -> float:
        """Correlation of true and predicted classes; 0 where one of them is always the same.

        Notes
        -----
        (c s - sum t_k p_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2)), with s rows, c of them right, and t_k true and
        p_k predicted rows of class k (J. Gorodkin, Comparing two K-category assignments by a K-category correlation
        coefficient, Computational Biology and Chemistry 28, 2004); of two classes it is that of B. W. Matthews, 1975.
        """
        true, predicted = self.support.astype(np.float64), self.counts.sum(axis=0).astype(np.float64)
        n, right = float(true.sum()), float(self.counts.trace())
        covariance = right * n - float(true @ predicted)
        spread = (n * n - float(predicted @ predicted)) * (n * n - float(true @ true))
        return covariance / math.sqrt(spread) if spread > 0 else 0.0

    def of_class(self, number: int) -> tuple[float, float, float]:
        """Return precision, recall and F1 of one class."""
        return float(self.precision[number]), float(self.recall[number]), float(self.f1[number])

    @property
    def weighted(self) -> tuple[float, float, float]:
        """Mean of precision, recall and F1, weighted by support."""
        values = (self.precision, self.recall, self.f1)
        precision, recall, f1 = (float(np.average(value, weights=self.support)) for value in values)
        return precision, recall, f1


def count_labels(y_true: NDArray[np.int64], y_pred: NDArray[np.int64], *, classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix, (classes, classes), rows true."""
    counts = np.bincount(y_true * classes + y_pred, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def label_metrics(counts: NDArray[np.int64]) -> LabelMetrics:
    """Return the metrics of a confusion matrix with at least one row of data."""
    right, predicted, support = counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1)
    return LabelMetrics(
        counts=counts,
        precision=_ratio(right, predicted),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, support + predicted),
        support=support,
    )


def report_document(metrics: LabelMetrics, names: Sequence[str]) -> dict[str, Any]:
    """Return scikit-learn's `classification_report(output_dict=True)` as plain JSON values."""
    total = int(metrics.support.sum())
    rows = zip(
        metrics.precision.tolist(), metrics.recall.tolist(), metrics.f1.tolist(), metrics.support.tolist(), strict=True
    )
    return {
        **{name: dict(zip(_COLUMNS, row, strict=True)) for name, row in zip(names, rows, strict=True)},
        "accuracy": metrics.accuracy,
        "macro avg": dict(zip(_COLUMNS, (*metrics.macro, total), strict=True)),
        _WEIGHTED: dict(zip(_COLUMNS, (*metrics.weighted, total), strict=True)),
    }


def report_text(metrics: LabelMetrics, names: Sequence[str]) -> str:
    """Return scikit-learn's `classification_report` as text."""
    document = report_document(metrics, names)
    width = max(len(_WEIGHTED), *map(len, names))
    total = int(metrics.support.sum())
    classes = [_line(name, document[name], width) for name in names]
    averages = [_line(name, document[name], width) for name in ("macro avg", _WEIGHTED)]
    accuracy = f"{'accuracy':>{width}}  {'':>9} {'':>9} {document['accuracy']:>9.2f} {total:>9}"
    head = f"{'':>{width}} " + "".join(f" {column:>9}" for column in _COLUMNS)
    return "\n".join([head, "", *classes, "", accuracy, *averages, ""])


def _line(name: str, row: dict[str, Any], width: int) -> str:
    *values, support = row.values()
    return f"{printable(name):>{width}} " + "".join(f" {value:>9.2f}" for value in values) + f" {support:>9}"


def _ratio(counts: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(counts, of, out=np.zeros(len(counts)), where=of > 0)
