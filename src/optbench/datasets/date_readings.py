"""What a column of dates is read as, or what is in the way: one answer for errors, notes and what `init` proposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.date_texts import differ, first_difference, moments, settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.datasets.date_texts import Moments

NO_DATES: Final = "column-dates-others"
MANY_OTHERS: Final = "column-dates-many-others"
TWO_ORDERS: Final = "column-dates-two-orders"
CONTRADICTING: Final = "column-dates-contradicting"
UNLIKE: Final = "column-dates-unlike"
_SHOWN: Final = 3
_FEW: Final = 0.1  # of the texts: more that are no dates are no gaps


@dataclass(frozen=True, slots=True)
class DateReading:
    """Different texts, read as dates or times.

    Attributes
    ----------
    moments : the texts, None if something is in the way
    obstacle : what that is, with examples and the remedy
    """

    moments: Moments | None = None
    obstacle: Finding | None = None


def read_moments(texts: Any, order: str | None = None, *, name: str) -> DateReading:
    """Return the only reading of texts as dates that are alike, or what is in the way.

    Parameters
    ----------
    texts : the different texts of a column, a pyarrow array without nulls, at least one
    order : that of day, month and year where several fit, if the experiment file says so: ymd, dmy or mdy
    name : of the column, for the remedy
    """
    found = moments(texts)
    whole = settled(found, order)
    if not whole:
        return DateReading(obstacle=_contradiction(texts, found, name) or _others(texts, found, name))
    if differ(whole):
        return DateReading(obstacle=_obstacle(TWO_ORDERS, name, **_readings(texts, whole)))
    read = whole[0]
    for flags, what in ((read.has_date, "date"), (read.has_day, "day"), (read.has_zone, "zone")):
        if flags.any() and not flags.all():
            pair = [texts[int(np.argmax(flags == has))].as_py() for has in (True, False)]
            return DateReading(obstacle=_obstacle(UNLIKE, name, what=what, having=pair[0], lacking=pair[1]))
    return DateReading(read)


def _others(texts: Any, found: Sequence[Moments], name: str) -> Finding:
    """Return which texts are no dates under the order that fits most; many of them are written otherwise, no gaps."""
    best = max(found, key=lambda one: int(one.is_read.sum()))
    wrong = np.flatnonzero(~best.is_read)
    in_none = np.flatnonzero(~np.any([one.is_read for one in found], axis=0))
    shown = [texts[int(position)].as_py() for position in [*in_none, *np.setdiff1d(wrong, in_none)][:_SHOWN]]
    code = MANY_OTHERS if len(wrong) > max(_SHOWN, _FEW * len(texts)) else NO_DATES
    return _obstacle(code, name, first=shown, n_others=len(wrong), n_more=len(wrong) - len(shown))


def _contradiction(texts: Any, found: Sequence[Moments], name: str) -> Finding | None:
    """Return two dates that need different orders, or None if some text is no date under any."""
    if not np.any([one.is_read for one in found], axis=0).all():
        return None
    best = max(found, key=lambda one: int(one.is_read.sum()))
    position = int(np.argmin(best.is_read))
    other = next(one for one in found if one.is_read[position])
    alone = int(np.argmax(best.is_read & ~other.is_read))
    pair = {"first": texts[alone].as_py(), "second": texts[position].as_py()}
    return _obstacle(CONTRADICTING, name, **pair, first_order=best.order, second_order=other.order)


def _readings(texts: Any, whole: Sequence[Moments]) -> dict[str, Any]:
    """Return a date that is two, and what it is under each order."""
    position, one, other = first_difference(whole)
    return {
        "example": texts[position].as_py(),
        "first_order": one.order,
        "first_reading": _day(one.seconds[position]),
        "second_order": other.order,
        "second_reading": _day(other.seconds[position]),
    }


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s"))[:10]


def _obstacle(code: str, name: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, {"name": name, **values})
