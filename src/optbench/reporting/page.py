"""HTML pages that stand alone: one file, no script, nothing loaded from elsewhere, every value escaped."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from optbench.core.numbers import significant_digits

if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING: Final = "\N{EN DASH}"


def render_page(template: str, **values: Any) -> str:
    """Return a page from `templates/<template>`.

    Parameters
    ----------
    template : file name in the folder `templates`; a page extends `base.html`, which needs `title`
    values : what the template names; a name it needs and does not get is an error

    Notes
    -----
    Every value is escaped. Filters for numbers, all of which give a dash for None and for what is not finite:
    `percent` (0.8 -> "80.0 %"), `decimal(3)`, `seconds`, and `thousands` for counts.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(percent=percent, decimal=decimal, seconds=seconds, thousands=thousands)
    return environment


def _template_text(name: str) -> str:
    return files("optbench.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as text: 0.8 -> "80.0 %"."""
    return NOTHING if value is None or not math.isfinite(value) else f"{100 * value:.{digits}f} %"


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed number of digits after the point."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def seconds(value: float | None) -> str:
    """Return a duration with three significant digits: 0.0412 -> "0.0412 s", 75 -> "75.0 s"."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:,.0f} s" if abs(value) >= 999.5 else f"{value:#.3g} s".replace(". s", " s")  # noqa: PLR2004


def thousands(value: float | None) -> str:
    """Return a count with separators: 5634 -> "5,634"."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.0f}"


def significant(value: float | None, digits: int = 4) -> str:
    """Return a number with so many significant digits, without an exponent where that is readable.

    Examples
    --------
    >>> significant(2916.127), significant(54.0012), significant(0.00123456), significant(1.5e9)
    ('2916', '54.00', '0.001235', '1.500e+09')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return significant_digits(value, digits)


def text_or_dash(value: Any) -> str:
    """Return a value as text, a dash for None."""
    return NOTHING if value is None else str(value)
