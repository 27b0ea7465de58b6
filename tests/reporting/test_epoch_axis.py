"""The scale of learning curves is that of training."""

from __future__ import annotations

import pytest

from optbench.records import History
from optbench.reporting.epoch_axis import scale_without_start
from optbench.reporting.run_figures import learning_curves_figure
from optbench.reporting.style import distinct_colours, new_figure


@pytest.mark.parametrize("start", [250.0, -40.0])
def test_a_bad_start_does_not_hide_the_rest(start):
    """Epoch 0 is outside, written at the edge, and training fills the axis."""
    _, (axes,) = new_figure(language="en")
    assert scale_without_start(axes, [start], [0.9, 0.5, 0.1])
    low, high = axes.get_ylim()
    assert 0.0 < low < 0.1
    assert 0.9 < high < 1.1
    assert axes.texts[0].get_text() == f"epoch 0: {start:.3g}"


def test_an_ordinary_start_is_shown():
    """A model that begins at chance and learns is a curve like any other."""
    _, (axes,) = new_figure(language="en")
    assert not scale_without_start(axes, [0.7], [0.6, 0.5, 0.4])
    assert not scale_without_start(axes, [250.0], [0.5])
    assert not axes.texts


def test_a_run_is_scaled_to_its_training():
    """The figure of one run, loss and accuracy."""
    rows = tuple((float(epoch), 0.5 - 0.02 * epoch if epoch else 90.0, 0.5 + 0.02 * epoch) for epoch in range(8))
    figure = learning_curves_figure(History(("epoch", "loss", "accuracy"), rows), language="en")
    loss, accuracy = figure.axes
    assert loss.get_ylim()[1] < 1.0
    assert not accuracy.texts


@pytest.mark.parametrize("number", [1, 7, 8, 60])
def test_no_colour_comes_twice(number):
    """However many optimizers there are."""
    assert len(set(distinct_colours(number))) == number
