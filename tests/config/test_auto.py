"""What `auto` stands for depends on the experiment alone."""

from __future__ import annotations

import os

import pytest

from optbench.config.auto import LARGE_MODEL_THREADS, auto_loss, auto_threads


@pytest.fixture
def threads(load, text):
    def run(model, shape, classes=3):
        config = load(text(model=model)).config.model
        return auto_threads(config, input_shape=shape, num_classes=classes)

    return run


@pytest.mark.parametrize("classes, loss", [(2, "binary_crossentropy"), (3, "sparse_categorical_crossentropy")])
def test_loss(classes, loss):
    """Two classes make one sigmoid unit, more a softmax."""
    assert auto_loss("classification", classes) == loss


def test_loss_of_a_number():
    """Regression is trained on the mean squared error."""
    assert auto_loss("regression", 0) == "mean_squared_error"


@pytest.mark.parametrize(
    "model, shape, expected",
    [
        ("{name: logistic}", (30,), 1),
        ("{name: mlp}", (784,), 1),
        ("{name: mlp, hidden_units: [999]}", (1000,), LARGE_MODEL_THREADS),
        ("{name: mlp, hidden_units: [990]}", (1000,), 1),
        ("{name: logistic}", (400_000,), LARGE_MODEL_THREADS),
        ("{name: cnn, filters: [1]}", (4, 4, 1), LARGE_MODEL_THREADS),
        ("{name: layers, layers: [{LSTM: {units: 2}}]}", (3, 2), LARGE_MODEL_THREADS),
        ("{name: layers, layers: [{conv1d: {filters: 2, kernel_size: 2}}]}", (3, 2), LARGE_MODEL_THREADS),
        ("{name: layers, layers: [{Dropout: {rate: 0.1}}]}", (3,), 1),
        ("{name: python, function: a.py:f}", (1001,), LARGE_MODEL_THREADS),
        ("{name: python, function: a.py:f}", (10, 10, 10), 1),
    ],
)
def test_threads(threads, model, shape, expected):
    """One thread for small models, two for convolutions, recurrent layers and more than a million weights."""
    assert threads(model, shape) == expected


def test_threads_do_not_depend_on_the_machine(threads, monkeypatch):
    """The number of cores is never asked for."""
    monkeypatch.setattr(os, "cpu_count", lambda: pytest.fail("asked for the machine's cores"))
    assert threads("{name: mlp, hidden_units: [5000, 5000]}", (784,)) == LARGE_MODEL_THREADS
