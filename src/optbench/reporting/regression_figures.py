"""The pictures of a regression run: predicted against true values, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.reporting.style import BLUE, FAINT, ORANGE, new_figure, plot_style
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.regression_records import TargetPredictions

_COLOURS: Final[Mapping[SplitName, str]] = {"train": ORANGE, "test": BLUE}
_MOST_POINTS: Final = 3000


def predicted_against_true_figure(
    predictions: Mapping[SplitName, TargetPredictions], language: str | None = None
) -> Figure:
    """Draw a point per row, train below test, and the diagonal where a prediction is right.

    Of more than 3,000 rows of a split evenly spaced ones are drawn; `predictions.npz` has all of them.
    """
    with plot_style():
        figure, (axes,) = new_figure(width=5.8, height=5.4, language=language)
        axes.set_title(text("figure-predicted-against-true", language))
        axes.set(xlabel=text("figure-true-value", language), ylabel=text("figure-predicted-value", language))
        if not predictions:
            return _empty(figure, axes, language)
        low, high = _range([values for found in predictions.values() for values in (found.y_true, found.y_pred)])
        right = text("figure-prediction-is-right", language)
        axes.plot([low, high], [low, high], color=FAINT, linewidth=1, linestyle=":", label=right)
        for split, found in _drawn(predictions):
            _points(axes, split, found, found.y_true, found.y_pred, language)
        axes.set(xlim=(low, high), ylim=(low, high))
        axes.set_aspect("equal")
        axes.legend(loc="upper left")
    return figure


def residuals_figure(predictions: Mapping[SplitName, TargetPredictions], language: str | None = None) -> Figure:
    """Draw residuals against predictions, and how they are spread."""
    with plot_style():
        figure, (points, spread) = new_figure(
            width=9.4, height=4.2, ncols=2, width_ratios=[2, 1], sharey=True, language=language
        )
        points.set_title(text("figure-residuals", language))
        points.set(xlabel=text("figure-predicted-value", language), ylabel=text("figure-residual", language))
        spread.set_title(text("figure-residual-spread", language))
        spread.set_xlabel(text("figure-share-of-rows", language))
        points.axhline(0, color=FAINT, linewidth=1, linestyle=":")
        if not predictions:
            return _empty(figure, points, language)
        low, high = _range([found.residuals for found in predictions.values()])
        bins = np.linspace(low, high, 31)
        for split, found in _drawn(predictions):
            _points(points, split, found, found.y_pred, found.residuals, language)
            counts, _ = np.histogram(found.residuals, bins)
            shares = 100 * counts / len(found.y_true)
            spread.stairs(shares, bins, orientation="horizontal", color=_COLOURS[split], lw=1.6)
        points.legend()
    return figure


def _drawn(predictions: Mapping[SplitName, TargetPredictions]) -> list[tuple[SplitName, TargetPredictions]]:
    """Return the splits that have a colour, in the order in which they are drawn."""
    return [(split, predictions[split]) for split in _COLOURS if split in predictions]


def _points(
    axes: Axes,
    split: SplitName,
    found: TargetPredictions,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    language: str | None,
) -> None:
    kept = _kept(found)
    many = len(kept) > _MOST_POINTS / 10
    size, alpha = (9, 0.35) if many else (16, 0.65)
    label = text("figure-split-rows", language, split=split, n_rows=len(found.y_true))
    axes.scatter(x[kept], y[kept], s=size, color=_COLOURS[split], alpha=alpha, linewidth=0, label=label)


def _kept(found: TargetPredictions) -> NDArray[np.int64]:
    """Return the positions of the rows that are drawn: all, or evenly spaced ones of many."""
    n = len(found.y_true)
    return np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(np.int64)


def _range(values: list[NDArray[np.float64]]) -> tuple[float, float]:
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    margin = 0.04 * (high - low) or max(1e-9, 0.04 * abs(high))
    return low - margin, high + margin


def _empty(figure: Figure, axes: Axes, language: str | None) -> Figure:
    nothing = text("figure-no-finite-predictions", language)
    axes.text(0.5, 0.5, nothing, ha="center", va="center", color=FAINT, transform=axes.transAxes)
    return figure
