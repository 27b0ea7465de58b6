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
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.date_texts import differ, first_difference, look_like_dates, moments
from optbench.datasets.features import NumberColumn
from optbench.datasets.number_texts import are_decimal
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.date_texts import Moments
    from optbench.datasets.text_table import TextTable

_DAY_SECONDS, _HOUR_SECONDS = 86400.0, 3600.0
_THURSDAY = 3  # 1970-01-01, with Monday as 0
_SENSIBLE = tuple(float(np.datetime64(day, "s").astype(np.int64)) for day in ("1900-01-01", "2100-12-31"))
_COMPACT = r"\A[0-9]{8}\z"
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

    def reason(self) -> Finding:
        """Return what was read, for the record and the note."""
        seconds = self.moments.seconds
        values = {
            "first": self._shown(float(seconds.min())),
            "last": self._shown(float(seconds.max())),
            "order": self.moments.order if self.moments.has_order.any() else None,
            "zone": "UTC" if self.moments.has_zone.any() else None,
            "parts": list(self.parts),
            "epoch": "1970-01-01" if "days" in self.parts else None,
        }
        return Finding("column-dates", Severity.NOTE, values)

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
    order : what comes first where day, month and year are numbers, if the experiment file says so: ymd, dmy or mdy

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
    found = moments(texts, order=order)
    whole = [one for one in found if one.is_read.all()]
    if not whole:
        raise _no_date_error(table, column, found, order)
    if differ(whole):
        raise _two_orders_error(table, column, whole)
    read = whole[0]
    for flags, what in ((read.has_date, "a date"), (read.has_day, "a day"), (read.has_zone, "a time zone")):
        if flags.any() and not flags.all():
            raise _unlike_error(table, column, flags, what)
    for part in ("year", "month", "day_of_week", "days", "hour"):
        if f"{column.name}.{part}" in table.names:
            raise DataError(
                f"column {column.name!r} as dates gives an input {column.name}.{part}, and {table.shown_name} has a "
                "column of that name. Rename it.",
                code="data-column-repeated",
            )
    return DateColumn(column.name, read, column.categories.codes)


def order_doubt(column: ExaminedColumn) -> Finding | None:
    """Return what two orders a column of dates can be read in, or None if there is one, or none."""
    whole = [one for one in moments(column.categories.levels) if one.is_read.all()]
    if not differ(whole):
        return None
    return Finding("data-column-date-order", Severity.NOTE, {"name": column.name, **_readings(column, whole)})


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
    """Return True if all different texts are days as 20190307, of 1900 to 2100."""
    import pyarrow.compute as pc

    if len(texts) < 2 or not pc.all(pc.match_substring_regex(texts, _COMPACT)).as_py():  # noqa: PLR2004
        return False
    found = moments(texts)[0]
    least, most = _SENSIBLE
    return bool(found.is_read.all() and found.seconds.min() >= least and found.seconds.max() <= most)


def _readings(column: ExaminedColumn, whole: list[Moments]) -> dict[str, Any]:
    """Return a date that is two, and what it is under each order."""
    position, one, other = first_difference(whole)
    return {
        "example": column.categories.levels[position].as_py(),
        "first_order": one.order,
        "first_reading": _day(one.seconds[position]),
        "second_order": other.order,
        "second_reading": _day(other.seconds[position]),
    }


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s"))[:10]


def _two_orders_error(table: TextTable, column: ExaminedColumn, whole: list[Moments]) -> DataError:
    found = _readings(column, whole)
    one, other = found["first_order"], found["second_order"]
    return DataError(
        f"column {column.name!r} of {table.shown_name} must hold dates of one order. Received: {found['example']!r}, "
        f"which is {found['first_reading']} as {one} and {found['second_reading']} as {other} (d: day, m: month, "
        f"y: year); all its cells allow both. Write dataset.date_order: {one} or dataset.date_order: {other}.",
        code="data-dates-ambiguous",
    )


def _no_date_error(table: TextTable, column: ExaminedColumn, found: list[Moments], order: str | None) -> DataError:
    best = max(found, key=lambda one: int(one.is_read.sum()))
    wrong = np.flatnonzero(~best.is_read)
    cell = column.categories.levels[int(wrong[0])].as_py()
    more = f" and {len(wrong) - 1} other values" if len(wrong) > 1 else ""
    stated = f" in the order {order} (dataset.date_order)" if order is not None else ""
    return DataError(
        f"column {column.name!r} must hold dates or times{stated}, such as 2019-03-07, 07.03.2019, 7 March 2019, "
        f"20190307 or 20:36, in one order of day and month. Received: {cell!r} in "
        f"{table.place(column.column.row_of(cell))}{more}. "
        f"Correct it, add {cell!r} to dataset.missing, or set dataset.features: {{{column.name}: category}}.",
        code="data-dates-wrong",
    )


def _unlike_error(table: TextTable, column: ExaminedColumn, flags: NDArray[np.bool_], what: str) -> DataError:
    shown = [column.categories.levels[int(np.argmax(flags == has))].as_py() for has in (True, False)]
    return DataError(
        f"column {column.name!r} of {table.shown_name} must hold dates that are alike. Received: {shown[0]!r} with "
        f"{what} and {shown[1]!r} without. Write them alike.",
        code="data-dates-wrong",
    )
