"""The first steps of the main optimizers against their formulas, written out here in NumPy with float64."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.config import OptimizerConfig
from optbench.training.optimizers import build_optimizer

pytestmark = pytest.mark.tensorflow

START = np.array([1.0, -2.0, 0.5])
GRADIENTS = [np.array([0.3, -0.1, 2.0]), np.array([-0.2, 0.4, 1.0]), np.array([0.1, 0.1, -3.0])]


def sgd(*, lr, momentum=0.0, nesterov=False, decay=0.0):
    w, m = START.copy(), np.zeros(3)
    for g in GRADIENTS:
        w = w - lr * decay * w
        m = momentum * m - lr * g
        w = w + (momentum * m - lr * g if nesterov else m)
        yield w


def rmsprop(*, lr, rho=0.9, epsilon=1e-7):
    w, v = START.copy(), np.zeros(3)
    for g in GRADIENTS:
        v = rho * v + (1 - rho) * g**2
        w = w - lr * g / np.sqrt(v + epsilon)
        yield w


def adam(*, lr, beta_1=0.9, beta_2=0.999, epsilon=1e-7, decay=0.0):
    w, m, v = START.copy(), np.zeros(3), np.zeros(3)
    for t, g in enumerate(GRADIENTS, start=1):
        w = w - lr * decay * w
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        w = w - lr * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
        yield w


def adagrad(*, lr, start=0.1, epsilon=1e-7):
    w, a = START.copy(), np.full(3, start)
    for g in GRADIENTS:
        a = a + g**2
        w = w - lr * g / np.sqrt(a + epsilon)
        yield w


def lion(*, lr, beta_1=0.9, beta_2=0.99):
    w, m = START.copy(), np.zeros(3)
    for g in GRADIENTS:
        w = w - lr * np.sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
        yield w


def lamb(*, lr, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    w, m, v = START.copy(), np.zeros(3), np.zeros(3)
    for t, g in enumerate(GRADIENTS, start=1):
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        u = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        w = w - lr * np.linalg.norm(w) / np.linalg.norm(u) * u
        yield w


def accumulated(*, lr):
    w = START.copy()
    yield w
    w = w - lr * (GRADIENTS[0] + GRADIENTS[1]) / 2
    yield w
    yield w


def clipped(*, lr, clipnorm):
    w = START.copy()
    for g in GRADIENTS:
        w = w - lr * g * min(1, clipnorm / np.linalg.norm(g))
        yield w


CASES = [
    ({"name": "sgd"}, list(sgd(lr=0.01))),
    ({"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}, list(sgd(lr=0.1, momentum=0.9))),
    ({"name": "sgd", "momentum": 0.9, "nesterov": True}, list(sgd(lr=0.01, momentum=0.9, nesterov=True))),
    ({"name": "sgd", "learning_rate": 0.5, "weight_decay": 0.1}, list(sgd(lr=0.5, decay=0.1))),
    ({"name": "sgd", "gradient_accumulation_steps": 2}, list(accumulated(lr=0.01))),
    ({"name": "sgd", "loss_scale_factor": 8.0, "clipnorm": 1.0}, list(clipped(lr=0.01, clipnorm=1.0))),
    ({"name": "rmsprop"}, list(rmsprop(lr=0.001))),
    ({"name": "adam"}, list(adam(lr=0.001))),
    ({"name": "adam", "learning_rate": 0.1, "beta_1": 0.5}, list(adam(lr=0.1, beta_1=0.5))),
    ({"name": "adamw", "learning_rate": 0.1}, list(adam(lr=0.1, decay=0.004))),
    ({"name": "adagrad"}, list(adagrad(lr=0.001))),
    ({"name": "lion"}, list(lion(lr=0.001))),
    ({"name": "lamb", "learning_rate": 0.1}, list(lamb(lr=0.1))),
]


@pytest.mark.parametrize(("section", "expected"), CASES, ids=lambda part: str(part) if isinstance(part, dict) else "")
@pytest.mark.parametrize("loss_scale", [None, "dynamic"])
def test_the_first_steps(section, expected, loss_scale, tmp_path):
    """Three steps from one point, with gradients of the scaled loss where the loss is scaled.

    The tolerance is that of `1 - beta_2` in float32.
    """
    import keras

    if loss_scale and "loss_scale_factor" in section:
        section = {name: value for name, value in section.items() if name != "loss_scale_factor"}
    arguments = {name: value for name, value in section.items() if name != "name"}
    config = OptimizerConfig(name=section["name"], arguments={**arguments, "loss_scale": loss_scale}).resolved()
    optimizer = build_optimizer(config, base=tmp_path)
    variable = keras.Variable(START.astype("float32"))
    optimizer.build([variable])
    for gradient, wanted in zip(GRADIENTS, expected, strict=True):
        scale = float(optimizer.scale_loss(np.float32(1)))
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype("float32") * np.float32(scale))], [variable])
        np.testing.assert_allclose(np.asarray(variable), wanted, rtol=2e-5, atol=2e-7)
