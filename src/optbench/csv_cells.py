"""Text in CSV cells that no spreadsheet takes for a formula, and back without loss."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_GUARD = "'"


def guarded(text: str) -> str:
    """Return a text with an apostrophe in front if a spreadsheet would execute it; numbers are left alone.

    Examples
    --------
    >>> guarded("=cmd()"), guarded("-1"), guarded("churn")
    ("'=cmd()", '-1', 'churn')
    """
    is_formula = text.startswith(_FORMULA_STARTS) and not _is_number(text)
    return _GUARD + text if is_formula or text.startswith(_GUARD) else text


def unguarded(cell: str) -> str:
    """Return the text that `guarded` was given."""
    return cell.removeprefix(_GUARD)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
