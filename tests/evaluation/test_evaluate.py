"""Every number equals what a user gets from scikit-learn on the stored predictions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from optbench.evaluation import evaluate
from optbench.records import Predictions
from optbench.words import sentences

NAMES = ("No", "Yes", "Maybe", "Never", "Often")


def names(classes):
    return tuple(NAMES[number] if number < len(NAMES) else f"class {number}" for number in range(classes))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_metrics_of_every_split_are_scikit_learns(predictions, classes):
    """Accuracy, macro averages, log loss and AUC are those of scikit-learn, called directly."""
    found = predictions(classes)
    evaluation = evaluate(found, class_names=names(classes))
    majority = np.bincount(found["train"].y_true).argmax()
    for split, part in found.items():
        y_true, y_score, y_pred = part.y_true, part.y_score, part.y_score.argmax(axis=1)
        auc = [oracle.roc_auc_score(y_true == k, y_score[:, k]) for k in range(classes)]
        wanted = {
            "accuracy": oracle.accuracy_score(y_true, y_pred),
            "balanced_accuracy": oracle.balanced_accuracy_score(y_true, y_pred),
            "precision_macro": oracle.precision_score(y_true, y_pred, average="macro"),
            "recall_macro": oracle.recall_score(y_true, y_pred, average="macro"),
            "f1_macro": oracle.f1_score(y_true, y_pred, average="macro"),
            "log_loss": oracle.log_loss(y_true, y_score),
            "roc_auc": auc[1] if classes == 2 else np.mean(auc),
            "majority_accuracy": np.mean(y_true == majority),
        }
        assert {name: evaluation.metrics[split][name] for name in wanted} == wanted


def test_auc_of_several_classes_is_one_vs_rest_unweighted(predictions):
    """The mean over classes is scikit-learn's own `multi_class="ovr"`, on rows that it accepts as probabilities."""
    found = predictions(4)
    test = found["test"]
    exact = test.y_score.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    wanted = oracle.roc_auc_score(test.y_true, exact, multi_class="ovr", average="macro")
    assert evaluate(found, class_names=names(4)).metrics["test"]["roc_auc"] == pytest.approx(wanted, abs=1e-6)


def test_auc_of_two_classes_is_that_of_the_positive_class():
    """With the first class as the positive one, AUC and curve speak of the first column."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    first = rng.random(300).astype(np.float32)  # the columns of this model do not mirror each other
    second = (0.5 * rng.random(300) + 0.4 * y).astype(np.float32)
    part = Predictions(y, np.stack([first, second], axis=1), np.arange(300))
    found = {"train": part, "test": part}
    for positive in (0, 1):
        evaluation = evaluate(found, class_names=("a", "b"), positive_class=positive)
        wanted = oracle.roc_auc_score(y == positive, part.y_score[:, positive])
        assert evaluation.metrics["test"]["roc_auc"] == wanted
        assert {(curve.split, curve.label, curve.auc) for curve in evaluation.roc_curves} == {
            ("train", "ab"[positive], wanted),
            ("test", "ab"[positive], wanted),
        }


def test_report_and_confusion_matrix_are_scikit_learns(predictions):
    """Both are on the test split, with every class, by name."""
    found = predictions(3)
    evaluation = evaluate(found, class_names=names(3))
    y_true, y_pred = found["test"].y_true, found["test"].y_score.argmax(axis=1)
    assert evaluation.confusion.counts.tolist() == oracle.confusion_matrix(y_true, y_pred).tolist()
    assert evaluation.confusion.class_names == names(3)
    assert evaluation.report_text == oracle.classification_report(y_true, y_pred, target_names=names(3))
    assert evaluation.report_json == oracle.classification_report(
        y_true, y_pred, target_names=names(3), output_dict=True
    )


def test_a_class_named_like_a_row_of_the_report_keeps_its_row(predictions):
    """A label "accuracy" does not disappear behind the report's own accuracy."""
    report = evaluate(predictions(2), class_names=("accuracy", "macro avg")).report_json
    assert set(report) == {"accuracy (class)", "macro avg (class)", "accuracy", "macro avg", "weighted avg"}
    assert isinstance(report["accuracy"], float)


def test_ties_go_to_the_first_class():
    """Scores 0.5 and 0.5 answer the first class: the second is predicted only if its score is over 0.5."""
    scores = np.array([[0.5, 0.5], [0.4999999, 0.5000001], [0.6, 0.4]], dtype=np.float32)
    part = Predictions(np.array([0, 1, 0]), scores, np.arange(3))
    assert evaluate({"train": part, "test": part}, class_names=("a", "b")).metrics["test"]["accuracy"] == 1.0


def test_a_class_absent_from_a_split_leaves_its_auc_undefined_and_says_so(predictions):
    """Nothing is raised or warned; AUC is None with a sentence, the matrix keeps the empty row."""
    found = predictions(3)
    test = found["test"]
    kept = test.y_true != 1
    found["test"] = Predictions(test.y_true[kept], test.y_score[kept], test.rows[kept])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluation = evaluate(found, class_names=names(3))
    assert evaluation.metrics["test"]["roc_auc"] is None
    assert evaluation.metrics["train"]["roc_auc"] is not None
    assert evaluation.confusion.counts.shape == (3, 3)
    assert evaluation.confusion.counts[1].sum() == 0
    assert any("the test split has no row of 'Yes'" in sentence for sentence in sentences(evaluation.warnings))
    assert [curve.label for curve in evaluation.roc_curves if curve.split == "test"] == ["No", "Maybe"]
    assert [curve.label for curve in evaluation.roc_curves if curve.split == "train"][-1] == "macro"


def test_a_run_with_nan_scores_has_no_metrics_but_keeps_the_majority_share(predictions):
    """Everything the model would answer is None, empty or a sentence; the data's own number stays."""
    found = {
        split: Predictions(part.y_true, np.full_like(part.y_score, np.nan), part.rows)
        for split, part in predictions(3).items()
    }
    evaluation = evaluate(found, class_names=names(3))
    for metrics in evaluation.metrics.values():
        values = dict(metrics)
        assert values.pop("majority_accuracy") > 0
        assert set(values.values()) == {None}
    assert evaluation.confusion is None
    assert evaluation.roc_curves == ()
    assert evaluation.report_json == {}
    assert evaluation.warnings[0].code == "evaluation-scores-not-finite"


def test_scores_that_are_no_probabilities_lose_only_their_log_loss(predictions):
    """Logits rank and classify; their log loss is undefined, and a sentence says so."""
    found = {
        split: Predictions(part.y_true, 10 * part.y_score - 3, part.rows) for split, part in predictions(3).items()
    }
    evaluation = evaluate(found, class_names=names(3))
    assert evaluation.metrics["test"]["log_loss"] is None
    assert evaluation.metrics["test"]["roc_auc"] is not None
    assert "scores of the test split are not probabilities" in " ".join(sentences(evaluation.warnings))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 5))
def test_order_of_rows_changes_nothing(seed, classes):
    """Metrics, matrix and curves are functions of the set of rows."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(classes), 60).astype(np.float32).round(2)  # rounded: ties exist
    part = Predictions(rng.integers(0, classes, 60), scores, np.arange(60))
    shuffled = rng.permutation(60)
    other = Predictions(part.y_true[shuffled], part.y_score[shuffled], part.rows[shuffled])
    a = evaluate({"train": part, "test": part}, class_names=names(classes))
    b = evaluate({"train": other, "test": other}, class_names=names(classes))
    assert np.array_equal(a.confusion.counts, b.confusion.counts)
    for name, value in a.metrics["test"].items():
        assert b.metrics["test"][name] == (None if value is None else pytest.approx(value, rel=1e-6))
    for left, right in zip(a.roc_curves, b.roc_curves, strict=True):
        assert np.array_equal(left.fpr, right.fpr)
        assert np.array_equal(left.tpr, right.tpr)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.permutations(range(4)))
def test_relabelling_the_classes_permutes_the_matrix(seed, order):
    """Class numbers carry no meaning: the matrix moves with them, the metrics stay."""
    rng = np.random.default_rng(seed)
    part = Predictions(rng.integers(0, 4, 80), rng.dirichlet(np.ones(4), 80).astype(np.float32), np.arange(80))
    new_number = np.argsort(order)
    moved = Predictions(new_number[part.y_true], part.y_score[:, order], part.rows)
    labels = names(4)
    a = evaluate({"train": part, "test": part}, class_names=labels)
    b = evaluate({"train": moved, "test": moved}, class_names=[labels[k] for k in order])
    assert np.array_equal(b.confusion.counts, a.confusion.counts[np.ix_(order, order)])
    assert b.metrics["test"]["accuracy"] == a.metrics["test"]["accuracy"]
    assert b.metrics["test"]["f1_macro"] == pytest.approx(a.metrics["test"]["f1_macro"])
    assert b.metrics["test"]["log_loss"] == pytest.approx(a.metrics["test"]["log_loss"], rel=1e-6)
