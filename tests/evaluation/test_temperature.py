"""Temperatures against fine grids, scikit-learn's own calibration and exact logits; order and answers are kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax
from sklearn import metrics as oracle
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from optbench.evaluation.temperature import fit_temperature, logits_of, logits_per_class, with_temperature
from optbench.statistics.calibration import SMALLEST

TEMPERATURES = [0.01, 0.3, 1.0, 1.95, 3.0, 12.3, 100.0]
_NEAR = np.arange(1, 400, dtype=np.float32) * np.float32(2.0**-24)
EVERY_SIZE = np.unique(
    np.concatenate(
        [
            np.zeros(1, np.float32),
            np.geomspace(np.finfo(np.float32).tiny, 0.5, 2000).astype(np.float32),
            np.float32(0.5) - _NEAR,
            np.float32(0.5) + 2 * _NEAR,
            np.linspace(0.01, 0.99, 2000).astype(np.float32),
            np.float32(1) - _NEAR,
            np.ones(1, np.float32),
        ]
    )
)
"""Probabilities of one unit, in order: 0, all sizes, the steps of float32 around a half and below 1, and 1."""


def of_one_unit(p):
    """The columns 1 - p and p, as float32 computes them."""
    return np.stack([np.float32(1) - p, p], axis=1)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("sharpness", [0.4, 3.0])
def test_the_temperature_is_the_best_there_is_and_scikit_learns(predictions, classes, sharpness):
    """Of models that are too sure and too doubtful; compared with a fine grid and with another implementation."""
    raw = predictions(classes)["train"]
    logits = np.log(raw.y_score.astype(float))
    score = softmax(sharpness * logits, axis=1).astype(np.float32)
    fitted = fit_temperature(raw.y_true, logits_of(score, one_unit=False))
    grid = np.exp(np.linspace(np.log(0.2), np.log(5), 801))
    losses = [oracle.log_loss(raw.y_true, softmax(np.log(score.astype(float)) / t, axis=1)) for t in grid]
    assert fitted == pytest.approx(grid[int(np.argmin(losses))], rel=2e-3)
    calibrated = with_temperature(logits_of(score, one_unit=False), fitted)
    assert oracle.log_loss(raw.y_true, calibrated) == pytest.approx(min(losses), rel=1e-5)
    assert np.array_equal(calibrated.argmax(axis=1), score.argmax(axis=1))
    assert calibrated.dtype == np.float32


def test_calibrated_probabilities_are_those_of_another_implementation():
    """scikit-learn's temperature scaling of the same model on the same rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    y = (rng.random(600) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    model = LogisticRegression(C=1e6).fit(6 * x[:60], y[:60])
    score = model.predict_proba(x).astype(np.float32)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(x, y).predict_proba(x)
    told = logits_of(score, one_unit=False)
    ours = with_temperature(told, fit_temperature(y, told))
    assert ours == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_one_unit_keeps_order_and_answer_to_both_ends(temperature):
    """From 0 over the smallest normal number and the steps around a half to 1; exact beside the true logits."""
    calibrated = with_temperature(logits_of(of_one_unit(EVERY_SIZE), one_unit=True), temperature)
    assert (np.diff(calibrated[:, 1].astype(float)) >= 0).all()
    assert (np.diff(calibrated[:, 0].astype(float)) <= 0).all()
    assert np.array_equal(calibrated.argmax(axis=1), EVERY_SIZE > 0.5)
    inner = EVERY_SIZE[(EVERY_SIZE >= SMALLEST) & (EVERY_SIZE < 1)].astype(float)
    exact = expit(logit(inner) / temperature)
    told = logits_of(of_one_unit(inner.astype(np.float32)), one_unit=True)
    assert with_temperature(told, temperature)[:, 1] == pytest.approx(exact, abs=2e-7, rel=1e-6)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("classes", [2, 5])
def test_a_softmax_keeps_the_order_of_a_class_and_the_answer(classes, temperature):
    """As the logit of one class grows from where float32 has no number for it, so does its calibrated probability."""
    logits = np.linspace(-120, 120, 4001)[:, None] * np.eye(classes)[1] + np.linspace(0, 0.5, classes)
    with np.errstate(under="ignore"):
        score = softmax(logits, axis=1).astype(np.float32)
    score[score < SMALLEST] = 0  # as TensorFlow's processes do
    calibrated = with_temperature(logits_of(score, one_unit=False), temperature)
    assert (np.diff(calibrated[:, 1].astype(float)) >= 0).all()
    assert np.array_equal(calibrated.argmax(axis=1), score.argmax(axis=1))
    assert np.isfinite(calibrated).all()
    assert calibrated.sum(axis=1) == pytest.approx(1.0)


def test_what_float32_cannot_hold_is_not_more_probable_than_what_it_can():
    """An exact 0 stands for less than 1e-37; a 1 of one unit for half a step below it."""
    p = np.array([0.0, 1e-37, 1e-20, 1.0], dtype=np.float32)
    at_12 = with_temperature(logits_of(of_one_unit(p), one_unit=True), 12.0)[:, 1]
    assert at_12[0] == pytest.approx(expit(np.log(SMALLEST) / 12), rel=1e-5)
    assert at_12[3] == pytest.approx(expit(25 * np.log(2) / 12), rel=1e-5)
    assert at_12[0] < at_12[1] < at_12[2]


def test_the_temperature_of_one_unit_is_that_of_its_logits():
    """SciPy's minimum over the logits in float64, of a model that is far too sure at both ends."""
    rng = np.random.default_rng(4)
    logits = rng.normal(scale=12.0, size=800)
    y = (rng.random(800) < expit(logits / 9)).astype(int)
    fitted = fit_temperature(y, logits_of(of_one_unit(expit(logits).astype(np.float32)), one_unit=True))
    held = np.clip(logits, np.log(SMALLEST), 25 * np.log(2))
    best = minimize_scalar(
        lambda t: oracle.log_loss(y, expit(held / t)), bounds=(1, 50), method="bounded", options={"xatol": 1e-8}
    )
    assert fitted == pytest.approx(best.x, rel=0.01)


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 1e6])
def test_a_temperature_of_any_size_gives_probabilities(temperature):
    """One that was given need not make sense."""
    for one_unit in (True, False):
        calibrated = with_temperature(logits_of(of_one_unit(EVERY_SIZE), one_unit=one_unit), temperature)
        assert np.isfinite(calibrated).all()
        assert np.array_equal(calibrated.argmax(axis=1), EVERY_SIZE > 0.5)


def test_one_sigmoid_unit_is_divided_as_its_logit():
    """The two columns 1 - p and p are the softmax of 0 and the logit."""
    p = np.array([0.01, 0.3, 0.5, 0.97], dtype=np.float32)
    calibrated = with_temperature(logits_of(of_one_unit(p), one_unit=True), 2.5)
    assert logit(calibrated[:, 1].astype(float)) == pytest.approx(logit(p.astype(float)) / 2.5, abs=1e-5)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("classes", [2, 5])
def test_logits_are_divided_as_they_are_however_large(classes, temperature):
    """SciPy's softmax and sigmoid in float64, where float32 probabilities are all 0 or 1; order and answer are kept."""
    given = np.linspace(-400, 400, 4001, dtype=np.float32)[:, None] * np.eye(classes, dtype=np.float32)[1]
    per_class = with_temperature(logits_per_class(given), temperature)
    assert per_class == pytest.approx(softmax(given.astype(float) / temperature, axis=1), abs=1e-7)
    assert np.array_equal(per_class.argmax(axis=1), given.argmax(axis=1))
    one = with_temperature(logits_per_class(given[:, 1:2]), temperature)
    assert one[:, 1] == pytest.approx(expit(given[:, 1].astype(float) / temperature), abs=1e-7)
    assert (np.diff(one[:, 1].astype(float)) >= 0).all()
    assert np.array_equal(one.argmax(axis=1), given[:, 1] > 0)


def test_the_temperature_of_logits_is_that_of_far_too_sure_a_model():
    """What was drawn by logits over 9 is found to be so, although float32 tells none of them from 1 or 0."""
    rng = np.random.default_rng(7)
    logits = rng.normal(scale=40.0, size=4000)
    y = (rng.random(4000) < expit(logits / 9)).astype(int)
    fitted = fit_temperature(y, logits_per_class(logits.astype(np.float32)[:, None]))
    best = minimize_scalar(
        lambda t: oracle.log_loss(y, expit(logits / t)), bounds=(1, 50), method="bounded", options={"xatol": 1e-8}
    )
    assert fitted == pytest.approx(best.x, rel=1e-4)
    assert fitted == pytest.approx(9, rel=0.1)


def test_what_overflows_is_the_largest_there_is():
    """In half precision a logit may be infinite, as may two of one row; not a number stays one."""
    given = np.array([[np.inf, -np.inf], [np.inf, np.inf], [np.nan, 0]], dtype=np.float32)
    calibrated = with_temperature(logits_per_class(given), 5.0)
    assert calibrated[:2].tolist() == [[1.0, 0.0], [0.5, 0.5]]
    assert np.isnan(calibrated[2]).all()
    assert with_temperature(logits_per_class(given[:, :1]), 5.0)[0].tolist() == [0.0, 1.0]
