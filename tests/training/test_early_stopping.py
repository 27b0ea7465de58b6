"""Early stopping and best epoch, pure functions of the history."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from optbench.records import History
from optbench.training.early_stopping import best_epoch, should_stop


def history(values: list[float], column: str = "val_loss") -> History:
    return History(("epoch", column), tuple((float(i), value) for i, value in enumerate(values)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([9.0], 0),
        ([0.0, 3.0, 2.0, 2.5], 2),
        ([0.0, 3.0, 2.0, 2.0], 2),
        ([1.0, math.nan, math.nan], 0),
        ([1.0, math.nan, 5.0], 2),
        ([1.0, math.inf, 5.0], 2),
    ],
)
def test_the_best_epoch_is_the_first_lowest_after_training_began(values, expected):
    """Epoch 0 never counts, ties go to the earlier epoch, NaN never wins."""
    assert best_epoch(history(values), monitor="val_loss") == expected


def test_accuracy_is_better_when_higher():
    """Anything but a loss is maximised."""
    assert best_epoch(history([0.0, 0.5, 0.9, 0.7], "val_accuracy"), monitor="val_accuracy") == 2


def test_a_gain_within_min_delta_is_no_gain():
    """An improvement has to be larger than min_delta."""
    assert best_epoch(history([9.0, 1.0, 0.95]), monitor="val_loss", min_delta=0.1) == 1


def test_training_stops_after_patience_epochs_without_gain():
    """With patience 2, two epochs without improvement stop the run, one does not."""
    rule = SimpleNamespace(monitor="val_loss", patience=2, min_delta=0.0)
    assert not should_stop(history([9.0, 1.0, 2.0]), rule)
    assert should_stop(history([9.0, 1.0, 2.0, 2.0]), rule)
    assert not should_stop(history([9.0]), rule)
    assert not should_stop(history([9.0, 1.0, 2.0, 2.0]), None)


@pytest.mark.tensorflow
@pytest.mark.parametrize("seed", range(5))
def test_it_stops_where_keras_would(seed):
    """On random losses the last epoch and the best epoch are those of Keras' EarlyStopping callback."""
    import keras
    import numpy as np

    losses = [9.0, *np.random.Generator(np.random.Philox(seed)).uniform(size=30).tolist()]
    callback = keras.callbacks.EarlyStopping(monitor="val_loss", patience=4)
    callback.set_model(SimpleNamespace(stop_training=False))
    callback.on_train_begin()
    rule = SimpleNamespace(monitor="val_loss", patience=4, min_delta=0.0)
    for epoch in range(1, 31):
        callback.on_epoch_end(epoch - 1, {"val_loss": losses[epoch]})
        assert should_stop(history(losses[: epoch + 1]), rule) == callback.model.stop_training
        if callback.model.stop_training:
            break
    assert best_epoch(history(losses[: epoch + 1]), monitor="val_loss") == callback.best_epoch + 1
