"""Metrics of classification against other implementations of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from optbench.evaluation import evaluate
from optbench.records import Predictions


def scores(classes, *, rows=300, seed=0, ties=False):
    """Class probabilities that know a little about the labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, rows)
    raw = rng.dirichlet(np.ones(classes), rows) + 0.5 * np.eye(classes)[y]
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    if ties:
        probabilities = (probabilities * 8).round() / 8
    return Predictions(y, probabilities.astype(np.float32), np.arange(rows))


def value_of(metric, part, classes, **options):
    names = [f"class {number}" for number in range(classes)]
    return evaluate({"train": part, "test": part}, class_names=names, **options).metrics["test"][metric]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_average_precision_is_scikit_learns(classes, ties):
    """Of the positive class; of several classes the unweighted mean of one-vs-rest."""
    part = scores(classes, ties=ties)
    each = [oracle.average_precision_score(part.y_true == k, part.y_score[:, k]) for k in range(classes)]
    expected = each[1] if classes == 2 else np.mean(each)
    assert value_of("average_precision", part, classes) == pytest.approx(expected, rel=1e-12)


def test_average_precision_follows_the_positive_class():
    """A rare class is judged by itself: the other one's average precision is another number."""
    part = scores(2)
    first = value_of("average_precision", part, 2, positive_class=0)
    assert first == pytest.approx(oracle.average_precision_score(part.y_true == 0, part.y_score[:, 0]))
    assert first != value_of("average_precision", part, 2, positive_class=1)


def test_average_precision_of_a_class_without_rows_is_undefined():
    """There is nothing to find, so nothing was found well or badly."""
    part = scores(3)
    two = Predictions(np.minimum(part.y_true, 1), part.y_score, part.rows)
    assert value_of("average_precision", two, 3) is None


def test_perfect_and_useless_rankings_have_the_known_average_precision():
    """1 where the class leads; its share of the rows where all scores are equal."""
    y = np.array([0, 0, 0, 1])
    right, equal = np.eye(2, dtype=np.float32)[y], np.full((4, 2), 0.5, dtype=np.float32)
    assert value_of("average_precision", Predictions(y, right, np.arange(4)), 2) == 1.0
    assert value_of("average_precision", Predictions(y, equal, np.arange(4)), 2) == pytest.approx(0.25)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_brier_score_is_scikit_learns(classes):
    """Of the positive class for two classes, summed over all classes for more."""
    part = scores(classes)
    answers = part.y_score.astype(np.float64)
    answers /= answers.sum(axis=1, keepdims=True)
    expected = oracle.brier_score_loss(
        part.y_true, answers[:, 1] if classes == 2 else answers, labels=list(range(classes)), scale_by_half="auto"
    )
    assert value_of("brier_score", part, classes) == pytest.approx(expected, rel=1e-5)


def test_the_brier_score_reaches_both_ends_of_its_range():
    """0 for certain right answers; 1 for two and 2 for more classes if every answer is wrong with certainty."""
    for classes, worst in ((2, 1.0), (3, 2.0)):
        y = np.arange(12) % classes
        right = Predictions(y, np.eye(classes, dtype=np.float32)[y], np.arange(12))
        wrong = Predictions(y, np.eye(classes, dtype=np.float32)[(y + 1) % classes], np.arange(12))
        assert (value_of("brier_score", right, classes), value_of("brier_score", wrong, classes)) == (0.0, worst)


def test_scores_that_are_no_probabilities_have_no_brier_score():
    """A squared distance from a logit means nothing."""
    part = scores(3)
    assert value_of("brier_score", Predictions(part.y_true, part.y_score * 9 - 4, part.rows), 3) is None


POSITIVE = {"precision": oracle.precision_score, "recall": oracle.recall_score, "f1": oracle.f1_score}


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("metric", POSITIVE)
def test_metrics_of_the_positive_class_are_scikit_learns(metric, positive):
    """Whichever of the two it is; of answers at 0.5."""
    part = scores(2)
    expected = POSITIVE[metric](part.y_true, part.y_score.argmax(axis=1), pos_label=positive)
    assert value_of(metric, part, 2, positive_class=positive) == pytest.approx(expected, rel=1e-12)
    assert value_of(metric, scores(3), 3) is None


@pytest.mark.parametrize("metric", POSITIVE)
def test_a_positive_class_that_is_never_answered_scores_nothing(metric):
    """0 where scikit-learn would divide by zero and warn."""
    y, never = np.array([0, 0, 1]), np.array([[0.9, 0.1]] * 3, dtype=np.float32)
    assert value_of(metric, Predictions(y, never, np.arange(3)), 2) == 0.0


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_matthews_correlation_is_scikit_learns(classes):
    """Of two classes and of more; 0 where all answers are the same, 1 where all are right, -1 where two are swapped."""
    part = scores(classes)
    expected = oracle.matthews_corrcoef(part.y_true, part.y_score.argmax(axis=1))
    assert value_of("matthews_correlation", part, classes) == pytest.approx(expected, rel=1e-12)
    sure = np.eye(classes, dtype=np.float32)
    same = Predictions(part.y_true, sure[np.zeros_like(part.y_true)], part.rows)
    assert value_of("matthews_correlation", same, classes) == 0.0
    right = Predictions(part.y_true, sure[part.y_true], part.rows)
    assert value_of("matthews_correlation", right, classes) == pytest.approx(1.0)
    if classes == 2:
        swapped = Predictions(part.y_true, sure[1 - part.y_true], part.rows)
        assert value_of("matthews_correlation", swapped, 2) == pytest.approx(-1.0)
