"""Cells of new rows, read and encoded by what was fitted in training: the same functions, with what they found then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.worded import joined, worded
from optbench.datasets.arrow_arrays import is_null, mask_of, texts_of
from optbench.datasets.arrow_texts import chosen, is_any_of, matches
from optbench.datasets.column_cells import ExaminedColumn
from optbench.datasets.columns import Column
from optbench.datasets.date_columns import DateColumn
from optbench.datasets.date_texts import moments
from optbench.datasets.features import FittedCategory, FittedNumber, NumberColumn
from optbench.datasets.missing_values import missing_numbers
from optbench.datasets.number_spelling import look_like_numbers, shapes_of
from optbench.datasets.number_texts import INTEGER_PATTERN
from optbench.datasets.spellings import respelled
from optbench.datasets.table_storage import StoredCells
from optbench.datasets.vocabulary import SPECIAL, UNKNOWN, Vocabulary, words_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from optbench.datasets.date_texts import Moments
    from optbench.datasets.fitted_columns import CategoryFit, DateFit, NumberFit, NumberSpelling, Standardized, TextFit
    from optbench.datasets.unusual import Unusual

_EXAMPLES: Final = 3
_COLUMN: Final = worded("rows-role-column", "column")
_WHOLE: Final = r"\A(-?[0-9]+)[.]0\z"


@dataclass(frozen=True, slots=True)
class NewCells:
    """The cells of one column in some new rows.

    Attributes
    ----------
    name : of the column
    texts : stripped, a pyarrow string array, null where there is no value
    are_numbers : they were typed numbers before they became texts, so that no spelling is in question
    place : says where a row stands, for messages
    """

    name: str
    texts: Any
    are_numbers: bool
    place: Callable[[int], str]

    def examined(self, missing: Collection[str]) -> ExaminedColumn:
        """Return the cells with all texts that mean "no value" in them."""
        column = Column(self.name, "", len(self.texts), texts_of([]), (StoredCells(self.texts),))
        return ExaminedColumn(column, missing=(*missing, *missing_numbers(column, missing)))


def numbers_of_cells(
    cells: NewCells, spelling: NumberSpelling | None, missing: Collection[str], *, role: str = _COLUMN
) -> NDArray[np.float64]:
    """Return the numbers of cells, (rows,) float64, NaN where one is missing.

    Parameters
    ----------
    spelling : how they are written; None for plain decimal numbers
    role : what messages call the column

    Raises
    ------
    DataError
        If a cell is neither missing nor a finite number in this spelling.
    """
    examined = cells.examined(missing)
    if spelling is not None and not cells.are_numbers:
        examined = _respelled(examined, spelling, missing)
    values = examined.numbers.values
    wrong = np.flatnonzero(np.isinf(values))
    if len(wrong) or (spelling is not None and not cells.are_numbers):
        _require_spelling(cells, spelling, examined.missing, wrong, role)
    return values


def _respelled(examined: ExaminedColumn, spelling: NumberSpelling, missing: Collection[str]) -> ExaminedColumn:
    (texts,) = examined.column.texts()
    plain = respelled(texts, spelling.decimal, spelling.thousands, missing=examined.missing)
    column = replace(examined.column, parts=(StoredCells(plain),))
    return ExaminedColumn(column, missing=(*examined.missing, *missing_numbers(column, missing)))


def _require_spelling(
    cells: NewCells, spelling: NumberSpelling | None, missing: Collection[str], wrong: NDArray[np.int64], role: str
) -> None:
    """Require numbers as training had them: in its reading, with its units."""
    if not len(wrong) and spelling is not None:
        wrong = _misread(cells.texts, spelling, missing)
    if not len(wrong):
        return
    row = int(wrong[0])
    more = worded("hint-more-rows", " and in {n} more rows", n=len(wrong) - 1) if len(wrong) > 1 else ""
    raise DataError(
        worded(
            "rows-cell-of-training",
            "{role} {name!r} must hold {wanted}, as in training. Received: {received!r} in "
            "{place}{more}. Correct it, or leave the cell empty.",
            role=role,
            name=cells.name,
            wanted=_wanted(spelling),
            received=cells.texts[row].as_py(),
            place=cells.place(row),
            more=more,
        ),
        code="data-cell-not-as-trained",
    )


def _misread(texts: Any, spelling: NumberSpelling, missing: Collection[str]) -> NDArray[np.int64]:
    """Return the rows whose number has another reading, or another unit, than those of training."""
    present = ~is_any_of(texts, missing) & ~is_null(texts)
    words = chosen(texts, present).unique()
    if not len(words) or (look_like_numbers(words).all() and _are_as_trained(words, spelling)):
        return np.zeros(0, dtype=np.int64)
    wrong = [
        word
        for word, looks in zip(words.to_pylist(), look_like_numbers(words).tolist(), strict=True)
        if not looks or not _are_as_trained(texts_of([word]), spelling)
    ]
    return np.flatnonzero(is_any_of(texts, wrong) & present)


def _are_as_trained(words: Any, spelling: NumberSpelling) -> bool:
    shapes = shapes_of(words, thousands=spelling.thousands)
    return shapes is not None and spelling.decimal in shapes.fits and set(shapes.units) <= set(spelling.units)


def _wanted(spelling: NumberSpelling | None) -> str:
    if spelling is None:
        return worded("must-plain-numbers", "finite numbers with a decimal point and nothing else")
    no_unit, otherwise = worded("must-no-unit", "no unit"), worded("must-otherwise", " or ")
    return worded(
        "must-spelled-numbers",
        "numbers with the decimal mark {mark!r} and {units} beside them",
        mark=spelling.decimal,
        units=joined(*(unit or no_unit for unit in spelling.units), between=otherwise),
    )


def fitted_number(name: str, numbers: Standardized) -> FittedNumber:
    """Return the fit of a column of numbers."""
    return FittedNumber(
        name, numbers.median, numbers.mean, numbers.sd, minimum=numbers.minimum, maximum=numbers.maximum
    )


def encoded_numbers(
    name: str, values: NDArray[np.float64], fitted: FittedNumber, unusual: Unusual
) -> NDArray[np.float32]:
    """Return what the model sees of numbers, (rows,) float32; those that are unusual are counted under `name`.

    Raises
    ------
    DataError
        If one is too far from those of training to be held as float32.
    """
    missing = np.isnan(values)
    unusual.add(name, "missing", int(missing.sum()), usual={"median": fitted.median})
    if fitted.minimum is not None and fitted.maximum is not None:
        with np.errstate(invalid="ignore"):
            n = int(((values < fitted.minimum) | (values > fitted.maximum)).sum())
        unusual.add(name, "outside", n, usual={"minimum": fitted.minimum, "maximum": fitted.maximum})
    with np.errstate(over="ignore"):
        encoded = fitted.encoded(NumberColumn(fitted.name, values))
    if not np.isfinite(encoded).all():
        largest = float(np.nanmax(np.abs(values)))
        raise DataError(
            f"column {name!r} holds {largest:g}, which is too far from the numbers of training for float32. "
            "Correct it, or leave the cell empty.",
            code="data-column-too-wide",
        )
    return encoded


def number_features(cells: NewCells, fit: NumberFit, missing: Collection[str], unusual: Unusual) -> NDArray[Any]:
    """Return the feature of a column of numbers, (rows, 1) float32."""
    values = numbers_of_cells(cells, fit.spelling, missing)
    return encoded_numbers(fit.name, values, fitted_number(fit.name, fit.standardized), unusual)[:, None]


def category_features(cells: NewCells, fit: CategoryFit, missing: Collection[str], unusual: Unusual) -> NDArray[Any]:
    """Return the features of a column of categories, (rows, features) float32."""
    fitted = FittedCategory(fit.name, fit.levels)
    are_whole = bool(matches(texts_of(fit.levels), INTEGER_PATTERN).all())
    column = as_levels(cells, are_whole=are_whole).examined(missing).categories
    unusual.add(fit.name, "missing", int((column.codes < 0).sum()), usual=None)
    is_unseen = fitted.level_numbers(column) < 0
    if is_unseen.any():
        n = int(np.append(is_unseen, False)[column.codes].sum())
        examples = chosen(column.levels, is_unseen).slice(0, _EXAMPLES).to_pylist()
        unusual.add(fit.name, "unseen", n, examples=examples, usual=None)
    out = np.empty((len(cells.texts), len(fitted.names)), dtype=np.float32)
    fitted.write(fitted.encoded(column), out)
    return out


def as_levels(cells: NewCells, *, are_whole: bool) -> NewCells:
    """Return typed numbers as levels are written that are all whole: a column with gaps is one of floats in pandas."""
    import pyarrow.compute as pc

    if not cells.are_numbers or not are_whole:
        return cells
    return replace(cells, texts=pc.replace_substring_regex(cells.texts, _WHOLE, r"\1"))


def date_features(cells: NewCells, fit: DateFit, missing: Collection[str], unusual: Unusual) -> NDArray[Any]:
    """Return the features of a column of dates, (rows, parts) float32.

    Raises
    ------
    DataError
        If a cell is neither missing nor a date as those of training were.
    """
    column = cells.examined(missing).categories
    found = moments(column.levels)
    read = next((one for one in found if one.order == fit.order), found[0])
    _require_dates(cells, column.levels, read, fit)
    unusual.add(fit.name, "missing", int((column.codes < 0).sum()), usual=None)
    values = DateColumn(fit.name, read, column.codes).numbers([each.part for each in fit.parts])
    quiet = type(unusual)()  # what is missing is counted once, not for each part
    out = np.empty((len(cells.texts), len(fit.parts)), dtype=np.float32)
    for position, (part, numbers) in enumerate(zip(fit.parts, values, strict=True)):
        fitted = fitted_number(numbers.name, part.standardized)
        out[:, position] = encoded_numbers(fit.name, numbers.values, fitted, quiet)
        outside = quiet.counts.pop((fit.name, "outside"), 0)
        if part.part in ("days", "hour"):
            unusual.add(numbers.name, "outside", outside, usual=quiet.usual.get((fit.name, "outside")))
    return out


def _require_dates(cells: NewCells, levels: Any, read: Moments, fit: DateFit) -> None:
    has_date = any(part.part != "hour" for part in fit.parts)
    has_day = any(part.part == "day_of_week" for part in fit.parts)
    fits = read.is_read & (read.has_date == has_date) & (read.has_zone == fit.has_zone)
    if has_date:
        fits &= read.has_day == has_day
    if fit.order is None:
        fits &= ~read.has_order
    wrong = np.flatnonzero(~fits)
    if not len(wrong):
        return
    text = levels[int(wrong[0])].as_py()
    row = int(np.flatnonzero(is_any_of(cells.texts, [text]))[0])
    more = worded("hint-more-values", " and {n} other values", n=len(wrong) - 1) if len(wrong) > 1 else ""
    order = f" in the order {fit.order}" if fit.order else ", with no order of day and month in question"
    zone = "with a time zone" if fit.has_zone else "without a time zone"
    raise DataError(
        f"column {cells.name!r} must hold {'dates' if has_date else 'times of a day'}{order}, {zone}, as in training. "
        f"Received: {text!r} in {cells.place(row)}{more}. Correct it, or leave the cell empty.",
        code="data-cell-not-as-trained",
    )


def words_of_cells(cells: NewCells, missing: Collection[str]) -> list[list[bytes]]:
    """Return the words of each cell; none where it is missing."""
    import pyarrow.compute as pc

    is_missing = is_any_of(cells.texts, cells.examined(missing).missing)
    filled = pc.if_else(mask_of(is_missing), texts_of([""])[0], cells.texts) if is_missing.any() else cells.texts
    return [words_of(text) for text in filled.to_pylist()]


def text_tokens(cells: NewCells, fit: TextFit, missing: Collection[str], unusual: Unusual) -> NDArray[np.int32]:
    """Return the tokens of a column of running text, (rows, length) int32."""
    words = words_of_cells(cells, missing)
    tokens = Vocabulary(tuple(word.encode() for word in fit.vocabulary[len(SPECIAL) :])).encode(
        words, length=fit.length
    )
    n_empty = sum(not each for each in words)
    unusual.add(fit.name, "missing", n_empty, usual=None)
    unusual.add(fit.name, "unknown-words", int((tokens <= UNKNOWN).all(axis=1).sum()) - n_empty, usual=None)
    unusual.add(fit.name, "cut", sum(len(each) > fit.length for each in words), usual={"length": fit.length})
    return tokens
