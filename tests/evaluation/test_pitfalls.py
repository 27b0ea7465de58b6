"""A warning appears where a reader would be fooled, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.evaluation import evaluate
from optbench.records import History, Predictions
from optbench.words import sentence

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def scored(y_true, y_pred, *, classes=2):
    """Predictions that answer `y_pred` with a score of 0.9."""
    rest = 0.1 / (classes - 1)
    scores = np.full((len(y_true), classes), rest, dtype=np.float32)
    scores[np.arange(len(y_true)), y_pred] = 0.9
    return Predictions(np.asarray(y_true), scores, np.arange(len(y_true)))


def answers(n, *, right, positives=0.5, seed=0):
    """A share `right` of the answers is right, in both classes."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < positives * n).astype(np.int64)
    y_pred = np.where(rng.permutation(n) < right * n, y, 1 - y)
    return scored(y, y_pred)


def history(losses, val_losses):
    rows = tuple((float(e), a, 0.5, b, 0.5, 0.1) for e, (a, b) in enumerate(zip(losses, val_losses, strict=True)))
    return History(COLUMNS, rows)


def sentences(train, test, **options):
    found = evaluate({"train": train, "test": test}, class_names=("No", "Yes"), **options).warnings
    return tuple(sentence(warning, "en") for warning in found)


def test_a_sound_run_has_no_warning():
    """A large split, a fair accuracy and falling losses need no comment."""
    train, test = answers(4000, right=0.9), answers(2000, right=0.89, seed=1)
    assert sentences(train, test, history=history([0.7, 0.4, 0.3], [0.7, 0.45, 0.4])) == ()


def test_one_answer_for_everything_is_said():
    """Which class, how many rows, and that the majority class is as good."""
    y = np.array([0] * 1400 + [1] * 600)
    found = scored(y, np.zeros(2000, dtype=int))
    scores = "(accuracy 70.0 %, majority class 70.0 %)"
    expected = f"the model predicts 'No' for all 2000 test rows {scores}: it has learned nothing."
    assert sentences(found, found) == (expected,)


@pytest.mark.parametrize(
    ("gained", "lost", "expected"),
    [
        (20, 30, "no better than always answering 'No'"),
        (20, 20, "no better than always answering 'No'"),
        (30, 24, "not clearly better than always answering 'No'"),
        (60, 20, None),
    ],
)
def test_a_model_is_measured_against_the_majority_class(gained, lost, expected):
    """Worse or equal, better by chance, clearly better."""
    y = np.array([0] * 1400 + [1] * 600)
    y_pred = np.zeros(2000, dtype=int)
    y_pred[:lost] = 1
    y_pred[1400 : 1400 + gained] = 1
    found = scored(y, y_pred)
    told = [sentence for sentence in sentences(found, found) if "always answering" in sentence]
    assert (expected in told[0]) if expected else not told


@pytest.mark.parametrize(
    ("train_right", "test_right", "n", "expected"),
    [(0.99, 0.85, 1000, True), (0.86, 0.85, 1000, False), (0.90, 0.80, 60, False)],
)
def test_a_gap_in_accuracy_is_said_if_chance_does_not_explain_it(train_right, test_right, n, expected):
    """A large gap on many rows counts; a small one, or one on few rows, does not."""
    told = sentences(answers(n, right=train_right), answers(n, right=test_right, seed=1))
    assert any("the model over-fits" in sentence for sentence in told) is expected


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_said():
    """Best and last epoch stand in the sentence."""
    found = answers(2000, right=0.9)
    told = sentences(found, found, history=history([0.7, 0.5, 0.3, 0.1], [0.7, 0.5, 0.6, 0.9]))
    assert len(told) == 1
    assert "lowest after epoch 1 (0.5) and rose to 0.9 after epoch 3" in told[0]
    assert "training loss fell from 0.5 to 0.1" in told[0]


@pytest.mark.parametrize(
    ("losses", "val_losses"),
    [
        ([0.7, 0.5, 0.4], [0.7, 0.5, 0.51]),
        ([0.7, 0.5, 0.9], [0.7, 0.5, 0.9]),
        ([0.7, 0.5, 0.4], [0.7, 0.6, 0.5]),
        ([0.7], [0.7]),
    ],
    ids=["within noise", "both rise", "both fall", "one row"],
)
def test_other_loss_curves_are_no_sign_of_over_fitting(losses, val_losses):
    """Noise, an unstable run and a run that is still learning are something else."""
    found = answers(2000, right=0.9)
    assert sentences(found, found, history=history(losses, val_losses)) == ()


def test_repeated_rows_small_splits_and_divergence_come_in_a_fixed_order():
    """Diverged first, then rows seen in training, then the size of the test split."""
    found = answers(40, right=0.8)
    told = sentences(found, found, test_rows_in_train=3, history=history([0.7, float("inf")], [0.7, float("nan")]))
    assert [sentence.split(":")[0] for sentence in told] == [
        "the run diverged",
        "3 of 40 test rows have the same inputs as a training row, which flatters the test metrics.",
        "the test split has only 40 rows",
    ]
    assert "80.0 % has a 95 % interval from 65.2 % to 89.5 %" in told[-1]


def test_names_of_classes_are_quoted_without_control_characters():
    """A label cannot break a line of the terminal."""
    y = np.array([0] * 700 + [1] * 300)
    found = scored(y, np.zeros(1000, dtype=int))
    found = evaluate({"train": found, "test": found}, class_names=("a\n\x1b[31m", "b")).warnings
    told = [sentence(warning, "en") for warning in found]
    assert told
    assert not any("\n" in sentence or "\x1b" in sentence for sentence in told)
