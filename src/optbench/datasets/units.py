"""What may stand beside a number: percent, units and currencies, and which spellings are the same one."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

_KNOWN: Final = frozenset((
    "%", "‰", "°", "°C", "°F", "°K", "pct", "percent", "kg", "g", "mg", "µg", "μg", "t", "lb", "lbs", "oz", "km",
    "m", "cm", "mm", "µm", "μm", "nm", "mi", "yd", "ft", "in", "l", "ml", "cl", "dl", "L", "mL", "gal", "m2", "m²",
    "m^2", "m3", "m³", "km2", "km²", "cm2", "cm²", "cm3", "cm³", "ft2", "ft²", "ft3", "ft³", "ha", "sqft", "sqm",
    "sq.ft.", "ac", "s", "ms", "µs", "μs", "ns", "sec", "secs", "min", "mins", "h", "hr", "hrs", "hour", "hours",
    "day", "days", "week", "weeks", "month", "months", "yr", "yrs", "year", "years", "km/h", "kmh", "kph", "mph",
    "m/s", "kn", "bpm", "rpm", "Hz", "kHz", "MHz", "GHz", "kWh", "Wh", "MWh", "kW", "MW", "mV", "kV", "mA", "mAh",
    "Ah", "Pa", "hPa", "kPa", "MPa", "bar", "psi", "mmHg", "kcal", "kJ", "cal", "cc", "hp", "bhp", "PS", "kmpl",
    "mpg", "nmol/L", "mmol/L", "mg/dL", "mg/dl", "mg/L", "g/dL", "g/L", "kg/m2", "kg/m²", "kg/m³", "ppm", "ppb",
    "dB", "px", "pt", "pts", "bit", "bits", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB",
))  # fmt: skip
_TWO_WORDS: Final = ("sq ft", "sq m", "fl oz", "sq. ft.", "per cent")
_NO_UNITS: Final = ("AM", "PM", "am", "pm", "BC", "AD", "st", "nd", "rd", "th")
CURRENCY_SIGNS: Final = "".join(sign for sign in map(chr, range(0x20D0)) if unicodedata.category(sign) == "Sc")
CURRENCY_WORDS: Final = (  # what ends in a full stop before the same without
    "kr.", "kr", "zł", "Kč", "Ft", "lei", "Rs.", "Rs", "Fr.", "SFr.", "S/.", "S/", "Bs.", "Bs", "B/.", "Gs.",
)  # fmt: skip
_OF_SEVERAL: Final = ("$", "¥", "£", "kr", "kr.", "Rs", "Rs.")  # signs of several currencies: a code behind says which
_CODE_OF: Final = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₫": "VND", "₪": "ILS", "₴": "UAH",
    "₱": "PHP", "฿": "THB", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "lei": "RON", "Fr.": "CHF", "SFr.": "CHF",
    "kr.": "kr", "Rs.": "Rs", "R$": "BRL", "$": "USD", "US$": "USD", "S/": "PEN", "S/.": "PEN", "Bs.": "Bs",
    "B/.": "PAB", "Gs.": "PYG",
}  # fmt: skip


_SINGULAR: Final = {"meses": "mes", "unidades": "unidad", "inches": "inch"}


def unit_beside(before: str, after: str, *, is_apart: bool) -> str | None:
    """Return the unit that stands beside a number, "" if nothing does, None if it is no unit.

    A word that is not known as a unit may be one if a blank stands before it: "3 rooms", but not "3a". Of a sign and a
    code the code counts, which says more: "$ 3 MXN".

    Parameters
    ----------
    before, after : what stands there
    is_apart : a blank stands between the number and `after`
    """
    if before and not is_currency(before):
        return None
    if not after:
        return before
    if before:
        if not is_currency(after):
            return None
        if unit_name(after) == unit_name(before):
            return before
        return after if before in _OF_SEVERAL and after in _currency_codes() else None
    is_word = is_apart and after.isalpha() and after not in _NO_UNITS
    return after if is_word or after in _KNOWN or after in _TWO_WORDS or is_currency(after) else None


def unit_name(unit: str) -> str:
    """Return one name for all spellings of a unit: "EUR" for "€", "year" for "years"."""
    if unit in _CODE_OF:
        return _CODE_OF[unit]
    unit = _SINGULAR.get(unit, unit)
    return unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit  # noqa: PLR2004 - "lbs" is "lb", "ms" is not "m"


def is_currency(text: str) -> bool:
    """Return True for the sign, the ISO code or the short name of a currency."""
    if text in CURRENCY_WORDS or any(character in CURRENCY_SIGNS for character in text):
        return True
    return text.isascii() and text.isupper() and text in _currency_codes()


@cache
def _currency_codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())
