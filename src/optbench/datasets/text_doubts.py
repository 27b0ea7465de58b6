"""Texts that were probably meant as something else: numbers in another spelling, dates, sentences, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.calendar_words import MONTHS
from optbench.datasets.date_readings import read_moments
from optbench.datasets.date_texts import look_like_dates
from optbench.datasets.number_spelling import READINGS, look_like_numbers, only_in, shapes_of

if TYPE_CHECKING:
    from typing import Final

    import numpy as np
    from numpy.typing import NDArray

_NEARLY_ALL = 0.9
_MANY = 0.5
_FEWEST_DATES = 2
_SOME = 0.1
_LEVELS = 10  # fewer different texts are a category whatever they look like
_SHOWN = 3
_LOOKED_AT = 1024  # different texts that are looked at before all are
_FEW = 0.25
_RUNNING_TEXT = "column-looks-like-running-text"
_WEEKS = "column-looks-like-weeks"
_WITHOUT_EXAMPLE = (_RUNNING_TEXT, _WEEKS)
_MULTIPLE: Final = r"[+-]?\p{Sc}? ?[+-]?[0-9][0-9.,]* ?([kKMB]|bn|mn|Mio[.]?|Mrd[.]?) ?\p{Sc}?"
# Arabic, Persian, of Hindi, Bengali and Thai, and as wide as Chinese characters
_OTHER_DIGITS: Final = r"\x{660}-\x{669}\x{6F0}-\x{6F9}\x{966}-\x{96F}\x{9E6}-\x{9EF}\x{E50}-\x{E59}\x{FF10}-\x{FF19}"
_SPELLINGS: Final = (
    (r"[0-9]{4}-?[wW][0-9]{2}(-?[1-7])?", _WEEKS),
    (r"[0-9]{1,2}[.]?(er)? ?(de |d')?\p{L}{3,}[.]? ?(de |del )?[0-9]{4}", "column-looks-like-dates-in-words"),
    (rf"(?i)({MONTHS})[.]?[-/ ']?[0-9]{{2}}|[0-9]{{1,2}}[.]?[-/ ]({MONTHS})[.]?", "column-looks-like-half-dates"),
    (r"[0-9/.-]{8,10}[ T][0-9:.]+ ?([A-Z]{2,5}|[A-Z][a-z]+/[A-Za-z_/]+)", "column-looks-like-dates-with-zones"),
    (r"[^ ]+( +[^ ]+){4,}", _RUNNING_TEXT),  # five words and more
    (rf"[+-]?[{_OTHER_DIGITS}]+([.,\x{{66B}}\x{{66C}}][{_OTHER_DIGITS}]+)*", "column-looks-like-other-digits"),
)
_DIGITS_AND_SIGNS: Final = (r"[^\p{L}]*[0-9][^\p{L}]*", "column-looks-like-digits-and-signs")


def doubt(texts: Any, name: str) -> Finding | None:
    """Return what texts look like, or None; few different ones are a category, unless all of them are dates.

    Parameters
    ----------
    texts : the different texts of a column that is taken for a category or an identifier; a pyarrow array
    name : of the column, for the remedy
    """
    if len(texts) < _FEWEST_DATES:
        return None
    first = texts.slice(0, _LOOKED_AT)
    share = _NEARLY_ALL if len(texts) >= _LEVELS else 1.0
    if look_like_dates(first).sum() >= _MANY * len(first) and look_like_dates(texts).sum() >= share * len(texts):
        return read_moments(texts, name=name).obstacle or Finding(
            "column-looks-like-dates", Severity.NOTE, {"name": name}
        )
    if len(texts) < _LEVELS:
        return None
    return _spelled(texts) or _like_numbers(texts, name) or _digits_and_signs(texts)


def _spelled(texts: Any) -> Finding | None:
    """Return the spelling that nearly all texts have, of those that are told."""
    if _are_multiples(texts):
        return Finding("column-looks-like-multiples", Severity.NOTE)
    return next((told for spelling in _SPELLINGS if (told := _of_pattern(texts, *spelling)) is not None), None)


def _of_pattern(texts: Any, pattern: str, code: str) -> Finding | None:
    """Return the doubt of a code, with an example, if nearly all texts match a pattern."""
    fits = matches(texts, pattern)
    if fits.sum() < _NEARLY_ALL * len(texts):
        return None
    values = {} if code in _WITHOUT_EXAMPLE else {"example": chosen(texts, fits)[0].as_py()}
    return Finding(code, Severity.NOTE, values)


def _digits_and_signs(texts: Any) -> Finding | None:
    """Return the doubt in digits beside signs, unless they are numbers of one spelling, which can be said as it is."""
    if look_like_numbers(texts).all() and shapes_of(texts) is not None:
        return None
    return _of_pattern(texts, *_DIGITS_AND_SIGNS)


def _like_numbers(texts: Any, name: str) -> Finding | None:
    """Return what is in the way of reading texts as numbers, if that is what they look like."""
    first = texts.slice(0, _LOOKED_AT)
    if look_like_numbers(first).sum() < _FEW * len(first):
        return None
    fits = look_like_numbers(texts)
    return _several_spellings(texts, name) if fits.all() else _mostly_numbers(texts, fits)


def _are_multiples(texts: Any) -> bool:
    """Return True for numbers of which several are written as thousands, millions or billions: 950, 1.2K."""
    are_multiples = matches(texts, _MULTIPLE)
    if are_multiples.sum() < _SOME * len(texts):
        return False
    return bool((are_multiples | look_like_numbers(texts)).sum() >= _NEARLY_ALL * len(texts))


def _several_spellings(texts: Any, name: str) -> Finding | None:
    """Return why different texts are not read as numbers although each of them is one."""
    shapes = shapes_of(texts)
    if shapes is None:
        alike = [chosen(texts, only_in(texts, decimal)) for decimal in READINGS]
        pair = [part[0].as_py() for part in alike if len(part)]
        return Finding("column-looks-like-two-marks", Severity.NOTE, {"first": pair})
    units = [shown for name, shown in shapes.units.items() if name]
    if len(units) > 1:
        return Finding("column-looks-like-units", Severity.NOTE, {"units": units})
    return Finding("column-looks-like-partly-unit", Severity.NOTE, {"name": name, "unit": units[0]}) if units else None


def _mostly_numbers(texts: Any, fits: NDArray[np.bool_]) -> Finding | None:
    others = chosen(texts, ~fits)
    if len(others) > _MANY * len(texts):
        return None
    first = others.slice(0, _SHOWN).to_pylist()
    values = {"n_others": len(others), "first": first, "n_more": len(others) - len(first)}
    return Finding("column-mostly-numbers", Severity.NOTE, values)


def is_running_text(reason: Finding) -> bool:
    """Return True if the reason for a column's kind doubts it, because the texts look like sentences."""
    doubted = reason.values.get("doubt")
    return doubted is not None and doubted["code"] == _RUNNING_TEXT


def has_doubt(reason: Finding) -> bool:
    """Return True if the reason for a column's kind doubts it."""
    return reason.values.get("doubt") is not None
