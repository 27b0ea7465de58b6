"""Hardest examples are the most confident mistakes, by row number."""

from __future__ import annotations

import csv
import io

import numpy as np

from optbench.evaluation import evaluate, hardest_csv
from optbench.evaluation.hardest import MOST, hardest_examples, largest_errors
from optbench.records import Predictions
from optbench.regression_records import TargetPredictions


def test_they_are_the_wrong_answers_with_the_highest_probability(predictions):
    """Compared with sorting all rows; right answers and the other splits have no part in it."""
    found = predictions(4)
    part = found["test"]
    hardest = evaluate(found, class_names="abcd").hardest
    answers = part.y_score.argmax(axis=1)
    wrong = sorted(
        (-float(part.y_score[row, answers[row]]), row)
        for row in range(len(answers))
        if answers[row] != part.y_true[row]
    )
    assert [(-one.probability, one.row) for one in hardest] == wrong[:MOST]
    for one in hardest:
        assert (one.true, one.predicted) == ("abcd"[part.y_true[one.row]], "abcd"[answers[one.row]])
        assert one.probability_of_true == part.y_score[one.row, part.y_true[one.row]]


def test_rows_are_numbers_in_the_data_and_ties_go_by_them():
    """Not positions in the split."""
    sure = np.array([[0.1, 0.9]] * 3, dtype=np.float32)
    part = Predictions(np.array([0, 1, 0]), sure, np.array([70, 5, 12]))
    assert [one.row for one in hardest_examples(part, ("no", "yes"))] == [12, 70]


def test_a_run_without_mistakes_or_scores_has_none():
    """All right; diverged; a withheld test split."""
    y, sure = np.array([0, 1]), np.eye(2, dtype=np.float32)
    for part in (
        Predictions(y, sure, np.arange(2)),
        Predictions(y, np.full_like(sure, np.nan), np.arange(2)),
        Predictions(y[:0], sure[:0], np.arange(0)),
    ):
        assert hardest_examples(part, ("no", "yes")) == ()
    assert largest_errors(None) == []


def test_the_largest_errors_of_a_regression_come_first():
    """Whatever their sign."""
    part = TargetPredictions(np.array([1.0, 2.0, 3.0]), np.array([1.5, -7.0, 20.0]), np.array([4, 9, 2]))
    assert largest_errors(part) == [(2, 3.0, 20.0, -17.0), (9, 2.0, -7.0, 9.0), (4, 1.0, 1.5, -0.5)]


def test_the_table_guards_names_that_a_spreadsheet_would_execute(predictions):
    """As in the other tables."""
    evaluation = evaluate(predictions(2), class_names=("=no", "yes"))
    rows = list(csv.DictReader(io.StringIO(hardest_csv(evaluation.hardest))))
    assert len(rows) == len(evaluation.hardest)
    assert {row["true"] for row in rows} == {"'=no", "yes"}
