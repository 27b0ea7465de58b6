"""The picture of the diagnostics: a line per layer and panel, what is not finite or zero left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.records import ALL_LAYERS, LayerDiagnostics
from optbench.reporting.diagnostics_figure import diagnostics_figure
from optbench.reporting.style import save_figure


def rows(layers, epochs=3, ratio=1e-3):
    return [
        LayerDiagnostics(epoch, layer, 5, 0.5 * epoch, 0.1, ratio, 3.0 + epoch)
        for epoch in range(1, epochs + 1)
        for layer in (*layers, ALL_LAYERS)
    ]


@pytest.mark.parametrize("count, labels", [(2, 3), (6, 7), (40, 8)])
def test_every_layer_has_a_line_and_the_legend_stays_short(count, labels):
    """With more layers than colours, those in the middle share one entry."""
    figure = diagnostics_figure(rows([f"dense_{i}" for i in range(count)]))
    assert [len(axes.lines) for axes in figure.axes] == [count + 1] * 3
    found = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(found) == labels
    assert found[-1] == "all layers"
    assert (count == 40) == (found[0] == "34 other layers")


def test_values_are_those_of_the_rows():
    """What is drawn is what was measured, epoch by epoch."""
    line = diagnostics_figure(rows(["a"])).axes[0].lines[0]
    assert list(line.get_xdata()) == [1, 2, 3]
    assert list(line.get_ydata()) == [0.5, 1.0, 1.5]


@pytest.mark.parametrize("ratio", [0.0, math.nan, math.inf])
def test_what_cannot_be_drawn_is_left_out(ratio):
    """A frozen or diverged layer leaves a gap in its own panel, not an error."""
    figure = diagnostics_figure([*rows(["a"], ratio=ratio), *rows(["a"], ratio=0.5)[-2:]])
    drawn = [np.isfinite(np.asarray(axes.lines[0].get_ydata(), dtype=float)).tolist() for axes in figure.axes]
    assert sorted(drawn) == [[False, False, False, True], [True] * 4, [True] * 4]
    assert save_figure(figure, "png")
