"""Names of months and days of the week in English, Spanish, French, German, Italian and Portuguese, also abbreviated.

They stand here and are taken from no library: what a text is read as must not change with its version. In these
languages no word is of two months, so the language of a column need not be known.
"""

from __future__ import annotations

from typing import Final

from optbench.datasets.column_names import without_accents

_MONTHS: Final = (
    "jan january ene enero janv janvier januar janner jän jänner jänn janeiro gen gennaio",
    "feb february febr febrero fév févr février februar fev fevereiro febbraio",
    "mar march marzo mars mär märz mrz março",
    "apr april abr abril avr avril aprile",
    "may mayo mai maio mag maggio",
    "jun june junio juin juni junho giu giugno",
    "jul july julio juil juillet juli julho lug luglio",
    "aug august ago agosto aoû août",
    "sep sept september septiembre set setiembre septembre setembro sett settembre",
    "oct october octubre octobre okt oktober out outubro ott ottobre",
    "nov november noviembre novembre novembro",
    "dec december dic diciembre déc décembre dez dezember dezembro dicembre",
)
_DAYS: Final = (
    "lun lunes lundi montag mo seg segunda segunda-feira lunedì "
    "mar martes mardi dienstag di ter terça terça-feira martedì "
    "mié miércoles mer mercredi mittwoch mi qua quarta quarta-feira mercoledì "
    "jue jueves jeu jeudi donnerstag do qui quinta quinta-feira gio giovedì "
    "vie viernes ven vendredi freitag fr sex sexta sexta-feira venerdì "
    "sáb sábado sam samedi samstag sa sab sabato "
    "dom domingo dim dimanche sonntag so domenica"
)


def _plain(word: str) -> str:
    return without_accents(word.lower())


_MONTH_OF: Final = {_plain(word): month for month, words in enumerate(_MONTHS, start=1) for word in words.split()}


def month_named(word: str) -> int:
    """Return the number of a month, 1 to 12, of a word that `MONTH` matches.

    Examples
    --------
    >>> month_named("Sept"), month_named("ENE"), month_named("août"), month_named("MÄRZ")
    (9, 1, 8, 3)
    """
    return _MONTH_OF[_plain(word)]


def _pattern(words: str) -> str:
    """Return a pattern of words, the longest first, that letters with accents match small, capital and without them."""
    return "|".join("".join(map(_letter, word)) for word in sorted(set(words.split()), key=len, reverse=True))


def _letter(letter: str) -> str:
    return letter if letter.isascii() else f"[{letter}{letter.upper()}{_plain(letter)}]"


MONTHS: Final = _pattern(" ".join(_MONTHS))
"""Pattern of the names of months, where case does not count for ASCII letters."""
MONTH: Final = rf"(?P<name>{MONTHS})[.]?"
"""Pattern of the name of a month, where case does not count for ASCII letters."""
WEEKDAY: Final = (
    rf"(?:(?:(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|{_pattern(_DAYS)})[.]?,? )?"
)
"""Pattern of a day of the week before a date, or of nothing."""
