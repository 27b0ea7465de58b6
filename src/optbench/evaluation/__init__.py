"""From `y_true` and `y_score` or `y_pred` to metrics, curves and warnings; each number is scikit-learn's."""

from __future__ import annotations

from optbench.evaluation.evaluate import count_classes, evaluate
from optbench.evaluation.metrics_file import final_losses, metrics_json, read_metrics, recorded_warnings
from optbench.evaluation.precision_recall import precision_recall_curves
from optbench.evaluation.regression import evaluate_regression, predicted_numbers
from optbench.evaluation.reliability import reliability_curves
from optbench.evaluation.residuals import residuals_csv
from optbench.evaluation.split_metrics import scored
from optbench.evaluation.tables import (
    confusion_csv,
    hardest_csv,
    precision_recall_csv,
    read_confusion,
    read_roc_csv,
    reliability_csv,
    roc_csv,
)

__all__ = [
    "confusion_csv",
    "count_classes",
    "evaluate",
    "evaluate_regression",
    "final_losses",
    "hardest_csv",
    "metrics_json",
    "precision_recall_csv",
    "precision_recall_curves",
    "predicted_numbers",
    "read_confusion",
    "read_metrics",
    "read_roc_csv",
    "recorded_warnings",
    "reliability_csv",
    "reliability_curves",
    "residuals_csv",
    "roc_csv",
    "scored",
]
