"""Tuning as a picture: validation metric against learning rate, one curve per optimizer, with its spread over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.reporting.style import FAINT, logarithmic, new_figure, plot_style, shortened
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.reporting.comparison_figures import Look

_WIDE_RANGE: Final = 30.0


@dataclass(frozen=True, slots=True)
class TuningCurve:
    """What the tuning of one optimizer looks like.

    Attributes
    ----------
    learning_rates : ascending
    scores : per learning rate the scores of its seeds; None for a run that diverged
    chosen : position of the chosen learning rate
    is_curve : False where more than the learning rate was searched: then the points stand for themselves
    """

    label: str
    learning_rates: tuple[float, ...]
    scores: tuple[tuple[float | None, ...], ...]
    chosen: int
    is_curve: bool = True

    def known(self, position: int) -> list[float]:
        """Return the scores there are at one learning rate."""
        return [score for score in self.scores[position] if score is not None]


def tuning_figure(
    curves: Sequence[TuningCurve], look: Look, *, metric: str, language: str | None = None
) -> Figure | None:
    """Draw the curves; crosses at the lower edge mark learning rates at which a run diverged.

    Returns None if there is nothing to draw.
    """
    scores = [score for curve in curves for position in range(len(curve.scores)) for score in curve.known(position)]
    if not scores:
        return None
    figure, (axes,) = new_figure(width=7.4, height=4.2, language=language)
    with plot_style():
        for curve in curves:
            _draw_curve(axes, curve, look)
        logarithmic(axes, "x", language)
        if min(scores) > 0 and max(scores) > _WIDE_RANGE * min(scores):
            logarithmic(axes, "y", language)
        axes.set(xlabel=text("figure-learning-rate", language), ylabel=metric)
        _mark_diverged(axes, curves, look, language)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw_curve(axes: Axes, curve: TuningCurve, look: Look) -> None:
    colour, style = look.colours[curve.label], look.line_styles[curve.label]
    places = [place for place in range(len(curve.scores)) if curve.known(place)]
    rates = [curve.learning_rates[place] for place in places]
    means = [sum(curve.known(place)) / len(curve.known(place)) for place in places]
    if curve.is_curve:
        axes.plot(rates, means, color=colour, linestyle=style, label=shortened(curve.label))
        lows, highs = ([end(curve.known(place)) for place in places] for end in (min, max))
        axes.fill_between(rates, lows, highs, color=colour, alpha=0.15, linewidth=0)
    else:
        axes.plot(rates, means, "o", color=colour, alpha=0.6, label=shortened(curve.label))
    for place, rate in zip(places, rates, strict=True):
        known = curve.known(place)
        axes.plot([rate] * len(known), known, ".", color=colour, markersize=5)
    if curve.chosen in places:
        best = places.index(curve.chosen)
        axes.plot([rates[best]], [means[best]], "*", color=colour, markersize=15, markeredgecolor="white")


def _mark_diverged(axes: Axes, curves: Sequence[TuningCurve], look: Look, language: str | None) -> None:
    marked = False
    for row, curve in enumerate(curves):
        lost = [
            rate
            for rate, scores in zip(curve.learning_rates, curve.scores, strict=True)
            if any(s is None for s in scores)
        ]
        if lost:
            height = [0.02 + 0.03 * row] * len(lost)
            axes.plot(lost, height, "x", color=look.colours[curve.label], transform=axes.get_xaxis_transform())
            marked = True
    if marked:
        axes.plot([], [], "x", color=FAINT, linestyle="none", label=text("figure-a-run-diverged", language))
