"""Generated problems: what they promise is true of the arrays, and they are functions of their section alone."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from optbench.catalog.draws import integers, normal, uniform
from optbench.catalog.generated import PROBLEMS
from optbench.config import TASK_OF, DatasetConfig
from optbench.datasets import load_dataset
from optbench.errors import DataError


def load(name, **settings):
    section = TypeAdapter(DatasetConfig).validate_python({"name": name, "rows": 600, **settings})
    return load_dataset(section, base=None, data_dir=None, task=TASK_OF[name])


def everything(dataset):
    """Return inputs and labels of all splits in the order of the rows."""
    parts = list(dataset.splits.values())
    order = np.argsort(np.concatenate([part.rows for part in parts]))
    return np.concatenate([part.x for part in parts])[order], np.concatenate([part.y for part in parts])[order]


@pytest.mark.parametrize("name", PROBLEMS)
def test_rows_are_a_function_of_the_section(name):
    """The same section gives the same bytes; another seed, other rows; the split's seed moves rows only."""
    first, again, other, moved = (load(name, **settings) for settings in ({}, {}, {"seed": 1}, {"split": {"seed": 1}}))
    assert (first.data_digest, first.split_digest) == (again.data_digest, again.split_digest)
    assert other.data_digest != first.data_digest == moved.data_digest
    assert moved.split_digest != first.split_digest
    assert {part: len(data.y) for part, data in first.splits.items()} == {"train": 420, "validation": 60, "test": 120}
    assert first.train.x.dtype == np.float32
    assert np.isfinite(first.train.x).all()
    assert first.task == "regression" or set(first.train.y) == set(range(first.num_classes))
    assert first.facts["generated"]["seed"] == 0


def test_parity():
    """The class is odd where the number of ones is, and steps are -1 or 1."""
    dataset = load("sequence_parity", length=5)
    x, y = everything(dataset)
    assert x.shape == (600, 5, 1)
    assert set(np.unique(x)) == {-1, 1}
    assert np.array_equal((x[..., 0] == 1).sum(axis=1) % 2, y)
    assert dataset.class_names == ("even", "odd")


def test_recall():
    """One step is marked, among the first; its symbol is the class; every step shows one symbol."""
    x, y = everything(load("delayed_recall", delay=7, positions=3, symbols=4))
    assert x.shape == (600, 10, 5)
    marked = x[..., -1].argmax(axis=1)
    assert (x[..., -1].sum(axis=1) == 1).all()
    assert set(marked) == {0, 1, 2}
    assert (x[..., :4].sum(axis=2) == 1).all()
    assert np.array_equal(x[np.arange(600), marked, :4].argmax(axis=1), y)


def test_signals_have_a_shape_per_class():
    """Without shift and noise, curves of a class differ by size and tilt only: two numbers explain them."""
    x, y = everything(load("signals", shift=0, noise=0.0, classes=3))
    assert x.shape == (600, 40, 1)
    for number in range(3):
        values = np.linalg.svd(x[y == number, :, 0], compute_uv=False)
        assert values[2] < 1e-5 * values[0]
    shapes = np.stack([x[y == number, :, 0].mean(axis=0) for number in range(3)])
    assert np.abs(np.corrcoef(shapes)[np.triu_indices(3, 1)]).max() < 0.95


def test_spirals_lie_half_a_turn_apart():
    """Without noise, radius and angle of a point tell its spiral exactly."""
    x, y = everything(load("two_spirals", noise=0.0, turns=2.0))
    radius = np.hypot(x[:, 0], x[:, 1])
    behind = (np.arctan2(x[:, 1], x[:, 0]) - 4 * np.pi * radius) % (2 * np.pi)
    assert np.allclose(np.cos(behind), np.where(y == 1, -1, 1), atol=1e-4)


def test_make_classification_is_scikit_learns():
    """Rows and labels are those of scikit-learn for the same generator, and its complaints are shown."""
    from sklearn.datasets import make_classification

    from optbench.random_streams import stream

    x, y = everything(load("make_classification", n_features=12, n_informative=6, n_redundant=3, n_classes=3))
    ours = np.random.RandomState(stream("make_classification", 0))
    theirs, labels = make_classification(
        600, n_features=12, n_informative=6, n_redundant=3, n_classes=3, random_state=ours
    )
    assert np.array_equal(x, theirs.astype(np.float32))
    assert np.array_equal(y, labels)
    with pytest.raises(DataError, match="make_classification: Number of informative"):
        load("make_classification", n_features=4)


@pytest.mark.parametrize("rotated", [True, False])
@pytest.mark.parametrize("condition", [1.0, 100.0, 1e5])
def test_condition_number_is_that_of_the_loss(condition, rotated):
    """The Hessian of the mean logistic loss at zero weights, by hand, has the condition number asked for."""
    dataset = load("ill_conditioned_logistic", condition_number=condition, features=6, rotated=rotated)
    x = np.column_stack([dataset.train.x.astype(float), np.ones(len(dataset.train.y))])
    values = np.linalg.eigvalsh(x.T @ x / (4 * len(x)))
    assert values[-1] / values[0] == pytest.approx(condition, rel=1e-3)
    assert dataset.facts["generated"]["condition_number"] == pytest.approx(condition, rel=1e-3)
    covariance = np.cov(dataset.train.x.T)
    off_axis = np.abs(covariance - np.diag(np.diag(covariance))).max()
    assert (off_axis > 1e-3) == (rotated and condition > 1)


def test_ill_conditioned_labels_follow_a_logistic_model():
    """A well converged logistic regression separates the classes, and its weights grow where inputs are small."""
    from sklearn.linear_model import LogisticRegression

    dataset = load("ill_conditioned_logistic", condition_number=1e4, features=4, rotated=False, rows=4000)
    fitted = LogisticRegression(C=np.inf, max_iter=10_000, tol=1e-8).fit(dataset.train.x, dataset.train.y)
    assert fitted.score(dataset.test.x, dataset.test.y) > 0.8
    assert np.abs(fitted.coef_[0][-1]) > np.abs(fitted.coef_[0][0])
    with pytest.raises(DataError, match="must leave more training rows than features"):
        load("ill_conditioned_logistic", features=500)


def test_draws_have_their_distribution():
    """Uniform, normal and whole numbers pass a test of fit; a purpose or a seed makes another stream."""
    assert stats.kstest(uniform("test", 0, 5000), "uniform").pvalue > 0.01
    assert stats.kstest(normal("test", 0, 5000), "norm").pvalue > 0.01
    assert stats.chisquare(np.bincount(integers("test", 0, 5000, below=7), minlength=7)).pvalue > 0.01
    assert integers("test", 0, 5000, below=7).max() == 6
    assert not np.array_equal(uniform("test", 0, 9), uniform("other", 0, 9))
    assert not np.array_equal(uniform("test", 0, 9), uniform("test", 1, 9))
    assert np.array_equal(uniform("test", 0, 9).reshape(3, 3), uniform("test", 0, 3, 3))


def test_friedman1():
    """Without noise the numbers are those of scikit-learn's formula on the same rows; noise adds its own spread."""
    from sklearn.linear_model import LinearRegression

    x, y = everything(load("friedman1", noise=0.0))
    x = x.astype(np.float64)
    exact = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    np.testing.assert_allclose(y, exact, atol=1e-5)
    assert x.shape == (600, 10)
    assert 0 < x.min() < x.max() < 1
    assert 0.6 < LinearRegression().fit(x, y).score(x, y) < 0.85  # no line explains it all
    _, noisy = everything(load("friedman1", noise=2.0))
    assert np.std(noisy - y) == pytest.approx(2.0, rel=0.1)


def test_make_regression_is_a_weighted_sum():
    """Least squares explains everything but the noise; more informative columns than columns are refused."""
    from sklearn.linear_model import LinearRegression

    x, y = everything(load("make_regression", noise=0.0, n_features=6, n_informative=3))
    fitted = LinearRegression().fit(x, y)
    assert fitted.score(x, y) == pytest.approx(1.0, abs=1e-6)
    assert (np.abs(fitted.coef_) > 1).sum() == 3
    with pytest.raises(DataError, match="n_informative must be at most n_features"):
        load("make_regression", n_features=2)
