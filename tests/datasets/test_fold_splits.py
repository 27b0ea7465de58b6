"""Folds: a partition of the rows, stratified as any split, in whole groups where the division keeps them whole."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.catalog.split_section import SplitConfig
from optbench.datasets.fold_splits import split_into_fold
from optbench.datasets.splits import SplitRows, SplitRule
from optbench.datasets.table_splits import divide_by_fractions
from optbench.errors import DataError

RULE = SplitRule(test=0.2, validation=0.1, stratify=True, seed=3)


def folds_of(y, *, folds, **more):
    names = [str(number) for number in range(int(y.max()) + 1)]
    return [
        divide_by_fractions(y, SplitConfig(folds=folds, fold=fold, **more), class_names=names).rows
        for fold in range(folds)
    ]


@pytest.mark.parametrize("folds", [2, 3, 5, 10])
@pytest.mark.parametrize("stratify", [True, False])
def test_every_row_is_tested_once_and_never_by_a_fold_that_trained_on_it(folds, stratify):
    """The test rows are a partition of all rows; within a fold the three parts are one, with a tenth to validate."""
    y = np.arange(203) % 3
    found = folds_of(y, folds=folds, stratify=stratify)
    assert sorted(np.concatenate([one.test for one in found]).tolist()) == list(range(203))
    sizes = [len(one.test) for one in found]
    assert max(sizes) - min(sizes) <= 1
    for one in found:
        assert sorted(np.concatenate([one.train, one.validation, one.test]).tolist()) == list(range(203))
        assert len(one.validation) == pytest.approx(20.3, abs=1)


def test_classes_have_their_share_in_every_fold():
    """As scikit-learn's StratifiedKFold: counts of a class differ by one at most."""
    y = (np.arange(300) % 10 == 0).astype(int)
    for one in folds_of(y, folds=5):
        assert np.bincount(y[one.test]).tolist() == [54, 6]


def test_another_seed_draws_other_folds_and_the_same_one_the_same():
    """A function of the rows, the classes and split.seed."""
    y = np.arange(100) % 2
    first, again, other = (folds_of(y, folds=4, seed=seed)[0].test.tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_groups_stay_whole_where_the_division_keeps_them_whole():
    """Whatever draws rows draws folds: here whole blocks of five."""
    rows = np.arange(100)

    def in_blocks(part, rule):
        blocks = np.unique(part // 5)
        n_test, n_validation = round(rule.test * len(blocks)), round(rule.validation * len(blocks))
        cut = [blocks[:n_test], blocks[n_test : n_test + n_validation], blocks[n_test + n_validation :]]
        test, validation, train = (part[np.isin(part // 5, some)] for some in cut)
        return SplitRows(train=train, validation=validation if n_validation else None, test=test)

    found = [split_into_fold(rows, RULE, fold=fold, folds=4, divide=in_blocks) for fold in range(4)]
    assert sorted(np.concatenate([one.test for one in found]).tolist()) == rows.tolist()
    for one in found:
        parts = [set((part // 5).tolist()) for part in one.by_name.values()]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 20


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"folds": 5}, "must both be given"),
        ({"fold": 1}, "must both be given"),
        ({"folds": 3, "fold": 3}, "fold be smaller"),
        ({"folds": 3, "fold": 0, "test": 0.2}, "split.test must be left out"),
    ],
)
def test_half_a_setting_is_refused(more, message):
    """Both keys, a fold that is there, and no test fraction beside it."""
    with pytest.raises(DataError, match=message):
        divide_by_fractions(np.arange(30) % 2, SplitConfig(**more), class_names=["a", "b"])


def test_a_class_that_is_too_small_is_named():
    """Three rows cannot be in five folds."""
    y = np.array([0] * 40 + [1] * 3)
    with pytest.raises(DataError, match="class '1' has"):
        folds_of(y, folds=5)
