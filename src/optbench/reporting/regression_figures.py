"""The pictures of a regression run: predicted against true values, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.reporting.style import BLUE, FAINT, ORANGE, new_figure, plot_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.regression_records import TargetPredictions

_COLOURS: Final[Mapping[SplitName, str]] = {"train": ORANGE, "test": BLUE}
_MOST_POINTS: Final = 3000
_NOTHING: Final = "no finite predictions"


def predicted_against_true_figure(predictions: Mapping[SplitName, TargetPredictions]) -> Figure:
    """Draw a point per row, train below test, and the diagonal where a prediction is right.

    Of more than 3,000 rows of a split evenly spaced ones are drawn; `predictions.npz` has all of them.
    """
    with plot_style():
        figure, (axes,) = new_figure(width=5.8, height=5.4)
        axes.set_title("Predicted against true")
        axes.set(xlabel="true value", ylabel="predicted value")
        if not predictions:
            return _empty(figure, axes)
        low, high = _range([values for found in predictions.values() for values in (found.y_true, found.y_pred)])
        axes.plot([low, high], [low, high], color=FAINT, linewidth=1, linestyle=":", label="prediction is right")
        for split, found in _drawn(predictions):
            _points(axes, split, found, found.y_true, found.y_pred)
        axes.set(xlim=(low, high), ylim=(low, high))
        axes.set_aspect("equal")
        axes.legend(loc="upper left")
    return figure


def residuals_figure(predictions: Mapping[SplitName, TargetPredictions]) -> Figure:
    """Draw residuals against predictions, and how they are spread."""
    with plot_style():
        figure, (points, spread) = new_figure(width=9.4, height=4.2, ncols=2, width_ratios=[2, 1], sharey=True)
        points.set_title("Residuals")
        points.set(xlabel="predicted value", ylabel="true minus predicted")
        spread.set_title("Their spread")
        spread.set_xlabel("share of the rows per bin [%]")
        points.axhline(0, color=FAINT, linewidth=1, linestyle=":")
        if not predictions:
            return _empty(figure, points)
        low, high = _range([found.residuals for found in predictions.values()])
        bins = np.linspace(low, high, 31)
        for split, found in _drawn(predictions):
            _points(points, split, found, found.y_pred, found.residuals)
            counts, _ = np.histogram(found.residuals, bins)
            shares = 100 * counts / len(found.y_true)
            spread.stairs(shares, bins, orientation="horizontal", color=_COLOURS[split], lw=1.6)
        points.legend()
    return figure


def _drawn(predictions: Mapping[SplitName, TargetPredictions]) -> list[tuple[SplitName, TargetPredictions]]:
    """Return the splits that have a colour, in the order in which they are drawn."""
    return [(split, predictions[split]) for split in _COLOURS if split in predictions]


def _points(
    axes: Axes, split: SplitName, found: TargetPredictions, x: NDArray[np.float64], y: NDArray[np.float64]
) -> None:
    kept = _kept(found)
    many = len(kept) > _MOST_POINTS / 10
    size, alpha = (9, 0.35) if many else (16, 0.65)
    axes.scatter(x[kept], y[kept], s=size, color=_COLOURS[split], alpha=alpha, linewidth=0, label=_label(split, found))


def _label(split: SplitName, found: TargetPredictions) -> str:
    return f"{split} ({len(found.y_true):,} rows)"


def _kept(found: TargetPredictions) -> NDArray[np.int64]:
    """Return the positions of the rows that are drawn: all, or evenly spaced ones of many."""
    n = len(found.y_true)
    return np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(np.int64)


def _range(values: list[NDArray[np.float64]]) -> tuple[float, float]:
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    margin = 0.04 * (high - low) or max(1e-9, 0.04 * abs(high))
    return low - margin, high + margin


def _empty(figure: Figure, axes: Axes) -> Figure:
    axes.text(0.5, 0.5, _NOTHING, ha="center", va="center", color=FAINT, transform=axes.transAxes)
    return figure
