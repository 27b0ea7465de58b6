"""Tables and metrics.json come back as they were written."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from optbench.catalog.metrics import measured
from optbench.errors import StorageError
from optbench.evaluation import (
    confusion_csv,
    evaluate,
    metrics_json,
    read_confusion,
    read_metrics,
    read_roc_csv,
    roc_csv,
)
from optbench.records import ConfusionMatrix, Predictions

STRANGE = ('a,"b"', "line\nbreak", "=1+1", "日本語 $x_1$", "", "macro")


def test_a_confusion_matrix_comes_back_whatever_its_labels_are(tmp_path):
    """Quotes, commas, line breaks, formulas and other scripts survive."""
    matrix = ConfusionMatrix("test", STRANGE, np.arange(36).reshape(6, 6))
    path = tmp_path / "m.csv"
    path.write_text(confusion_csv(matrix), encoding="utf-8")
    again = read_confusion(path)
    assert again.class_names == STRANGE
    assert again.counts.tolist() == matrix.counts.tolist()
    assert again.counts.dtype == np.int64


def test_rows_are_true_and_columns_predicted(tmp_path):
    """One true "a" answered as "b" stands in row a, column b."""
    part = Predictions(np.array([0, 1]), np.array([[0.1, 0.9], [0.2, 0.8]], dtype=np.float32), np.arange(2))
    text = confusion_csv(evaluate({"train": part, "test": part}, class_names=("a", "b")).confusion)
    assert text == "true \\ predicted,a,b\na,0,1\nb,0,1\n"


def test_roc_curves_come_back_bit_for_bit(tmp_path, predictions):
    """Points and thresholds are exact, a class called "macro" included; the area follows from the points."""
    curves = evaluate(predictions(6), class_names=STRANGE).roc_curves
    path = tmp_path / "roc.csv"
    path.write_text(roc_csv(curves), encoding="utf-8")
    again = read_roc_csv(path)
    assert [(curve.split, curve.label) for curve in again] == [(curve.split, curve.label) for curve in curves]
    for left, right in zip(curves, again, strict=True):
        assert np.array_equal(left.fpr, right.fpr)
        assert np.array_equal(left.tpr, right.tpr)
        assert np.array_equal(left.threshold, right.threshold, equal_nan=True)
        assert right.auc == pytest.approx(left.auc, abs=1e-9)
    with path.open(newline="") as file:
        assert next(csv.reader(file)) == ["split", "class", "fpr", "tpr", "threshold"]


def test_no_curves_are_a_table_without_rows(tmp_path):
    """A diverged run's file has its header and reads back as nothing."""
    path = tmp_path / "roc.csv"
    path.write_text(roc_csv(()))
    assert path.read_text() == "split,class,fpr,tpr,threshold\n"
    assert read_roc_csv(path) == ()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "split,class,fpr,tpr,threshold\ntest,a,0.0,zero,inf\n"])
def test_a_damaged_table_is_a_sentence_with_its_path(tmp_path, text):
    """Neither a traceback nor a silent empty result."""
    path = tmp_path / "roc_curve.csv"
    path.write_text(text)
    for read in (read_roc_csv, read_confusion):
        with pytest.raises(StorageError, match="roc_curve.csv must hold"):
            read(path)


def test_metrics_json_has_the_documented_shape(predictions, tmp_path):
    """Fixed keys in a fixed order, strict JSON, null for a split or number that does not exist."""
    found = predictions(3)
    del found["validation"]
    found["train"] = Predictions(
        found["train"].y_true, np.full_like(found["train"].y_score, np.inf), found["train"].rows
    )
    evaluation = evaluate(found, class_names=("a", "b", "c"))
    document = metrics_json(
        evaluation, losses={"train": math.inf, "validation": 2.0}, epochs_run=3, best_epoch=2, diverged=True
    )
    assert list(document) == [
        "schema_version", "test", "validation", "train", "epochs_run", "best_epoch", "diverged", "warnings",
    ]  # fmt: skip
    assert document["schema_version"] == 2
    measured_by = [metric.name for metric in measured("classification")]
    assert list(document["test"]) == ["loss", *measured_by, "majority_accuracy"]
    assert (document["test"]["loss"], document["train"]["loss"]) == (None, None)
    assert document["validation"] is None
    assert document["train"]["accuracy"] is None
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(document, allow_nan=False))
    assert read_metrics(path) == document


def test_metrics_of_a_newer_version_are_refused(tmp_path):
    """A reader never guesses what a later schema means."""
    path = tmp_path / "metrics.json"
    path.write_text('{"schema_version": 99}')
    with pytest.raises(StorageError, match="schema_version"):
        read_metrics(path)
