"""Preprocessing learns from the training rows alone and agrees with scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.columns import CategoryColumn
from optbench.datasets.features import MAX_LEVELS, NumberColumn, feature_matrix, feature_names, fit_columns
from optbench.errors import DataError


def number(values, name="x"):
    return NumberColumn(name, np.array(values, dtype=np.float64))


def category(texts, name="c"):
    levels = tuple(dict.fromkeys(text for text in texts if text is not None))
    return CategoryColumn(name, texts_of(levels), np.array([-1 if t is None else levels.index(t) for t in texts]))


def fitted(columns, train, n):
    return fit_columns(columns, train=np.array(train), used=np.arange(n))


def matrix(columns, n):
    return feature_matrix(columns, 0, n)


def test_numbers_equal_sklearns_imputer_and_scaler():
    """Median, then mean and standard deviation of the training rows, as SimpleImputer and StandardScaler do it."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    values = rng.lognormal(size=(200, 3)) * [1, 100, 1e-3]
    values[rng.random((200, 3)) < 0.1] = np.nan
    train = np.sort(rng.permutation(200)[:120])
    oracle = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(values[train])
    columns = fitted([number(values[:, i]) for i in range(3)], train, 200)
    ours = matrix(columns, 200)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, oracle.transform(values), rtol=2e-7, atol=1e-7)


def test_categories_equal_sklearns_encoder_beside_the_unknown_column():
    """Three or more levels are one-hot, two are one column, as OneHotEncoder(drop="if_binary") does it."""
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(1)
    texts = [list(rng.choice(levels, 100)) for levels in (["a", "b"], ["u", "v", "w"], ["k", "l", "m", "n"])]
    oracle = OneHotEncoder(drop="if_binary", sparse_output=False).fit_transform(np.array(texts).T)
    columns = fitted([category(cells) for cells in texts], np.arange(100), 100)
    ours = matrix(columns, 100)
    unknown = [i for i, name in enumerate(feature_names(columns)) if name.endswith("=(unknown)")]
    assert np.array_equal(np.delete(ours, unknown, axis=1), oracle)
    assert len(unknown) == 3
    assert not ours[:, unknown].any()


def test_unseen_and_missing_categories_share_the_unknown_column():
    """What the training rows do not know is known to be unknown, never an error and never another level."""
    (column,) = fitted([category(["a", "b", "c", None, "new", "a"])], [0, 1, 2], 6)
    assert column.fitted.names == ("c=a", "c=b", "c=c", "c=(unknown)")
    assert matrix([column], 6).tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 1],
        [1, 0, 0, 0],
    ]
    assert (column.fitted.n_missing, column.fitted.n_unseen) == (1, 1)


def test_two_levels_are_one_column_and_unknown_another():
    """Of two levels the second has a column; first, second and unknown stay three different rows."""
    (column,) = fitted([category(["no", "yes", None])], [0, 1], 3)
    assert column.fitted.names == ("c=yes", "c=(unknown)")
    assert matrix([column], 3).tolist() == [[0, 0], [1, 0], [0, 1]]


def test_one_hot_is_limited_to_the_most_frequent_levels():
    """High cardinality does not make a model of thousands of inputs."""
    texts = [f"t{i:03d}" for i in range(MAX_LEVELS + 50)] + [f"t{i:03d}" for i in range(50, MAX_LEVELS + 50)]
    (column,) = fitted([category(texts)], range(len(texts)), len(texts))
    assert len(column.fitted.names) == MAX_LEVELS + 1
    assert column.fitted.levels == tuple(f"t{i:03d}" for i in range(50, MAX_LEVELS + 50))
    assert column.fitted.n_rare == 50
    assert matrix([column], 1)[0, -1] == 1


@settings(max_examples=50)
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=30),
    others=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=30),
)
def test_rows_outside_training_change_nothing_that_is_learned(values, others):
    """Median, mean, standard deviation and levels are functions of the training rows (no leakage)."""
    train = np.arange(len(values))
    alone = fitted([number(values)], train, len(values))[0].fitted
    beside = fitted([number(values + others)], train, len(values) + len(others))[0].fitted
    assert (alone.median, alone.mean, alone.sd) == (beside.median, beside.mean, beside.sd)


@given(st.permutations([0.1, 1e16, -1e16, 3.7, 2.2, 1e-8]))
def test_what_is_learned_does_not_depend_on_the_order_of_rows(values):
    """Sums are exact, so no order of additions shows in the numbers."""
    one = fitted([number(values)], range(6), 6)[0].fitted
    other = fitted([number(sorted(values))], range(6), 6)[0].fitted
    assert (one.mean, one.sd) == (other.mean, other.sd)


def test_numbers_constant_in_training_become_zero():
    """A column without spread in the training rows is not divided by zero."""
    columns = fitted([number([5.1, 5.1, 5.1, 5.1])], [0, 1, 2], 4)
    assert columns[0].fitted.sd == 1.0
    assert not matrix(columns, 4).any()


def test_column_without_a_training_value_is_zero_there():
    """If every training cell is missing, the median is taken as 0."""
    columns = fitted([number([np.nan, np.nan, 4.0])], [0, 1], 3)
    assert matrix(columns, 3).tolist() == [[0.0], [0.0], [4.0]]


@pytest.mark.parametrize("values", [[1e308, -1e308, 1e308], [1e200, 2.0, 3.0], [0.0, 1e-300, 1e300]])
def test_numbers_beyond_float32_are_refused(values):
    """A column that cannot be standardised in float32 is named, not turned into infinities."""
    with pytest.raises(DataError, match="column 'x' cannot be standardised: its numbers differ by more than"):
        fitted([number(values)], [0, 1], 3)


def test_matrix_columns_follow_the_table():
    """Inputs stand in the order of the table's columns, and each has a name."""
    columns = fitted([category(["a", "b"], "c"), number([1, 2], "x")], [0, 1], 2)
    assert feature_names(columns) == ("c=b", "c=(unknown)", "x")
    assert feature_matrix(columns, 1, 2).tolist() == [[1, 0, 1]]
