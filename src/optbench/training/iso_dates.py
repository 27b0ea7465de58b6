"""Dates as ISO text into the numbers that a run was trained on, by TensorFlow's own operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from optbench.datasets.fitted_columns import DateFit

_DAY_SECONDS: Final = 86400.0
_THURSDAY: Final = 4  # 1970-01-01 was one
_HOURS: Final = 24.0
_MINUTE: Final = 60.0


def iso_parts(texts: Any, fit: DateFit) -> dict[str, Any]:
    """Return the parts of dates, (n, 1) float32 each, by the name of the part; NaN where the text is empty.

    Parameters
    ----------
    texts : (n, 1) texts: `2019-03-07`, `2019-03`, `2019-03-07T18:30:00`, with a blank for T, with `Z` or `+01:00`
        behind where training had time zones; `18:30` or `18:30:00` where it had times of day

    Notes
    -----
    Days since 1970-01-01 are those of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level
    date algorithms", 2021). TensorFlow refuses a text that is none of these when the model is called, and a day or a
    time that does not exist, such as 2019-02-31 or 24:00, as `optbench predict` does.
    """
    import tensorflow as tf

    stripped = tf.strings.strip(texts)
    is_missing = tf.equal(stripped, "")
    wanted = {part.part for part in fit.parts}
    has_date = wanted != {"hour"}
    filled = tf.where(is_missing, tf.constant("1970-01-01T00:00:00"), stripped)
    if not has_date:
        filled = tf.where(is_missing, filled, tf.strings.join(["1970-01-01T", filled]))
    year, month, day = (_number(filled, rf"^{pattern}.*$") for pattern in _DATE)
    time, zone = _time(filled), _zone(filled)
    _require_existing(filled, _is_day(year, month, day) & time.exists & zone.exists)
    seconds = time.seconds - zone.seconds
    moment = tf.cast(_days(year, month, day), tf.float64) * _DAY_SECONDS + seconds
    days = tf.floor(moment / _DAY_SECONDS)
    found = {"days": days, "hour": (moment - days * _DAY_SECONDS) / 3600.0}
    found["day_of_week"] = tf.math.floormod(days + (_THURSDAY - 1), 7.0) + 1.0
    year, month = _year_and_month(days)
    found |= {"year": year, "month": month}
    return {
        part: tf.cast(tf.where(is_missing, tf.constant(float("nan"), tf.float64), found[part]), tf.float32)
        for part in sorted(wanted)
    }


_DATE: Final = (r"(\d{4})-\d{2}", r"\d{4}-(\d{2})", r"\d{4}-\d{2}(?:-(\d{2}))?")


def _number(texts: Any, pattern: str, default: str = "1") -> Any:
    """Return the number in the group of a pattern, float64; a text that does not fit stays and is refused."""
    import tensorflow as tf

    found = tf.strings.regex_replace(texts, pattern, r"\1")
    return tf.strings.to_number(tf.where(tf.equal(found, ""), default, found), tf.float64)


@dataclass(frozen=True, slots=True)
class _Seconds:
    """A time of day, or how far a zone is ahead of UTC, in seconds; and whether there is such a time."""

    seconds: Any
    exists: Any


def _time(texts: Any) -> _Seconds:
    """Return the time of day; 0 where there is none."""
    clock = r"^\d{4}-\d{2}(?:-\d{2})?(?:[T ](?:"
    rest = r"))?(?:Z|[+-]\d{2}:?\d{2})?$"
    hours = _number(texts, clock + r"(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?" + rest, "0")
    minutes = _number(texts, clock + r"\d{2}:(\d{2})(?::\d{2}(?:\.\d+)?)?" + rest, "0")
    seconds = _number(texts, clock + r"\d{2}:\d{2}(?::(\d{2}(?:\.\d+)?))?" + rest, "0")
    exists = (hours < _HOURS) & (minutes < _MINUTE) & (seconds < _MINUTE)
    return _Seconds(hours * 3600.0 + minutes * 60.0 + seconds, exists)


def _zone(texts: Any) -> _Seconds:
    """Return how far a text's zone is ahead of UTC; 0 where it names none."""
    has = r"^.*[T ].*([+-]\d{2}):?(\d{2})$"
    import tensorflow as tf

    is_there = tf.strings.regex_full_match(texts, has)
    zone = tf.where(is_there, tf.strings.regex_replace(texts, has, r"\1\2"), tf.constant("+0000"))
    sign = tf.where(tf.equal(tf.strings.substr(zone, 0, 1), "-"), tf.constant(-1.0, tf.float64), 1.0)
    hours, minutes = (tf.strings.to_number(tf.strings.substr(zone, at, 2), tf.float64) for at in (1, 3))
    return _Seconds(sign * (hours * 3600.0 + minutes * 60.0), (hours < _HOURS) & (minutes < _MINUTE))


def _is_day(year: Any, month: Any, day: Any) -> Any:
    """Return whether there is such a day: it is in the month that its number of days since 1970 is in."""
    found_year, found_month = _year_and_month(_days(year, month, day))
    return (year >= 1.0) & (day >= 1.0) & (found_year == year) & (found_month == month)


def _require_existing(texts: Any, exists: Any) -> None:
    import tensorflow as tf

    tf.debugging.Assert(
        tf.reduce_all(exists), ["a date or time must exist. Received:", tf.boolean_mask(texts, ~exists)], summarize=3
    )


def _days(year: Any, month: Any, day: Any) -> Any:
    """Return days since 1970-01-01."""
    import tensorflow as tf

    year = year - tf.cast(month <= 2.0, tf.float64)  # noqa: PLR2004 - years that begin in March
    era = tf.floor(year / 400.0)
    of_era = year - era * 400.0
    shifted = tf.math.floormod(month + 9.0, 12.0)
    of_year = tf.floor((153.0 * shifted + 2.0) / 5.0) + day - 1.0
    return era * 146097.0 + of_era * 365.0 + tf.floor(of_era / 4.0) - tf.floor(of_era / 100.0) + of_year - 719468.0


def _year_and_month(days: Any) -> tuple[Any, Any]:
    """Return year and month of days since 1970-01-01."""
    import tensorflow as tf

    shifted = days + 719468.0
    era = tf.floor(shifted / 146097.0)
    of_era = shifted - era * 146097.0
    leaps = -tf.floor(of_era / 1460.0) + tf.floor(of_era / 36524.0) - tf.floor(of_era / 146096.0)
    years = tf.floor((of_era + leaps) / 365.0)
    of_year = of_era - (365.0 * years + tf.floor(years / 4.0) - tf.floor(years / 100.0))
    shifted_month = tf.floor((5.0 * of_year + 2.0) / 153.0)
    month = tf.math.floormod(shifted_month + 2.0, 12.0) + 1.0
    return years + era * 400.0 + tf.cast(month <= 2.0, tf.float64), month  # noqa: PLR2004 - as above
