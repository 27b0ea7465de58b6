"""Dates and times as people write them, read exactly: one form for each text, one order of day and month for all.

Nothing is guessed: where the day or the month may come first, all texts have to agree on one of them, or the order is
asked for. Months and days of the week may be words (`calendar_words`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.arrow_texts import buffers, chosen
from optbench.datasets.calendar_words import MONTH, WEEKDAY, month_named
from optbench.datasets.text_templates import templates_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ORDERS: Final = ("ymd", "dmy", "mdy")
LETTERS: Final = "d: day, m: month, y: year"
_ZONE = (
    r"(?: ?(?P<zone>z|utc|gmt|(?P<zone_sign>[+-])(?P<zone_hour>\d\d):?(?P<zone_minute>\d\d)?)(?:\[[a-z]+/[a-z_/]+\])?)?"
)
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    rf"(?: ?(?P<half>[ap])[.]? ?m[.]?)?{_ZONE}"
)
_SHORT_CLOCK = rf"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_ZONE}"
_DAY = r"(?P<day>\d{1,2})"
_ORDINAL = r"(?:st|nd|rd|th|er|[.ºo°])?"
_OF = r"(?:[-/ ]| of | del? )"
_DATES: Final = (
    r"(?P<year>\d{4})(?P<mark>[-/. ])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
    r"(?P<first>\d{1,2})(?P<mark>[-/. ]|[.] )(?P<middle>\d{1,2})(?P=mark)(?P<last>\d{4}|\d\d)",
    rf"{_DAY}{_ORDINAL}{_OF}?{MONTH}(?:,?[-/ ]?|{_OF})(?P<year>\d{{4}}|\d\d)",
    rf"{MONTH}[-/ ]?{_DAY}(?:st|nd|rd|th)?(?:, ?|[-/ ]| del? )(?P<year>\d{{4}})",
    rf"(?P<year>\d{{4}})[-/ ]?{MONTH}[-/ ]?{_DAY}",
    r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일]",
)
_WITHOUT_DAY: Final = (
    r"(?P<year>\d{4})[-/.]?(?P<month>\d\d)",
    r"(?P<month>\d\d)/(?P<year>\d{4})",
    rf"{MONTH}{_OF}?(?P<year>\d{{4}})",
    rf"(?P<year>\d{{4}})[-/ ]?{MONTH}",
    r"(?P<year>\d{4})[- ]?[qt](?P<quarter>\d)",
    r"[qt](?P<quarter>\d)[-/ ]?(?P<year>\d{4})",
    r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월]",
)
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        *(rf"{WEEKDAY}{date}(?:(?:t|,? |:){_CLOCK})?" for date in _DATES),
        rf"{_DATES[1]}t?{_SHORT_CLOCK}",
        rf"{WEEKDAY}{MONTH} +{_DAY} {_CLOCK} (?P<year>\d{{4}})",
        *_WITHOUT_DAY,
        _CLOCK,
    )
)
_PIVOT = 69  # two digits of a year from here on are of the 20th century, as in POSIX
_LONGEST = 64  # bytes
_ONE_BLANK: Final = dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"), " ")
_MINUTE, _HOUR, _DAY_SECONDS = 60, 3600, 86400
_NOON, _HOURS = 12, 24


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the parts of a date stand in all texts of a template, as bytes from and to, and what is known already."""

    spans: Mapping[str, tuple[int, int]]
    month: int
    afternoon: bool | None
    zone_sign: int
    has_zone: bool

    @property
    def is_ordered(self) -> bool:
        """True if it has to be known whether the day, the month or the year comes first."""
        return "first" in self.spans

    @property
    def has_date(self) -> bool:
        """True unless it is a time of the day only."""
        return self.is_ordered or "year" in self.spans

    @property
    def has_day(self) -> bool:
        """True unless it is a month, a quarter, or a time of the day only."""
        return self.is_ordered or "day" in self.spans

    def part(self, name: str, order: str) -> str:
        """Return the span of a part of a date, "" if there is none."""
        if self.is_ordered:
            letters = dict(zip(order, ("first", "middle", "last"), strict=True))
            return letters.get(name[0], "") if name in ("year", "month", "day") else name
        return name


@lru_cache(maxsize=1 << 14)
def _form(template: str) -> _Form | None:
    text = template.translate(_ONE_BLANK)
    for pattern in _FORMS:
        found = pattern.fullmatch(text)
        if found is not None:
            groups = {name: text for name, text in found.groupdict().items() if text is not None}
            half = groups.get("half")
            return _Form(
                spans={name: _bytes_of(template, *found.span(name)) for name in groups},
                month=month_named(groups["name"]) if "name" in groups else 0,
                afternoon=None if half is None else half.lower() == "p",
                zone_sign=-1 if groups.get("zone_sign") == "-" else 1,
                has_zone="zone" in groups,
            )
    return None


def _bytes_of(text: str, first: int, after: int) -> tuple[int, int]:
    """Return where characters of a text stand in its UTF-8."""
    return len(text[:first].encode()), len(text[:after].encode())


@dataclass(frozen=True, slots=True)
class Moments:
    """Texts read as dates and times under one order.

    Attributes
    ----------
    order : of day, month and year where that has to be known
    is_read : (n,) bool, which texts are dates or times that exist
    seconds : (n,) float64 since 1970-01-01 00:00, in UTC where there is a time zone; since midnight for times only
    has_date, has_day, has_time, has_zone : (n,) bool
    has_order : (n,) bool, what has to be read in an order
    """

    order: str
    is_read: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    has_date: NDArray[np.bool_]
    has_day: NDArray[np.bool_]
    has_time: NDArray[np.bool_]
    has_zone: NDArray[np.bool_]
    has_order: NDArray[np.bool_]


def look_like_dates(texts: Any) -> NDArray[np.bool_]:
    """Return which texts of a pyarrow array without nulls have the form of a date or a time; (n,) bool."""
    starts, _ = buffers(texts)
    found = np.diff(starts) <= _LONGEST
    if found.any():
        codes, templates = templates_of(chosen(texts, found), keep_behind_letters=False)
        found[found] = np.array([_form(template) is not None for template in templates])[codes]
    return found


def moments(texts: Any) -> list[Moments]:
    """Return texts (a pyarrow array without nulls) read under each order that makes a difference; one if none does."""
    codes, templates = templates_of(texts, keep_behind_letters=False)
    forms = [_form(template) for template in templates]
    if not any(form is not None and form.is_ordered for form in forms):
        return [_moments(texts, codes, forms, ORDERS[0])]
    return [_moments(texts, codes, forms, order) for order in ORDERS]


def settled(found: Sequence[Moments], order: str | None) -> list[Moments]:
    """Return the readings that fit all texts; of several the one of a stated order, if it is among them."""
    whole = [one for one in found if one.is_read.all()]
    return [one for one in whole if one.order == order] or whole


def differ(readings: Sequence[Moments]) -> bool:
    """Return True if some text is another time in another reading."""
    return any((one.seconds != readings[0].seconds).any() for one in readings[1:])


def first_difference(readings: Sequence[Moments]) -> tuple[int, Moments, Moments]:
    """Return the first text that is another time in another reading, by its position, and two such readings."""
    other = next(one for one in readings[1:] if (one.seconds != readings[0].seconds).any())
    return int(np.argmax(other.seconds != readings[0].seconds)), readings[0], other


def _moments(texts: Any, codes: NDArray[np.int64], forms: list[_Form | None], order: str) -> Moments:
    starts, data = buffers(texts)
    seconds, is_read = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool)
    rows = np.argsort(codes, kind="stable")
    borders = np.searchsorted(codes[rows], np.arange(len(forms) + 1))
    for code, form in enumerate(forms):
        if form is None:
            continue
        of_form = rows[borders[code] : borders[code + 1]]
        reader = _Reader(form, data, starts[of_form].astype(np.int64), order)
        seconds[of_form], is_read[of_form] = reader.seconds()

    def flags(name: str) -> NDArray[np.bool_]:
        return np.array([form is not None and _flag(form, name) for form in forms], dtype=bool)[codes]

    return Moments(order, is_read, seconds, flags("date"), flags("day"), flags("time"), flags("zone"), flags("order"))


def _flag(form: _Form, name: str) -> bool:
    return {
        "date": form.has_date,
        "day": form.has_day,
        "time": "hour" in form.spans,
        "zone": form.has_zone,
        "order": form.is_ordered,
    }[name]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the texts of one form."""

    form: _Form
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    order: str

    def seconds(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return seconds, and which texts are times that exist."""
        days, is_day = self._days() if self.form.has_date else (0, True)
        time, is_time = self._time()
        return days * float(_DAY_SECONDS) + time, np.broadcast_to(is_day & is_time, self.starts.shape)

    def _number(self, span: str, otherwise: int) -> Any:
        """Return the numbers that stand in a span."""
        if span not in self.form.spans:
            return np.full(len(self.starts), otherwise, dtype=np.int64)
        first, after = self.form.spans[span]
        digits = self.data[self.starts[:, None] + np.arange(first, after)].astype(np.int64) - ord("0")
        return digits @ 10 ** np.arange(after - first - 1, -1, -1, dtype=np.int64)

    def _days(self) -> tuple[Any, Any]:
        """Return days since 1970-01-01, and which are days of the calendar."""
        form = self.form
        year_span, day_span = form.part("year", self.order), form.part("day", self.order)
        year, day = self._number(year_span, 0), self._number(day_span, 1)
        month = self._number(form.part("month", self.order), form.month)
        is_month = (month >= 1) & (month <= _NOON)
        if "quarter" in form.spans:
            quarter = self._number("quarter", 1)
            is_month, month = (quarter >= 1) & (quarter <= 4), 3 * quarter - 2  # noqa: PLR2004 - quarters of a year
        first, after = form.spans[year_span]
        if after - first < 4:  # noqa: PLR2004 - a year in full
            if after - first == 1:  # one digit is no year
                return np.zeros(len(self.starts)), np.zeros(len(self.starts), dtype=bool)
            year = np.where(year >= _PIVOT, 1900 + year, 2000 + year)
        months = 12 * (year - 1970) + np.where(is_month, month, 1) - 1
        begin = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        end = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        return begin + day - 1, is_month & (day >= 1) & (day <= end - begin) & (year >= 1)

    def _time(self) -> tuple[Any, Any]:
        """Return seconds since midnight in UTC, and which are times of a day."""
        hour, minute, second = (self._number(name, 0) for name in ("hour", "minute", "second"))
        exists = (hour < _HOURS) & (minute < _MINUTE) & (second < _MINUTE)
        if self.form.afternoon is not None:
            exists &= (hour >= 1) & (hour <= _NOON)
            hour = hour % _NOON + (_NOON if self.form.afternoon else 0)
        zone_hour, zone_minute = self._number("zone_hour", 0), self._number("zone_minute", 0)
        exists &= (zone_hour < _HOURS) & (zone_minute < _MINUTE)
        shift = self.form.zone_sign * (zone_hour * _HOUR + zone_minute * _MINUTE)
        whole = hour * _HOUR + minute * _MINUTE + second - shift
        first, after = self.form.spans.get("fraction", (0, 0))
        return whole + self._number("fraction", 0) / 10.0 ** (after - first), exists
