"""Numbers as text, where no fixed number of decimals fits: in the unit of a target, or of unknown size."""

from __future__ import annotations

import math
from typing import Final

_SMALLEST_PLAIN: Final = 1e-4
_LARGEST_PLAIN: Final = 1e7
_SHORTEST_ROUNDED: Final = 1e3


def short_number(value: float) -> str:
    """Write a number in at most four significant digits, an exponent only where `significant_digits` has one.

    Examples
    --------
    >>> short_number(0.7), short_number(246512.3), short_number(9999.8), short_number(2.5e9)
    ('0.7', '246512', '10000', '2.5e+09')
    """
    return significant_digits(value) if _SHORTEST_ROUNDED <= abs(value) < _LARGEST_PLAIN else f"{value:.4g}"


def significant_digits(value: float, digits: int = 4) -> str:
    """Write a number in the unit of a target: so many significant digits, an exponent only where it reads better.

    Examples
    --------
    >>> significant_digits(2916.127), significant_digits(54.0012), significant_digits(-0.00123456)
    ('2916', '54.00', '-0.001235')
    >>> significant_digits(123456.7), significant_digits(1.5e9), significant_digits(0.0)
    ('123457', '1.500e+09', '0')
    """
    size = abs(value)
    if size == 0.0 or not math.isfinite(value):
        return f"{value:.0f}"
    if not _SMALLEST_PLAIN <= size < _LARGEST_PLAIN:
        return f"{value:.{digits - 1}e}"
    before_point = math.floor(math.log10(size)) + 1
    return f"{value:.{max(0, digits - before_point)}f}"
