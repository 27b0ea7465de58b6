"""The order of a column of dates, times or numbers that count time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.number_texts import numbers_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_QUARTER: Final = re.compile(r"(\d{4})[- ]?Q([1-4])", re.IGNORECASE | re.ASCII)
_TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_NAMED_MONTHS: Final = (
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d. %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y",
    "%a, %d %b %Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y",
)  # fmt: skip
_TRIED_FIRST: Final = 200
_MARKS: Final = ("/", ".", "-")


def time_keys(texts: Sequence[str], *, what: str) -> NDArray[Any]:
    """Return a number for each text, in the order of time.

    Numbers count as they are (years, 20190307, seconds since 1970). Dates are read by ISO, with the month as a word, or
    with day, month and year in the one order that fits every text.

    Parameters
    ----------
    what : what holds the texts, for messages: "the column 'date'"

    Raises
    ------
    DataError
        If a text is no time, or day and month could be either.
    """
    numbers = numbers_of(texts)
    if numbers is not None:
        return _numbers(texts, numbers, what)
    quarters = [_QUARTER.fullmatch(text) for text in texts]
    if all(quarters):
        return np.array([4 * int(found[1]) + int(found[2]) for found in quarters if found])
    plain = _read(texts, ["ISO8601", *_with_times(("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y/%m", *_NAMED_MONTHS))])
    if not _unread(plain):
        return _as_keys(plain)
    by_order = {
        order: _read(texts, ["ISO8601", *_with_times(_in_order(order))]) for order in ("day first", "month first")
    }
    whole = [found for found in by_order.values() if not _unread(found)]
    if not whole:
        raise _no_time(texts, [plain, *by_order.values()], what)
    if len(whole) > 1 and any(first != second for first, second in zip(*whole, strict=True)):
        doubtful = next(text for text, first, second in zip(texts, *whole, strict=True) if first != second)
        raise DataError(
            f"{what} must hold dates of one order. Received: {doubtful!r}, which is another date with the day first "
            "than with the month first, and all dates can be read both ways. Write them as YYYY-MM-DD.",
            code="data-dates-ambiguous",
        )
    return _as_keys(whole[0])


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


def _read(texts: Sequence[str], formats: Sequence[str]) -> list[Any]:
    """Return the time of each text by the first format that reads it, NaT where none does.

    Of many texts the first are read before the others: what none of the formats reads is not tried on all of them.
    """
    first = _read_all(texts[:_TRIED_FIRST], formats)
    rest = texts[_TRIED_FIRST:]
    if not rest or _unread(first):
        return first + [float("nan")] * len(rest)
    return first + _read_all(rest, formats)


def _read_all(texts: Sequence[str], formats: Sequence[str]) -> list[Any]:
    import pandas as pd

    left = pd.Series(list(texts), dtype=object)
    found = pd.Series([pd.NaT] * len(left), dtype=object)
    for form in formats:
        read = pd.to_datetime(left, format=form, errors="coerce", utc=True)
        taken = read.notna()
        found.loc[read.index[taken]] = read[taken].astype(object)
        left = left[~taken]
        if left.empty:
            break
    return found.tolist()


def _unread(found: Sequence[Any]) -> list[int]:
    return [i for i, time in enumerate(found) if time != time]  # noqa: PLR0124 - NaT is not itself


def _as_keys(found: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([time.timestamp() for time in found])


def _in_order(order: str) -> list[str]:
    first, second = ("%d", "%m") if order == "day first" else ("%m", "%d")
    return [f"{first}{mark}{second}{mark}{year}" for mark in _MARKS for year in ("%Y", "%y")]


def _with_times(dates: Iterable[str]) -> list[str]:
    return [f"{date}{time}" for date in dates for time in _TIMES]


def _no_time(texts: Sequence[str], readings: Sequence[Sequence[Any]], what: str) -> DataError:
    fewest = min((_unread(found) for found in readings), key=len)
    more = f" and {len(fewest) - 1} other {'value' if len(fewest) == 2 else 'values'}" if len(fewest) > 1 else ""  # noqa: PLR2004
    return DataError(
        f"{what} must hold dates, times or numbers that count time. Received: {texts[fewest[0]]!r}{more}. Write "
        "dates as YYYY-MM-DD.",
        code="data-dates-wrong",
    )
