"""Numbers as people write them: decimal comma, thousands separators, currency, percent, units, parentheses.

A text is taken apart into signs, digits with their marks, and what stands before and behind. What the digits mean is
then one of two readings, one for each decimal mark; a column is read only by one that fits all of its texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from optbench.datasets.arrow_texts import matches
from optbench.datasets.units import CURRENCY_WORDS, is_currency, unit_beside, unit_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

POINT, COMMA = ".", ","
READINGS: Final = (POINT, COMMA)
THOUSANDS: Final = (",", ".", " ", "'")
_MINUS = "\N{MINUS SIGN}"
_SIGN = f"[+{_MINUS}-]"
_BLANKS = " \N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
_BEFORE = rf"[A-Z]{{0,3}}\p{{Sc}}|[A-Z]{{3}}|{'|'.join(word.replace('.', '[.]') for word in CURRENCY_WORDS)}"
_AFTER = r"[\p{L}\p{Sc}%‰°][\p{L}\p{Sc}\p{N}%‰°/^.· -]*"
_SHAPE: Final = (
    rf"\A(?P<s1>[+(\x{{2212}}-]?)[{_BLANKS}]?(?P<before>{_BEFORE})?[{_BLANKS}]?(?P<s2>[+(\x{{2212}}-]?)[{_BLANKS}]?"
    rf"(?P<body>(?:[0-9.,]|[{_BLANKS}{_APOSTROPHES}][0-9])+)(?P<exponent>[eE][+-]?[0-9]+)?"
    rf"(?P<s3>[)\x{{2212}}-]?)(?P<gap>[{_BLANKS}]?)(?P<after>{_AFTER}?)?(?P<s4>[)\x{{2212}}-]?)\z"
)
_NEGATIVE: Final = ("-", _MINUS, "()")
_POSITIVE: Final = ("", "+")
_MANY_UNITS = 16  # more different things beside numbers are no units


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


def shapes_of(texts: Any, *, thousands: str | None = None) -> Shapes | None:
    """Return what different texts have in common, or None if one of them is no number in any spelling.

    Parameters
    ----------
    texts : a pyarrow array without nulls
    thousands : the only separator of thousands that there may be; None for any
    """
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _SHAPE)
    if parts.null_count:
        return None
    if not set(pc.unique(_signs(parts)).to_pylist()) <= {*_NEGATIVE, *_POSITIVE}:
        return None
    units = _units(parts)
    if units is None:
        return None
    bodies = _plain_marks(parts.field("body"))
    fits = [decimal for decimal in READINGS if matches(bodies, _reading(decimal, thousands)).all()]
    if not fits:
        return None
    marked = pc.match_substring_regex(bodies, "[.,]")
    return Shapes(
        frozenset(fits),
        bool(pc.any(marked).as_py()),
        {decimal: _marks(bodies, decimal) for decimal in READINGS},
        units,
        _example(texts, parts),
    )


def plain_numbers(texts: Any, decimal: str, *, thousands: str | None = None) -> Any:
    """Return texts as plain decimal numbers: digits, a point, a minus sign; others, and nulls, stay as they are.

    Parameters
    ----------
    decimal : the reading
    thousands : as for `shapes_of`
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _SHAPE)
    bodies = _plain_marks(parts.field("body"))
    digits = pc.replace_substring_regex(bodies, f"[^0-9{decimal}]", "")
    digits = digits if decimal == POINT else pc.replace_substring(digits, COMMA, POINT)
    is_negative = _is_in(_signs(parts), _NEGATIVE)
    signs = pc.if_else(is_negative, pa.scalar("-", texts.type), pa.scalar("", texts.type))
    made = _joined([signs, digits, parts.field("exponent")], "")
    return pc.if_else(_fit(parts, bodies, _reading(decimal, thousands)), made, texts)


def look_like_numbers(texts: Any) -> Any:
    """Return which texts are numbers in some spelling; a pyarrow array of truth values."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _SHAPE)
    either = "|".join(_reading(decimal, None) for decimal in READINGS)
    return _fit(parts, _plain_marks(parts.field("body")), either)


def fits_reading(texts: Any, decimal: str) -> Any:
    """Return which texts are numbers under one reading that are others, or none, under the other."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _SHAPE)
    bodies = _plain_marks(parts.field("body"))
    other = COMMA if decimal == POINT else POINT
    return pc.and_not(_fit(parts, bodies, _reading(decimal, None)), _fit(parts, bodies, _reading(other, None)))


def _fit(parts: Any, bodies: Any, reading: str) -> Any:
    """Return which texts have digits as in a reading, and beside them signs and units only."""
    import pyarrow.compute as pc

    is_number = pc.match_substring_regex(bodies, rf"\A(?:{reading})\z")
    is_signed = _is_in(_signs(parts), (*_NEGATIVE, *_POSITIVE))
    beside = _beside(parts)
    units = [text for text in pc.unique(beside).to_pylist() if text is not None and _unit(text) is not None]
    fit = pc.and_(pc.and_(is_number, is_signed), _is_in(beside, units))
    return pc.and_(pc.fill_null(fit, False), parts.is_valid())


def _is_in(texts: Any, words: Collection[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(texts, value_set=pa.array(list(words), type=texts.type))


def _joined(texts: Sequence[Any], between: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*texts, pa.scalar(between, texts[0].type))


def _signs(parts: Any) -> Any:
    return _joined([parts.field(name) for name in ("s1", "s2", "s3", "s4")], "")


def _plain_marks(bodies: Any) -> Any:
    """Return digits with their marks, all kinds of blanks and apostrophes as one."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(pc.replace_substring_regex(bodies, f"[{_BLANKS}]", " "), f"[{_APOSTROPHES}]", "'")


@cache
def _reading(decimal: str, thousands: str | None) -> str:
    """Return the pattern of digits and their marks under a reading.

    Groups have three digits, or two before the last three as in India; the first group has no zero in front, so that
    `0,123` is a decimal number.
    """
    marks = [mark for mark in THOUSANDS if mark != decimal and thousands in (None, mark)]
    whole = ["[0-9]+", *(rf"[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{3}})+" for mark in marks)]
    if COMMA in marks:
        whole.append("[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")
    return rf"(?:{'|'.join(whole)})(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+"


def _marks(bodies: Any, decimal: str) -> frozenset[str]:
    import pyarrow.compute as pc

    others = [mark for mark in THOUSANDS if mark != decimal]
    return frozenset(mark for mark in others if pc.any(pc.match_substring(bodies, mark)).as_py())


def _beside(parts: Any) -> Any:
    """Return what stands before a number, whether a blank follows it, and what stands behind."""
    import pyarrow.compute as pc

    gap = pc.replace_substring_regex(parts.field("gap"), ".", " ")
    return _joined([parts.field("before"), gap, parts.field("after")], "\n")


def _units(parts: Any) -> dict[str, str] | None:
    """Return the units of numbers by name, or None if what stands beside one of them is none."""
    import pyarrow.compute as pc

    found = pc.unique(_beside(parts)).to_pylist()
    if len(found) > _MANY_UNITS:
        return None
    units: dict[str, str] = {}
    for beside in found:
        unit = _unit(beside)
        if unit is None:
            return None
        units.setdefault(unit_name(unit), unit)
    return units


def _unit(beside: str) -> str | None:
    before, gap, after = beside.split("\n")
    return unit_beside(before, after, is_apart=bool(gap))


def _example(texts: Any, parts: Any) -> str:
    """Return the first text of those with the longest digits: it shows marks that others lack."""
    import pyarrow.compute as pc

    lengths = pc.utf8_length(parts.field("body"))
    return str(texts[pc.index(lengths, pc.max(lengths)).as_py()].as_py())
