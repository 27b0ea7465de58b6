"""Which spelling of numbers each column of a table has, judged by all of the table, and the table in plain numbers.

A column is read only if one reading fits all its cells. What two readings fit, as `1,234`, is settled by what the
experiment file says, else by the other columns: if one of them can only have a decimal comma and none a decimal point,
this one has a decimal comma, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from optbench.config import dump_value
from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_arrays import mask_of
from optbench.datasets.arrow_texts import chosen, is_any_of, matches
from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.fitted_columns import NumberSpelling
from optbench.datasets.missing_values import missing_numbers
from optbench.datasets.number_spelling import COMMA, POINT, look_like_numbers, plain_numbers, shapes_of
from optbench.datasets.number_texts import parse_texts
from optbench.datasets.reading_rules import Applied
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from optbench.datasets.columns import Column
    from optbench.datasets.number_spelling import Shapes
    from optbench.datasets.text_table import TextTable

SPELLED: Final = "column-spelled"
_RULE = "number spelling"
_LOOKED_AT: Final = 4096  # cells of a column of very many different texts that are looked at before all are
_MOSTLY, _MANY = 0.8, 20  # as for columns that are neither number nor category
_GROUPED = r"[+-]?[1-9]\d{0,2}(\.\d{3})+"


@dataclass(frozen=True, slots=True)
class Convention:
    """What the experiment file says about numbers.

    Attributes
    ----------
    decimal : mark before the decimals; "." also means that nothing is said
    thousands : mark between thousands, None if nothing is said; a blank and an apostrophe stand for all their kinds
    """

    decimal: str = POINT
    thousands: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What the experiment file has to say, by key."""
        said = {"decimal": self.decimal} if self.decimal != POINT else {}
        return said if self.thousands is None else {**said, "thousands": self.thousands}

    @property
    def stated(self) -> str | None:
        """The decimal mark, None if nothing is said."""
        return self.decimal if self.decimal != POINT or self.thousands is not None else None


UNSTATED: Final = Convention()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the numbers of a column are written, where that is not plain.

    Attributes
    ----------
    example : a cell
    decimal : the reading: its decimal mark, whether there are decimals or not
    thousands : the marks between thousands that were found
    unit : what stands beside the numbers, "" if nothing does
    is_decided : the cells have points or commas, so that the other reading would be another
    is_stated : the experiment file says so
    units : what stands beside the numbers, a name for all spellings of a unit, "" for nothing
    only_thousands : the only mark between thousands that there may be; None for any
    """

    example: str
    decimal: str
    thousands: tuple[str, ...] = ()
    unit: str = ""
    is_decided: bool = True
    is_stated: bool = False
    units: tuple[str, ...] = ()
    only_thousands: str | None = None

    def recorded(self) -> NumberSpelling:
        """Return what other cells of the column are read by."""
        return NumberSpelling.model_validate(
            {"decimal": self.decimal, "thousands": self.only_thousands, "units": self.units}
        )

    def applied(self, column: str) -> Applied:
        """Return what the run's key holds of it."""
        done = {"decimal": self.decimal, "thousands": list(self.thousands), "unit": self.unit}
        return Applied(_RULE, column, done)

    def reason(self, kind: Finding) -> Finding:
        """Return why the column is a number: what its numbers are, and how they are written."""
        values = {
            "reason": kind.to_json(),
            "example": self.example,
            "number": plain_number(self.example, self.decimal),
            "unit": self.unit or None,
            "is_stated": self.is_stated,
        }
        return Finding(SPELLED, Severity.NOTE, values)


def plain_number(text: str, decimal: str) -> str:
    """Return a number in a spelling as a plain one."""
    import pyarrow as pa

    made: str = plain_numbers(pa.array([text]), decimal)[0].as_py()
    return made.removesuffix(POINT)


class Spellings:
    """The spellings of numbers in a table; each column is judged when it is asked for.

    Parameters
    ----------
    convention : what the experiment file says
    missing : texts that mean "no value"
    numbers : names of columns that the experiment file says are numbers: what mixes units or words is refused there
    words : names of columns that it says are no numbers: they say nothing about others
    unread : names of columns that are left as they are
    target : name of the target, for what helps
    """

    def __init__(
        self,
        table: TextTable,
        convention: Convention,
        *,
        missing: Collection[str],
        numbers: Collection[str] = (),
        words: Collection[str] = (),
        unread: Collection[str] = (),
        target: str = "",
    ) -> None:
        self._table, self._convention, self._missing = table, convention, missing
        self._numbers, self._words, self._unread = frozenset(numbers), frozenset(words), frozenset(unread)
        self._target = target
        self._evidence: frozenset[str] | None = None

    def read(self, column: Column) -> ExaminedColumn:
        """Return a column with its numbers as plain ones, if it holds numbers in one spelling; else as it is.

        Raises
        ------
        DataError
            If two readings fit, and nothing says which is right; or it mixes units, and is said to be numbers.
        """
        examined = ExaminedColumn(column, missing=self._missing)
        if column.name in self._words or column.name in self._unread:
            return examined
        shapes = self._shapes(examined)
        if shapes is None:
            return examined
        is_stated = column.name in self._numbers
        if shapes.mixes_units:
            if is_stated and sum(map(bool, shapes.units)) > 1:
                raise _units_error(self._table, column.name, shapes, is_target=column.name == self._target)
            if not is_stated:
                return examined
        decimal = self._decimal(shapes, column.name)
        if decimal is None:
            raise two_readings_error(self._table, column.name, shapes, is_target=column.name == self._target)
        return self._respelled(examined, shapes, decimal)

    def ambiguity(self, column: Column) -> Finding | None:
        """Return what two readings a column has between which nothing decides, or None."""
        is_read = column.name not in self._words and column.name not in self._unread
        shapes = self._shapes(ExaminedColumn(column, missing=self._missing)) if is_read else None
        if shapes is None or shapes.mixes_units or self._decimal(shapes, column.name) is not None:
            return None
        return Finding("data-column-two-readings", Severity.NOTE, {"name": column.name, **_readings(shapes)})

    def _decimal(self, shapes: Shapes, name: str) -> str | None:
        """Return the decimal mark of numbers, None if it could be either."""
        if not shapes.is_ambiguous:
            return POINT if POINT in shapes.fits else COMMA
        if name in self._table.point_names and not shapes.marks[POINT]:  # points are of numbers that were no texts
            return POINT
        if self._convention.stated is not None:
            return self._convention.stated
        evidence = self._of_others
        return next(iter(evidence)) if len(evidence) == 1 else None

    @property
    def _of_others(self) -> frozenset[str]:
        """The decimal marks of columns that can have one only."""
        if self._evidence is None:
            silent = self._words | self._table.point_names
            found = [self._only_decimal(column) for column in self._table.columns if column.name not in silent]
            self._evidence = frozenset(decimal for decimal in found if decimal is not None)
        return self._evidence

    def _only_decimal(self, column: Column) -> str | None:
        """Return the decimal mark of a column that can have one only, judged by its first cells if they are many."""
        texts = _first_texts(column, self._missing)
        shapes = None
        if len(texts):
            shapes = shapes_of(texts, thousands=self._convention.thousands)
        if shapes is None or not shapes.is_marked or len(shapes.fits) > 1:
            return None
        return next(iter(shapes.fits))

    def _shapes(self, examined: ExaminedColumn) -> Shapes | None:
        """Return what the numbers of a column have in common, None if they are plain, or no numbers."""
        column = examined.column
        first = _first_texts(column, self._missing)
        if len(first) < 2:  # noqa: PLR2004 - one text is a constant, whatever it says
            return None
        if parse_texts(first, missing=()).is_word is None:
            is_plain = column.is_coded or examined.numbers.is_word is None
            if is_plain and (column.name in self._table.point_names or not self._is_at_stake(first)):
                return None
        elif not column.is_coded and not self._is_spelled(first, column.name):
            return None
        return self._shapes_of_all(column)

    def _is_at_stake(self, first: Any) -> bool:
        """Return True if all points of plain numbers may stand between thousands, and something says they do."""
        dotted = _with_a_point(first)
        if not len(dotted) or not matches(dotted, _GROUPED).all():
            return False
        return COMMA in (self._convention.stated or self._of_others)

    def _is_spelled(self, texts: Any, name: str) -> bool:
        fits = look_like_numbers(texts)
        return bool(fits.all()) or self._is_mostly_numbers(fits, name)

    def _is_mostly_numbers(self, fits: Any, name: str) -> bool:
        """Return True if words among numbers are to be told as such: the column cannot be a category."""
        if name in self._numbers:
            return bool(fits.any())
        return len(fits) > _MANY and fits.sum() >= _MOSTLY * len(fits)

    def _shapes_of_all(self, column: Column) -> Shapes | None:
        found: Shapes | None = None
        n_all, n_fitting = 0, 0
        for texts in _different_texts(column, self._missing):
            fits = look_like_numbers(texts)
            n_all, n_fitting = n_all + len(fits), n_fitting + int(fits.sum())
            if not fits.any():
                continue
            shapes = shapes_of(chosen(texts, fits), thousands=self._convention.thousands)
            if shapes is None:
                return None
            found = shapes if found is None else found.joined(shapes)
        if found is None or not found.fits or (n_fitting < n_all and not self._is_worth_it(column, n_fitting, n_all)):
            return None
        return found

    def _is_worth_it(self, column: Column, n_fitting: int, n_all: int) -> bool:
        return column.name in self._numbers or (n_all > _MANY and n_fitting >= _MOSTLY * n_all)

    def _respelled(self, examined: ExaminedColumn, shapes: Shapes, decimal: str) -> ExaminedColumn:
        column, missing = examined.column, tuple(self._missing)
        thousands = self._convention.thousands

        def plain(texts: Any) -> Any:
            return respelled(texts, decimal, thousands, missing=missing)

        levels = plain(column.levels) if column.is_coded else None
        if levels is not None and len(levels.unique()) == len(levels):
            if levels.equals(column.levels):
                return examined
            made = replace(column, levels=levels)
        else:
            made = replace(column, parts=tuple(self._table.storage.put(plain(texts)) for texts in column.texts()))
        marks = tuple(sorted(shapes.marks[decimal]))
        is_stated = self._convention.stated == decimal
        spelling = Spelling(
            shapes.example,
            decimal,
            marks,
            shapes.unit,
            shapes.is_marked,
            is_stated,
            tuple(sorted(shapes.units)),
            thousands,
        )
        missing = (*missing, *missing_numbers(made, missing))
        return ExaminedColumn(made, missing=missing, spelling=spelling)


def respelled(texts: Any, decimal: str, thousands: str | None, *, missing: Collection[str]) -> Any:
    """Return texts as plain decimal numbers; those that mean "no value" stay, and those that are no numbers."""
    import pyarrow.compute as pc

    made = plain_numbers(texts, decimal, thousands=thousands)
    is_kept = is_any_of(texts, missing)
    return pc.if_else(mask_of(is_kept), texts, made) if is_kept.any() else made


def _first_texts(column: Column, missing: Collection[str]) -> Any:
    """Return the different texts of a column that are not missing, of very many those of the first rows."""
    import pyarrow as pa

    if column.is_coded:
        return chosen(column.levels, ~is_any_of(column.levels, missing))
    parts, n_rows = [], 0
    for texts in column.texts():
        parts.append(texts.slice(0, _LOOKED_AT - n_rows))
        n_rows += len(parts[-1])
        if n_rows >= _LOOKED_AT:
            break
    whole = pa.concat_arrays(parts).unique()
    return chosen(whole, ~is_any_of(whole, missing))


def _different_texts(column: Column, missing: Collection[str]) -> Iterator[Any]:
    """Yield different texts of a column that are not missing, those of some rows at a time."""
    for texts in [column.levels] if column.is_coded else column.texts():
        present = chosen(texts, ~is_any_of(texts, missing))
        if len(present):
            yield present if column.is_coded else present.unique()


def _with_a_point(texts: Any) -> Any:
    import pyarrow.compute as pc

    return texts.filter(pc.match_substring(texts, POINT))


def _readings(shapes: Shapes) -> dict[str, str]:
    """Return an ambiguous number and what it is under each reading, as the message names them."""
    mark = next(character for character in shapes.example if character in (POINT, COMMA))
    return {
        "example": shapes.example,
        "mark": mark,
        "as_decimal": plain_number(shapes.example, mark),
        "as_thousands": plain_number(shapes.example, COMMA if mark == POINT else POINT),
    }


def _as_texts(name: str, *, is_target: bool) -> str:
    return "leave out task: regression" if is_target else f"dataset.features: {dump_value({name: 'category'})}"


def two_readings_error(table: TextTable, name: str, shapes: Shapes, *, is_target: bool) -> DataError:
    """Return the error for numbers that two readings fit."""
    found = _readings(shapes)
    as_decimal, as_thousands = _settings(found["mark"])
    return DataError(
        f"column {name!r} of {table.shown_name} has two readings: {found['example']!r} is {found['as_thousands']} if "
        f"{found['mark']!r} stands between thousands, and {found['as_decimal']} if it stands before decimals; all its "
        f"cells, and the other columns, allow both. Write {as_thousands} for the first, {as_decimal} for the second, "
        f"or {_as_texts(name, is_target=is_target)} if these are not numbers.",
        code="data-number-ambiguous",
    )


def _settings(mark: str) -> tuple[str, str]:
    """Return the settings that make a mark that of decimals, and of thousands."""
    if mark == COMMA:
        return "dataset.decimal: ','", "dataset.thousands: ','"
    return "dataset.thousands: ','", "dataset.decimal: ','"


def _units_error(table: TextTable, name: str, shapes: Shapes, *, is_target: bool) -> DataError:
    units = [shown for unit, shown in shapes.units.items() if unit]
    return DataError(
        f"column {name!r} of {table.shown_name} must hold numbers of one unit. Received: {' and '.join(units)}. "
        f"Convert them into one, or, for texts, {_as_texts(name, is_target=is_target)}.",
        code="data-units-mixed",
    )
