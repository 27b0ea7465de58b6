"""A column of dates or times into numbers that a model can learn from, each with a meaning that is written down.

| input | what |
|---|---|
| NAME.year, NAME.month | of the calendar; month 1 to 12 |
| NAME.day_of_week | 1 (Monday) to 7 (Sunday); not of months and quarters |
| NAME.days | whole days since 1970-01-01 |
| NAME.hour | hour of the day with minutes and seconds as its fraction, where a cell has a time |

Times with a zone are those of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from optbench.config import dump_value
from optbench.core.findings import Finding, Severity
from optbench.core.text import counted
from optbench.datasets.date_readings import CONTRADICTING, MANY_OTHERS, TWO_ORDERS, UNLIKE, read_moments
from optbench.datasets.date_texts import LETTERS, look_like_dates, moments
from optbench.datasets.features import NumberColumn
from optbench.datasets.number_texts import are_decimal
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.date_texts import Moments
    from optbench.datasets.text_table import TextTable

DATES: Final = "column-dates"
"""Why a column is read as dates."""
_DAY_SECONDS, _HOUR_SECONDS = 86400.0, 3600.0
_THURSDAY = 3  # 1970-01-01, with Monday as 0
_SENSIBLE = tuple(float(np.datetime64(day, "s").astype(np.int64)) for day in ("1900-01-01", "2101-01-01"))
_COMPACT = r"\A([0-9]{6}|[0-9]{8}|[0-9]{12}|[0-9]{14})\z"
_MONTH_DIGITS, _FEWEST_MONTHS = 6, 4  # fewer numbers of six digits end in 01 to 12 by chance
_FEW = 256  # different texts that are looked at before all are


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates that is read.

    Attributes
    ----------
    name : of the column
    moments : the different texts, read
    codes : (rows,) positions of these, -1 where missing
    """

    name: str
    moments: Moments
    codes: NDArray[Any]

    @property
    def parts(self) -> tuple[str, ...]:
        """What the model sees of the dates, in order."""
        has_date = bool(self.moments.has_date.all())
        present = {
            "year": has_date,
            "month": has_date,
            "day_of_week": has_date and bool(self.moments.has_day.all()),
            "hour": bool(self.moments.has_time.any()),
            "days": has_date,
        }
        return tuple(part for part, is_there in present.items() if is_there)

    def numbers(self, parts: Sequence[str] | None = None) -> tuple[NumberColumn, ...]:
        """Return the inputs of the model, all rows.

        Parameters
        ----------
        parts : of the dates, which must have them; None for all that they have
        """
        wanted = self.parts if parts is None else parts
        values = (np.append(_part(self.moments.seconds, part), np.nan)[self.codes] for part in wanted)
        return tuple(NumberColumn(f"{self.name}.{p}", found) for p, found in zip(wanted, values, strict=True))

    def reason(self, rows: NDArray[np.int64]) -> Finding:
        """Return what was read in some rows, the training rows, for the record and the note."""
        codes = self.codes[rows]
        seconds = self.moments.seconds[codes[codes >= 0]]
        span = [self._shown(float(end)) for end in (seconds.min(), seconds.max())] if len(seconds) else None
        values = {
            "first": span[0] if span else None,
            "last": span[1] if span else None,
            "order": self.moments.order if self.moments.has_order.any() else None,
            "zone": "UTC" if self.moments.has_zone.any() else None,
            "parts": list(self.parts),
            "epoch": "1970-01-01" if "days" in self.parts else None,
        }
        return Finding(DATES if span else "column-dates-unseen", Severity.NOTE, values)

    def _shown(self, seconds: float) -> str:
        text = str(np.datetime64(int(np.floor(seconds)), "s")).replace("T", " ")
        if not self.moments.has_date.all():
            return text[11:]
        return text if self.moments.has_time.any() else text[:10]


def _part(seconds: NDArray[np.float64], part: str) -> NDArray[Any]:
    """Return a part of times, (n,), of seconds since 1970-01-01 00:00."""
    days: NDArray[np.float64] = np.floor(seconds / _DAY_SECONDS)
    if part == "days":
        return days
    if part == "hour":
        return np.asarray((seconds - days * _DAY_SECONDS) / _HOUR_SECONDS)
    if part == "day_of_week":
        return np.asarray((days + _THURSDAY) % 7 + 1.0)
    dates = days.astype(np.int64).astype("datetime64[D]")
    if part == "year":
        return dates.astype("datetime64[Y]").astype(np.int64) + 1970.0
    return dates.astype("datetime64[M]").astype(np.int64) % 12 + 1.0


def read_dates(table: TextTable, column: ExaminedColumn, order: str | None) -> DateColumn:
    """Return a column of dates.

    Parameters
    ----------
    order : of day, month and year where several fit, if the experiment file says so: ymd, dmy or mdy

    Raises
    ------
    DataError
        If a cell is no date or time, if all of them can be read in two orders, or if they are not alike.
    """
    texts = column.categories.levels
    if not len(texts):
        raise DataError(
            f"column {column.name!r} must hold dates. Received: no value in any row.", code="data-dates-wrong"
        )
    reading = read_moments(texts, order, name=column.name)
    if reading.moments is None:
        raise _obstacle_error(table, column, cast("Finding", reading.obstacle))
    made = DateColumn(column.name, reading.moments, column.categories.codes)
    taken = [name for name in (f"{column.name}.{part}" for part in made.parts) if name in table.names]
    if taken:
        raise DataError(
            f"column {column.name!r} as dates gives an input {taken[0]}, and {table.shown_name} has a column of that "
            "name. Rename it.",
            code="data-column-repeated",
        )
    return made


def are_dates(column: ExaminedColumn) -> bool:
    """Return True if all cells have the form of dates or times; of plain numbers those of calendar days only."""
    texts = column.categories.levels
    if len(texts) < 2 or not look_like_dates(texts[:_FEW]).all() or not look_like_dates(texts).all():  # noqa: PLR2004
        return False
    return are_compact_dates(texts) or not are_decimal(texts).any()


def can_be_dates(table: TextTable, column: ExaminedColumn) -> bool:
    """Return True if a column can be read as dates without a word on their order."""
    try:
        read_dates(table, column, None)
    except DataError:
        return False
    return True


def are_compact_dates(texts: Any) -> bool:
    """Return True if all different texts are months, days or times as 201903, 20190307, 20190307123000 of 1900 to 2100.

    All have to be of one length.
    """
    return _are_compact(texts[:_FEW]) and (len(texts) <= _FEW or _are_compact(texts))


def _are_compact(texts: Any) -> bool:
    import pyarrow.compute as pc

    if len(texts) < 2 or not pc.all(pc.match_substring_regex(texts, _COMPACT)).as_py():  # noqa: PLR2004
        return False
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    is_chance = lengths["max"] == _MONTH_DIGITS and len(texts) < _FEWEST_MONTHS
    if lengths["min"] != lengths["max"] or is_chance:
        return False
    found = moments(texts)[0]
    least, most = _SENSIBLE
    return bool(found.is_read.all() and found.seconds.min() >= least and found.seconds.max() <= most)


def _obstacle_error(table: TextTable, column: ExaminedColumn, obstacle: Finding) -> DataError:
    """Return the error for texts that are no dates, or of which it is not clear which."""
    name, found = column.name, obstacle.values
    as_texts = _kind_of(name, "category")

    def placed(text: str) -> str:
        return f"{text!r} in {table.place(column.column.row_of(text))}"

    if obstacle.code == TWO_ORDERS:
        one, other = found["first_order"], found["second_order"]
        return DataError(
            f"column {name!r} of {table.shown_name} must hold dates of one order. Received: {found['example']!r}, "
            f"which is {found['first_reading']} as {one} and {found['second_reading']} as {other} ({LETTERS}); all its "
            f"cells allow both. Write dataset.date_order: {one} or dataset.date_order: {other}.",
            code="data-dates-ambiguous",
        )
    if obstacle.code == CONTRADICTING:
        return DataError(
            f"column {name!r} must hold dates of one order. Received: {placed(found['first'])}, which is a date as "
            f"{found['first_order']}, and {placed(found['second'])}, which is none so, but one as "
            f"{found['second_order']} ({LETTERS}). Write them alike in the file, or set {as_texts}, or leave the "
            f"column out: dataset.drop: {dump_value([name])}.",
            code="data-dates-wrong",
        )
    if obstacle.code == UNLIKE:
        what = {"date": "a date", "day": "a day", "zone": "a time zone"}[found["what"]]
        return DataError(
            f"column {name!r} must hold dates that are alike. Received: {placed(found['having'])} with {what}, and "
            f"{placed(found['lacking'])} without. Write them alike in the file, or set {as_texts}.",
            code="data-dates-wrong",
        )
    cell, n_more = found["first"][0], found["n_others"] - 1
    more = f" and {counted(n_more, 'other value')}" if n_more else ""
    remedy = _as_other(column, obstacle)
    return DataError(
        f"column {name!r} must hold dates or times, such as 2019-03-07, 07.03.2019, 7 March 2019, 20190307 or 20:36, "
        f"in one order of day and month. Received: {placed(cell)}{more}. {remedy}.",
        code="data-dates-wrong",
    )


def _as_other(column: ExaminedColumn, obstacle: Finding) -> str:
    """Return what helps where cells are no dates: what seconds, days of a spreadsheet and gaps need differs."""
    name, cell = column.name, obstacle.values["first"][0]
    if are_decimal(column.categories.levels).all():
        return f"These are numbers, as seconds since 1970 or days of a spreadsheet are: {_kind_of(name, 'number')}"
    if obstacle.code == MANY_OTHERS:
        return f"Write all of them as YYYY-MM-DD in the file, or set {_kind_of(name, 'category')}"
    return f"Correct it, add {cell!r} to dataset.missing, or set {_kind_of(name, 'category')}"


def _kind_of(name: str, kind: str) -> str:
    return f"dataset.features: {dump_value({name: kind})}"
