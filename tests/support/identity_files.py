"""The identity files of a run: everything but times, environment, pictures, page, log, and what lists or zips them."""

IDENTITY_FILES = (
    "config.yaml",
    "config.resolved.yaml",
    "history.csv",
    "metrics.json",
    "predictions.npz",
    "classification_report.txt",
    "classification_report.json",
    "confusion_matrix.csv",
    "roc_curve.csv",
    "digests.json",
)
