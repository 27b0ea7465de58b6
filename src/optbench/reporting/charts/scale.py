"""From values to places along an axis, and the round numbers that stand at it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.reporting.charts.records import Axis

_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_DECADES: Final = 6
_FEW_DECADES: Final = 2.0
_ROOM: Final = 0.04
_SMALLEST: Final = 5e-324


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: 0 at its low end, 1 at its high end."""

    low: float
    high: float
    is_logarithmic: bool

    @classmethod
    def of(cls, axis: Axis) -> Scale:
        """Return the scale of an axis."""
        return cls(axis.low, axis.high, axis.is_logarithmic)

    def place(self, value: float) -> float:
        """Return where a value lies; outside of 0 to 1 it is outside the axis.

        On a logarithmic axis what is not positive lies far below it.
        """
        if not self.is_logarithmic:
            return (value - self.low) / (self.high - self.low)
        if value <= 0.0:
            return -1.0
        return math.log(value / self.low) / math.log(self.high / self.low)


def room_for(values: Iterable[float], *, is_logarithmic: bool = False, room: float = _ROOM) -> tuple[float, float]:
    """Return the ends of an axis that shows all values, with a little room; (0, 1) without values."""
    known = [value for value in values if math.isfinite(value) and (value > 0.0 or not is_logarithmic)]
    if not known:
        return (0.1, 1.0) if is_logarithmic else (0.0, 1.0)
    low, high = min(known), max(known)
    if is_logarithmic:
        span = (math.log(high) - math.log(low)) * room or math.log(2.0)
        return max(math.exp(math.log(low) - span), _SMALLEST), math.exp(math.log(high) + span)
    width = high - low or abs(high) * 0.1 or 1.0
    return low - room * width, high + room * width


def without_repeats(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the points of a line, of equal ones in a row the first: at the others a key would seem to do nothing."""
    points = [*zip(x, y, strict=True)]
    kept = [one for place, one in enumerate(points) if not place or one != points[place - 1]]
    return [one for one, _ in kept], [other for _, other in kept]


def ticks(low: float, high: float, *, is_logarithmic: bool, most: int = 6) -> list[float]:
    """Return round numbers between two ends, rising."""
    return _decades(low, high) if is_logarithmic else _steps(low, high, most)


def tick_texts(values: list[float], factor: float, *, is_logarithmic: bool) -> list[str]:
    """Return the numbers as they stand at the axis, with the marks of English."""
    shown = [factor * value for value in values]
    if is_logarithmic or len(shown) < 2:  # noqa: PLR2004 - no step between them
        return [_significant(value) for value in shown]
    step = shown[1] - shown[0]
    digits = next((digits for digits in range(9) if abs(round(step, digits) - step) < 1e-3 * step), 9)
    return [f"{value + 0.0:,.{digits}f}" for value in (round(one, digits) for one in shown)]


def _significant(value: float) -> str:
    """Write a number with up to six digits; far from 1 as a power of ten: `2e-5`."""
    if value == 0.0 or 1e-4 <= abs(value) < 1e6:  # noqa: PLR2004
        return f"{value:,.6g}"
    digit, _, power = f"{value:.0e}".partition("e")
    return f"{digit}e{int(power)}"


def axis_numbers(axis: Axis, most: int) -> list[tuple[float, str]]:
    """Return the numbers that stand at an axis: what is shown, times the axis' factor, and how it is written."""
    low, high = sorted((axis.factor * axis.low, axis.factor * axis.high))
    found = ticks(low, high, is_logarithmic=axis.is_logarithmic, most=most)
    return list(zip(found, tick_texts(found, 1.0, is_logarithmic=axis.is_logarithmic), strict=True))


def _steps(low: float, high: float, most: int) -> list[float]:
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * one for one in _ROUND if size * one >= raw * 0.999999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * place for place in range(first, last + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    parts = (1.0, 2.0, 5.0) if last - first <= _FEW_DECADES else (1.0,)
    every = max(1, math.ceil((last - first) / _MOST_DECADES))
    found = [part * 10.0**power for power in range(first, last + 1, every) for part in parts]
    return [value for value in found if low * 0.999999 <= value <= high * 1.000001]
