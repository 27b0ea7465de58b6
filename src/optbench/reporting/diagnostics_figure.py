"""Gradient norm, update ratio and weight norm per layer over the epochs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.records import ALL_LAYERS
from optbench.reporting.style import BLACK, PALETTE, logarithmic, new_figure, plot_style, shortened
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.records import LayerDiagnostics

_PANELS: Final = (
    ("gradient_norm", "figure-gradient-norm"),
    ("update_ratio", "figure-update-ratio"),
    ("weight_norm", "figure-weight-norm"),
)
_COLOURS: Final = tuple(colour for colour in PALETTE if colour != BLACK)
_OTHERS: Final = "#C4CAD0"
_WITH_MARKERS: Final = 30
_WIDE_RANGE: Final = 30.0


def diagnostics_figure(rows: Sequence[LayerDiagnostics], language: str | None = None) -> Figure:
    """Draw a line per layer; the band of the gradient norm is one standard deviation over the steps of an epoch.

    With more layers than colours, the first and last ones have one, and the others are grey.
    """
    layers = [layer for layer in dict.fromkeys(row.layer for row in rows) if layer != ALL_LAYERS]
    half = len(_COLOURS) // 2
    named = layers if len(layers) <= len(_COLOURS) else [*layers[:half], *layers[-half:]]
    with plot_style():
        figure, panels = new_figure(width=13.5, height=3.9, ncols=len(_PANELS), language=language)
        for axes, (name, title_code) in zip(panels, _PANELS, strict=True):
            _panel(axes, rows, name, layers, named, language)
            axes.set_title(text(title_code, language))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper")
    return figure


def _panel(
    axes: Axes,
    rows: Sequence[LayerDiagnostics],
    name: str,
    layers: Sequence[str],
    named: Sequence[str],
    language: str | None,
) -> None:
    from matplotlib.ticker import MaxNLocator

    colours = dict(zip(named, _COLOURS, strict=False))
    others = [layer for layer in layers if layer not in colours]
    for layer in (*others, *named, ALL_LAYERS):
        label = shortened(layer, 22) if layer not in others else text("figure-other-layers", language, n=len(others))
        style: dict[str, Any] = {"color": colours.get(layer, _OTHERS), "linewidth": 1.3}
        if layer == ALL_LAYERS:
            style = {"color": BLACK, "linewidth": 2.2}
            label = text("figure-all-layers", language)
        _line(
            axes, [row for row in rows if row.layer == layer], name, label if layer not in others[1:] else None, style
        )
    axes.set_xlabel(text("figure-epoch", language))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    drawn = [value for row in rows if 0 < (value := getattr(row, name)) < math.inf]
    if drawn and max(drawn) > _WIDE_RANGE * min(drawn):
        logarithmic(axes, "y", language)
    else:
        axes.set_ylim(bottom=0)


def _line(axes: Axes, rows: Sequence[LayerDiagnostics], name: str, label: str | None, style: dict[str, Any]) -> None:
    epochs = [row.epoch for row in rows]
    values = np.array([getattr(row, name) for row in rows], dtype=np.float64)
    values[~np.isfinite(values) | (values <= 0)] = np.nan  # the axis may be logarithmic
    axes.plot(epochs, values, label=label, marker="o" if len(epochs) <= _WITH_MARKERS else None, markersize=3, **style)
    if name == "gradient_norm" and style["color"] == BLACK:
        spread = np.array([row.gradient_norm_sd for row in rows], dtype=np.float64)
        low = np.maximum(values - spread, values / 10)
        axes.fill_between(epochs, low, values + spread, color=BLACK, alpha=0.12, linewidth=0)
