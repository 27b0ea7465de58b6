"""Numbers as people write them: decimal comma, thousands separators, currency, percent, units, parentheses.

A text is taken apart into signs, digits with their marks, and what stands before and behind. What the digits mean is
then one of two readings, one for each decimal mark; a column is read only by one that fits all of its texts.

Texts that differ in their digits only are of one template; each template is looked at once, however many texts it has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.arrow_arrays import is_null
from optbench.datasets.arrow_texts import buffers, chosen
from optbench.datasets.text_templates import templates_of
from optbench.datasets.units import CURRENCY_SIGNS, CURRENCY_WORDS, is_currency, unit_beside, unit_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

POINT, COMMA = ".", ","
READINGS: Final = (POINT, COMMA)
THOUSANDS: Final = (",", ".", " ", "'")
_MINUS = "\N{MINUS SIGN}"
_BLANKS = " \N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
_ONE_MARK: Final = str.maketrans({**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_APOSTROPHES, "'")})
_LETTER = r"[^\W\d_]"
_AFTER = rf"(?:{_LETTER}|[{CURRENCY_SIGNS}%‰°])(?:\w|[{CURRENCY_SIGNS}%‰°/^.· ²³-])*?"
_BEFORE = rf"[A-Z]{{0,3}}[{CURRENCY_SIGNS}]|[A-Z]{{3}}|{'|'.join(map(re.escape, CURRENCY_WORDS))}"
_NO_CENTS = r"(?:(?<=[.,])(?:--?|[\N{EN DASH}\N{EM DASH}]))?"  # 15,- and 15.-- are 15
_SHAPE: Final = re.compile(
    rf"(?P<s1>[+({_MINUS}-]?)[{_BLANKS}]?(?P<before>{_BEFORE})?[{_BLANKS}]?(?P<s2>[+({_MINUS}-]?)[{_BLANKS}]?"
    rf"(?P<body>(?:[0-9.,]|[{_BLANKS}{_APOSTROPHES}][0-9])+)(?P<exponent>(?:[eE][+-]?[0-9]+)?)"
    rf"{_NO_CENTS}(?P<s3>[){_MINUS}-]?)(?P<gap>[{_BLANKS}]?)(?P<after>{_AFTER})?(?P<s4>[){_MINUS}-]?)"
)
_NEGATIVE: Final = ("-", _MINUS, "()")
_POSITIVE: Final = ("", "+")
_MANY_UNITS = 16  # more different things beside numbers are no units
_LONGEST = 64  # bytes of a text that may be a number


@dataclass(frozen=True, slots=True)
class Shapes:
    """What texts have in common that look like numbers.

    Attributes
    ----------
    fits : the readings (decimal marks) that fit all of them
    is_marked : some text has a point or a comma, so that two readings are two numbers
    marks : the thousands separators found, per reading
    units : what stands beside the numbers, "" where nothing does; a name for all spellings of a unit -> the first one
    example : a text that shows the spelling
    """

    fits: frozenset[str]
    is_marked: bool
    marks: Mapping[str, frozenset[str]]
    units: Mapping[str, str] = field(default_factory=dict)
    example: str = ""

    @property
    def is_ambiguous(self) -> bool:
        """True if two readings fit, and give different numbers."""
        return self.is_marked and len(self.fits) == len(READINGS)

    @property
    def unit(self) -> str:
        """The unit, "" if there is none."""
        return next((shown for name, shown in self.units.items() if name), "")

    @property
    def mixes_units(self) -> bool:
        """True if the texts are numbers of more than one unit, or of one and of none.

        An amount without its currency among others that have it is one of the same currency.
        """
        named = [name for name in self.units if name]
        return len(named) > 1 or (len(named) == 1 and "" in self.units and not is_currency(self.unit))

    def joined(self, other: Shapes) -> Shapes:
        """Return what these texts have in common with others."""
        return Shapes(
            self.fits & other.fits,
            self.is_marked or other.is_marked,
            {decimal: self.marks[decimal] | other.marks[decimal] for decimal in READINGS},
            {**other.units, **self.units},
            self.example or other.example,
        )


@dataclass(frozen=True, slots=True)
class _Number:
    """A template that is a number.

    Attributes
    ----------
    body : digits and marks, each kind of blank and apostrophe as one
    start : bytes before the body
    widths : bytes of each character of the body
    exponent : characters of the exponent
    is_negative, unit : what the signs say, and what stands beside
    fits : the readings that fit
    """

    body: str
    start: int
    widths: tuple[int, ...]
    exponent: int
    is_negative: bool
    unit: str
    fits: frozenset[str]

    def kept(self, decimal: str) -> tuple[NDArray[np.int64], int | None]:
        """Return the positions of the bytes of the plain number, and which of them is the decimal mark."""
        positions: list[int] = []
        mark, at = None, self.start
        for character, width in zip(self.body, self.widths, strict=True):
            if character == decimal:
                mark = len(positions)
            if character.isdigit() or character == decimal:
                positions.append(at)
            at += width
        return np.array([*positions, *range(at, at + self.exponent)], dtype=np.int64), mark


@lru_cache(maxsize=1 << 14)
def _number(template: str, thousands: str | None) -> _Number | None:
    """Return a template taken apart, None if it is no number in any spelling."""
    found = _SHAPE.fullmatch(template)
    if found is None:
        return None
    signs = "".join(found[name] for name in ("s1", "s2", "s3", "s4"))
    unit = unit_beside(found["before"] or "", found["after"] or "", is_apart=bool(found["gap"]))
    body = found["body"].translate(_ONE_MARK)
    reading = _fraction if found["exponent"] else _reading
    fits = frozenset(decimal for decimal in READINGS if reading(decimal, thousands).fullmatch(body))
    if signs not in (*_NEGATIVE, *_POSITIVE) or unit is None or not fits:
        return None
    return _Number(
        body=body,
        start=len(template[: found.start("body")].encode()),
        widths=tuple(len(character.encode()) for character in found["body"]),
        exponent=len(found["exponent"]),
        is_negative=signs in _NEGATIVE,
        unit=unit,
        fits=fits,
    )


@lru_cache
def _reading(decimal: str, thousands: str | None) -> re.Pattern[str]:
    """Return the pattern of digits and their marks under a reading.

    Groups have three digits, or two before the last three as in India; the first group has no zero in front, so that
    `0,123` is a decimal number.
    """
    marks = [mark for mark in THOUSANDS if mark != decimal and thousands in (None, mark)]
    whole = ["[0-9]+", *(rf"[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{3}})+" for mark in marks)]
    if COMMA in marks:
        whole.append("[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")
    return re.compile(rf"(?:{'|'.join(whole)})(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+")


@lru_cache
def _fraction(decimal: str, _thousands: str | None) -> re.Pattern[str]:
    """Return the pattern of what stands before an exponent: nobody writes marks between thousands there.

    So `5,493e+04` is 54930, never 5493e4.
    """
    return re.compile(rf"[0-9]+(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+")


def shapes_of(texts: Any, *, thousands: str | None = None) -> Shapes | None:
    """Return what different texts have in common, or None if one of them is no number in any spelling.

    Parameters
    ----------
    texts : a pyarrow array without nulls
    thousands : the only separator of thousands that there may be; None for any
    """
    codes, templates = templates_of(texts)
    numbers = [number for template in templates if (number := _number(template, thousands)) is not None]
    if len(numbers) < len(templates) or not numbers:
        return None
    fits = frozenset.intersection(*(number.fits for number in numbers))
    units: dict[str, str] = {}
    for number in numbers:
        units.setdefault(unit_name(number.unit), number.unit)
    if not fits or len(units) > _MANY_UNITS:
        return None
    longest = max(range(len(numbers)), key=lambda code: len(numbers[code].body))
    return Shapes(
        fits,
        any(mark in number.body for number in numbers for mark in READINGS),
        {decimal: _marks(numbers, decimal) for decimal in READINGS},
        units,
        str(texts[int(np.argmax(codes == longest))].as_py()),
    )


def _marks(numbers: Sequence[_Number], decimal: str) -> frozenset[str]:
    return frozenset(mark for mark in THOUSANDS if mark != decimal and any(mark in one.body for one in numbers))


def plain_numbers(texts: Any, decimal: str, *, thousands: str | None = None) -> Any:
    """Return texts as plain decimal numbers: digits, a point, a minus sign; others, and nulls, stay as they are.

    Parameters
    ----------
    texts : a pyarrow array
    decimal : the reading
    thousands : as for `shapes_of`
    """
    import pyarrow as pa

    codes, templates = templates_of(texts)
    starts, data = buffers(texts)
    made = [_plain(template, decimal, thousands) for template in templates]
    lengths = np.array([one.length for one in made], dtype=starts.dtype)[codes]
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(starts.dtype)
    out = np.empty(ends[-1], dtype=np.uint8)
    rows = np.argsort(codes, kind="stable")
    borders = np.searchsorted(codes[rows], np.arange(len(made) + 1))
    for code, one in enumerate(made):
        of_template = rows[borders[code] : borders[code + 1]]
        cells = one.bytes_of(data, starts[of_template])
        out[ends[of_template][:, None] + np.arange(one.length)] = cells
    nulls = is_null(texts)
    valid = pa.py_buffer(np.packbits(~nulls, bitorder="little")) if nulls.any() else None
    return type(texts).from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(out), valid)


@dataclass(frozen=True, slots=True)
class _Plain:
    """How the texts of a template become plain numbers: which of their bytes stay, and what is put in their place."""

    kept: NDArray[np.int64]
    mark: int | None
    sign: bytes

    @property
    def length(self) -> int:
        """Number of bytes."""
        return len(self.sign) + len(self.kept)

    def bytes_of(self, data: NDArray[np.uint8], starts: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the bytes of plain numbers, (texts, length), of texts that start there."""
        cells = data[starts.astype(np.int64)[:, None] + self.kept]
        if self.mark is not None:
            cells[:, self.mark] = ord(POINT)
        signs = np.frombuffer(self.sign * len(cells), dtype=np.uint8).reshape(len(cells), len(self.sign))
        return np.hstack([signs, cells])


def _plain(template: str, decimal: str, thousands: str | None) -> _Plain:
    number = _number(template, thousands)
    if number is None or decimal not in number.fits:
        return _Plain(np.arange(len(template.encode())), None, b"")
    kept, mark = number.kept(decimal)
    return _Plain(kept, mark, b"-" if number.is_negative else b"")


def look_like_numbers(texts: Any) -> NDArray[np.bool_]:
    """Return which texts of a pyarrow array without nulls are numbers in some spelling; (n,) bool."""
    return _are(texts, lambda number: bool(number.fits))


def only_in(texts: Any, decimal: str) -> NDArray[np.bool_]:
    """Return which texts are numbers under one reading only; (n,) bool."""
    return _are(texts, lambda number: number.fits == {decimal})


def _are(texts: Any, wanted: Callable[[_Number], bool]) -> NDArray[np.bool_]:
    starts, _ = buffers(texts)
    found = np.diff(starts) <= _LONGEST
    if not found.any():
        return found
    codes, templates = templates_of(chosen(texts, found))
    numbers = [_number(template, None) for template in templates]
    found[found] = np.array([number is not None and wanted(number) for number in numbers])[codes]
    return found
