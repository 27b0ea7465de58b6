"""Groups stay whole, and what can be had of fractions, strata and independence of the order of rows is had."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from optbench.datasets.group_splits import mixed, split_by_groups
from optbench.datasets.splits import SplitRule
from optbench.errors import DataError


def identities(numbers):
    """Return a number for each group, as a digest of its name would be."""
    return mixed(np.asarray(numbers, dtype=np.uint64) + np.uint64(1))


def divided(groups, y, *, test=0.2, validation=0.1, stratify=True, seed=0):
    y = np.asarray(y, dtype=np.int64)
    names = [str(number) for number in range(int(y.max()) + 1)]
    rule = SplitRule(test, validation, stratify, seed)
    return split_by_groups(np.arange(len(y)), y, identities(groups), rule, class_names=names, what="the column 'g'")


def table(sizes, rng, share=0.3):
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return groups, (rng.random(len(groups)) < share).astype(np.int64)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=3, max_size=60),
    seed=st.integers(0, 2**63 - 1),
    draw=st.integers(0, 1000),
    stratify=st.booleans(),
    validation=st.sampled_from([0.0, 0.1, 0.3]),
)
def test_every_group_is_in_one_split_and_every_row_in_one(sizes, seed, draw, stratify, validation):
    """The law that the key is for; and each split that is asked for has a group."""
    groups, y = table([*sizes, 12], np.random.default_rng(draw))
    parts = divided(groups, y, seed=seed, stratify=stratify, validation=validation).by_name
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(y)))
    members = [set(groups[rows].tolist()) for rows in parts.values()]
    assert sum(map(len, members)) == len(set(groups.tolist()))
    assert all(members)
    assert len(parts) == 2 + (validation > 0)


@settings(max_examples=30, deadline=None)
@given(draw=st.integers(0, 1000), seed=st.integers(0, 100))
def test_the_order_of_rows_says_nothing(draw, seed):
    """Shuffled rows have the same groups on the same sides."""
    rng = np.random.default_rng(draw)
    groups, y = table(rng.integers(1, 9, 50), rng)
    order = rng.permutation(len(y))
    one, other = divided(groups, y, seed=seed), divided(groups[order], y[order], seed=seed)
    for name, rows in one.by_name.items():
        assert set(groups[rows].tolist()) == set(groups[order][other.by_name[name]].tolist())


def test_the_seed_draws_another_split():
    """Also where all groups have sizes of their own, which would decide alone if the largest came first."""
    groups, y = table(np.arange(5, 45), np.random.default_rng(0))
    tests = {frozenset(groups[divided(groups, y, seed=seed).test].tolist()) for seed in range(20)}
    assert len(tests) == 20


def test_fractions_and_strata_are_those_asked_for():
    """Within a row of the fractions and a hundredth of the classes' shares, for groups of a few rows."""
    rng = np.random.default_rng(0)
    for sizes in (rng.integers(1, 6, 2000), np.ones(3000, dtype=int), rng.integers(1, 40, 400)):
        groups, y = table(sizes, rng)
        parts = divided(groups, y).by_name
        for name, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
            assert abs(len(parts[name]) / len(y) - share) < 0.005
            assert abs(y[parts[name]].mean() - y.mean()) < 0.01


def test_classes_that_differ_between_groups_are_shared_out_as_well_as_by_scikit_learn():
    """Groups with shares of their own: the test split's classes are as near as those of StratifiedGroupKFold."""
    ours, theirs = [], []
    for draw in range(10):
        rng = np.random.default_rng(draw)
        sizes = rng.integers(1, 30, 80)
        groups = np.repeat(np.arange(80), sizes)
        y = (rng.random(len(groups)) < rng.random(80)[groups]).astype(np.int64)
        counts = np.bincount(y)
        test = divided(groups, y, validation=0, seed=draw).test
        fold = StratifiedGroupKFold(5, shuffle=True, random_state=draw)
        other = next(fold.split(np.zeros(len(y)), y, groups))[1]
        ours.append(np.abs(np.bincount(y[test], minlength=2) / counts - 0.2).max())
        theirs.append(np.abs(np.bincount(y[other], minlength=2) / counts - 0.2).max())
    assert np.mean(ours) <= np.mean(theirs)


def test_a_group_larger_than_a_split_is_trained_on():
    """What would make up most of the test rows goes where it does least harm."""
    groups, y = table([600, *[4] * 100], np.random.default_rng(0))
    for seed in range(10):
        parts = divided(groups, y, seed=seed)
        assert 0 in groups[parts.train]
        assert abs(len(parts.test) - 200) <= 4


def test_a_class_of_one_group_is_trained_on():
    """Nothing can be learned of a class that is in the test split alone."""
    groups = np.repeat(np.arange(30), 5)
    y = np.where(groups == 7, 1, 0)
    for seed in range(20):
        assert 7 in groups[divided(groups, y, seed=seed).train]


@pytest.mark.parametrize(("n_groups", "validation"), [(1, 0.0), (1, 0.1), (2, 0.1)])
def test_fewer_groups_than_splits_are_refused(n_groups, validation):
    """With the number of both."""
    groups = np.arange(60) % n_groups
    told = f"the column 'g' makes {n_groups} groups?; {2 + (validation > 0)} splits need at least"
    with pytest.raises(DataError, match=told):
        divided(groups, np.arange(60) % 2, validation=validation)


def test_many_small_groups_are_dealt_out_at_once():
    """Equal sizes and classes are dealt with in one step: the fractions are exact but for rounding."""
    rng = np.random.default_rng(0)
    groups, y = table([3000, *rng.integers(1, 4, 50_000)], rng)
    parts = divided(groups, y).by_name
    assert [round(len(rows) / len(y), 3) for rows in parts.values()] == [0.7, 0.1, 0.2]
    assert all(abs(y[rows].mean() - y.mean()) < 1e-3 for rows in parts.values())


def test_folds_keep_groups_whole(load_csv):
    """Every row is tested in one fold, beside all others of its group and without them in training."""
    rng = np.random.default_rng(3)
    groups, y = table(rng.integers(1, 6, 40), rng)
    text = "x,customer,y\n" + "".join(f"{rng.normal()},c{g},{label}\n" for g, label in zip(groups, y, strict=True))
    tested = []
    for fold in range(3):
        data = load_csv(text, split={"group": "customer", "folds": 3, "fold": fold})
        rows = {name: getattr(data, name).rows for name in ("train", "validation", "test")}
        members = {name: set(groups[part].tolist()) for name, part in rows.items()}
        assert not (members["test"] & (members["train"] | members["validation"]))
        assert not members["train"] & members["validation"]
        tested.append(rows["test"])
    assert sorted(np.concatenate(tested).tolist()) == list(range(len(y)))


def test_folds_cannot_follow_time(load_csv):
    """What time decides, no fold can."""
    text = "x,day,y\n" + "".join(f"{day},2020-01-{day:02d},{day % 2}\n" for day in range(1, 30))
    with pytest.raises(DataError, match=r"split\.folds must be left out here: the test rows are given by split\.time"):
        load_csv(text, split={"time": "day", "folds": 3, "fold": 0})
