"""Learning curves over epochs: the scale is that of training, not of the model before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.reporting.style import FAINT
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_HIDING: Final = 4.0  # times the range of all later epochs: these would fill less than a quarter of the axis
_FEWEST_SCALED: Final = 2


def scale_without_start(axes: Axes, start: Sequence[float], rest: Sequence[float], language: str | None = None) -> bool:
    """Scale an axis to what training did, where the model before it was so much worse that it would hide the rest.

    Parameters
    ----------
    start, rest : finite values drawn at epoch 0, and at all later ones

    Returns
    -------
    Whether epoch 0 is outside; then it is written at the edge.
    """
    limits = limits_without_start(start, rest)
    if limits is None:
        return False
    low, high = limits
    axes.set_ylim(low, high)
    outside = outside_limits(start, limits)
    axes.annotate(
        text("figure-before-training", language, value=outside),
        (0.02, 0.98 if outside > high else 0.02),
        xycoords=axes.transAxes,
        va="top" if outside > high else "bottom",
        fontsize=8,
        color=FAINT,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        zorder=5,
    )
    return True


def limits_without_start(start: Sequence[float], rest: Sequence[float]) -> tuple[float, float] | None:
    """Return the ends of an axis on which epoch 0 would hide what training did; None where it would not.

    Parameters
    ----------
    start, rest : finite values at epoch 0, and at all later ones
    """
    if not start or len(set(rest)) < _FEWEST_SCALED:
        return None
    low, high = min(rest), max(rest)
    room = _HIDING * (high - low)
    if high - room <= min(start) and max(start) <= low + room:
        return None
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def outside_limits(start: Sequence[float], limits: tuple[float, float]) -> float:
    """Return the value at epoch 0 that is furthest outside the axis."""
    return max(start) if max(start) > limits[1] else min(start)
