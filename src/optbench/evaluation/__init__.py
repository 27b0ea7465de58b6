"""From `y_true` and `y_score` to metrics, curves and warnings, all through scikit-learn."""

from __future__ import annotations

from optbench.evaluation.evaluate import evaluate
from optbench.evaluation.metrics_file import metrics_json, read_metrics
from optbench.evaluation.tables import confusion_csv, read_confusion, read_roc_csv, roc_csv

__all__ = [
    "confusion_csv",
    "evaluate",
    "metrics_json",
    "read_confusion",
    "read_metrics",
    "read_roc_csv",
    "roc_csv",
]
