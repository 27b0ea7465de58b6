"""The order of a column of dates, times or numbers that count time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.text import counted
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.date_texts import LETTERS, differ, first_difference, moments, settled
from optbench.datasets.number_texts import numbers_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from numpy.typing import NDArray

    from optbench.datasets.date_texts import Moments

_DAY, _MONTH, _YEAR = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "(19|20)[0-9]{2}"
# no such number is a date with the year first: its month would be 19 or 20
_YEAR_LAST: Final = {
    f"{_DAY}(0[1-9]|1[0-2]){_YEAR}": "DDMMYYYY",
    f"{_MONTH}(0[1-9]|[12][0-9]|3[01]){_YEAR}": "MMDDYYYY",
    f"{_MONTH}[.]?{_YEAR}": "MMYYYY",
}


def time_keys(texts: Sequence[str], *, what: str, order: str | None = None) -> NDArray[Any]:
    """Return a number for each text, in the order of time.

    Numbers count as they are (years, 20190307, seconds since 1970). Dates are read as those of a column
    (`date_texts`), but need not be alike: those without a time are midnight, those without a zone in UTC.

    Parameters
    ----------
    what : what holds the texts, for messages: "the column 'date'"
    order : of day, month and year, if the experiment file says so

    Raises
    ------
    DataError
        If a text is no time, or day and month could be either.
    """
    numbers = numbers_of(texts)
    if numbers is not None:
        _refuse_year_last(texts, what)
        return _numbers(texts, numbers, what)
    found = moments(texts_of(list(texts)))
    whole = [one for one in settled(found, order) if one.has_date.all() in (True, one.has_date.any())]
    if not whole:
        raise _no_time(texts, found, what)
    if differ(whole):
        position, one, other = first_difference(whole)
        raise DataError(
            f"{what} must hold dates of one order. Received: {texts[position]!r}, which is another date as {one.order} "
            f"than as {other.order} ({LETTERS}), and all dates can be read both ways. Write "
            f"dataset.date_order: {one.order} or dataset.date_order: {other.order}.",
            code="data-dates-ambiguous",
        )
    return whole[0].seconds


def are_of_the_day(texts: Sequence[str]) -> bool:
    """Return True for times of which none has a date, given that all texts are times (`time_keys`)."""
    return numbers_of(texts[:1]) is None and not moments(texts_of(list(texts[:1])))[0].has_date.any()


def year_last(texts: Sequence[str]) -> str | None:
    """Return the form of numbers that are dates with the year at the end, such as DDMMYYYY; None of any others."""
    forms = _YEAR_LAST.items()
    return next((shown for form, shown in forms if all(re.fullmatch(form, text, re.ASCII) for text in texts)), None)


def _refuse_year_last(texts: Sequence[str], what: str) -> None:
    """Refuse dates that as numbers would be in the order of their days."""
    form = year_last(texts)
    if form is not None:
        raise DataError(
            f"{what} must hold times whose numbers rise with time. Received: {texts[0]!r}, which reads like {form}: as "
            "a number it comes before later days of earlier years. Write dates as YYYY-MM-DD, months as YYYY-MM.",
            code="data-dates-wrong",
        )


def _numbers(texts: Sequence[str], numbers: Sequence[float], what: str) -> NDArray[Any]:
    try:
        return np.array([int(text) for text in texts], dtype=np.int64)
    except (ValueError, OverflowError):
        found = np.array(numbers)
        if not np.isfinite(found).all():
            raise DataError(
                f"{what} must hold times. Received: a number that is too large.",
                code="data-dates-wrong",
            ) from None
        return found


def _no_time(texts: Sequence[str], found: Sequence[Moments], what: str) -> DataError:
    wrong = min((np.flatnonzero(~one.is_read | ~one.has_date) for one in found), key=len)
    more = f" and {counted(len(wrong) - 1, 'other value')}" if len(wrong) > 1 else ""
    return DataError(
        f"{what} must hold dates, times or numbers that count time. Received: {texts[int(wrong[0])]!r}{more}. Write "
        "dates as YYYY-MM-DD.",
        code="data-dates-wrong",
    )
