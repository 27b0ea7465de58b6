"""Laws of the splits: partitions, shares, seeds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets.splits import SplitRule, proportional_counts, split_by_fractions
from optbench.errors import DataError

NAMES = ("a", "b", "c", "d")


def divided(y, **changes):
    rule = SplitRule(**{"test": 0.2, "validation": 0.1, "stratify": True, "seed": 0, **changes})
    y = np.asarray(y)
    names = NAMES[: y.max() + 1]
    return split_by_fractions(np.arange(len(y)), y, rule, class_names=names)


LABELS = st.lists(st.integers(0, 3), min_size=60, max_size=300).map(lambda tail: np.array([0, 1, 2, 3] * 5 + tail))
FRACTIONS = st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.5]), st.sampled_from([0.0, 0.1, 0.25]))


@settings(deadline=None)
@given(y=LABELS, fractions=FRACTIONS, seed=st.integers(0, 2**63 - 1), stratify=st.booleans())
def test_splits_are_a_partition_of_the_rounded_sizes(y, fractions, seed, stratify):
    """Every row is in one split; sizes are the fractions of all rows, rounded; rows ascend."""
    test, validation = fractions
    rows = divided(y, test=test, validation=validation, seed=seed, stratify=stratify)
    n = len(y)
    assert len(rows.test) == round(test * n)
    assert (0 if rows.validation is None else len(rows.validation)) == round(validation * n)
    parts = list(rows.by_name.values())
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    assert all((np.diff(part) > 0).all() for part in parts)


@settings(deadline=None)
@given(y=LABELS, seed=st.integers(0, 1000))
def test_stratified_shares_are_within_a_row_of_exact(y, seed):
    """Each class has its share of each split, to within one row (of classes large enough not to need the minimum)."""
    rows = divided(y, seed=seed)
    counts = np.bincount(y, minlength=4)
    for part in (rows.test, rows.validation):
        owed = counts * len(part) / len(y)
        got = np.bincount(y[part], minlength=4)
        assert (got >= 1).all()
        assert (np.abs(got - owed)[owed >= 1] <= 2).all(), (got, owed)


@given(y=LABELS, seed=st.integers(0, 1000))
def test_split_depends_on_rows_classes_and_seed_alone(y, seed):
    """The same labels and seed give the same split, another seed another."""
    assert np.array_equal(divided(y, seed=seed).test, divided(y, seed=seed).test)
    assert not np.array_equal(divided(y, seed=seed).test, divided(y, seed=seed + 1).test)


def test_every_row_is_tested_about_equally_often():
    """Over many split seeds no row is favoured: 2000 splits of 50 rows at 0.2 test each row about 400 times."""
    times = np.zeros(50, dtype=int)
    for seed in range(2000):
        times[divided(np.arange(50) % 2, seed=seed, stratify=False).test] += 1
    assert abs(times - 400).max() < 5 * np.sqrt(400 * 0.8)


def test_validation_zero_is_no_validation_split():
    """`validation: 0` leaves no split at all, not an empty one; the test split stays the same."""
    y = np.arange(100) % 2
    without = divided(y, validation=0.0)
    assert without.validation is None
    assert list(without.by_name) == ["train", "test"]
    assert np.array_equal(without.test, divided(y).test)


@given(
    counts=st.lists(st.integers(1, 10_000), min_size=1, max_size=12),
    share=st.floats(0, 1),
)
def test_proportional_counts_add_up(counts, share):
    """Shares are whole, at least one, at most what is there, and add up to the total."""
    total = round(share * sum(counts))
    shares = proportional_counts(counts, total)
    if total < len(counts):
        assert shares is None
    else:
        assert sum(shares) == total
        assert all(1 <= got <= count for got, count in zip(shares, counts, strict=True))


@pytest.mark.parametrize(
    ("y", "changes", "sentence"),
    [
        (
            [0] * 20 + [1],
            {},
            "class 'b' has 1 row; a stratified split needs at least 3, one each for test, validation, ",
        ),
        ([0] * 20 + [1], {"validation": 0.0}, "needs at least 2, one each for test, training. Add rows, remove the"),
        ([0, 1] * 4, {"test": 0.01}, "split.test: 0.01 of 8 rows is no row. Give more rows or a larger fraction."),
        ([0, 1] * 4, {"validation": 0.01}, "split.validation: 0.01 of 8 rows is no row. Give more rows or a larger "),
        ([0, 1] * 4, {"test": 0.8, "validation": 0.19}, "split leaves no training row: 6 test and 2 validation rows"),
        ([0, 1, 2, 3] * 5, {"test": 0.1}, "a stratified test split of 2 rows cannot hold each of the 4 classes"),
    ],
)
def test_splits_that_cannot_be_filled_are_refused(y, changes, sentence):
    """What is too small says so, with the numbers and the setting to change."""
    with pytest.raises(DataError) as caught:
        divided(y, **changes)
    assert sentence in str(caught.value)


def test_rare_class_is_kept_for_every_split():
    """Three rows of a class are one for each split, however much larger the test split is than the others."""
    y = np.array([0] * 3 + [1] * 97)
    rows = divided(y, test=0.8, validation=0.1)
    assert [np.bincount(y[part]).tolist() for part in (rows.test, rows.validation, rows.train)] == [
        [1, 79],
        [1, 9],
        [1, 9],
    ]


def test_unstratified_split_takes_a_class_of_one_row():
    """Without stratification a single row of a class is no error of the split."""
    rows = divided([0] * 20 + [1], stratify=False)
    assert sum(map(len, rows.by_name.values())) == 21
