"""Names that become names of folders: how they are written, and what is wrong with one that is not."""

from __future__ import annotations

import re
from typing import Final

from optbench.config.findings import shown
from optbench.core.worded import joined, worded

NAME_LENGTH: Final = 100
_FIRST, _NEXT = "[A-Za-z0-9]", "[A-Za-z0-9._-]"
NAME_PATTERN: Final = rf"^{_FIRST}{_NEXT}{{0,{NAME_LENGTH - 1}}}$"


def is_name(value: object) -> bool:
    """Return whether a value can be the name of a folder."""
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None


def name_fault(value: object, why: str) -> str:
    """Return the rule that a value breaks, the value and a remedy; its length where nothing else is wrong with it.

    Parameters
    ----------
    why : what the name is for, as it ends the rule: "since its runs' folders are called so"

    Examples
    --------
    >>> name_fault("a" * 200, "since a folder is called so")[:87]
    'must have at most 100 characters, since a folder is called so. Received: 200 characters'
    """
    if isinstance(value, str) and len(value) > NAME_LENGTH and re.fullmatch(rf"{_FIRST}{_NEXT}*", value):
        received = worded("name-length", "{n} characters, {value}", n=len(value), value=shown(value))
        return worded(
            "name-too-long",
            "must have at most {most} characters, {why}. Received: {received}. Shorten it.",
            most=NAME_LENGTH,
            why=why,
            received=received,
        )
    usable = usable_name(value) if isinstance(value, str) else ""
    rule = worded(
        "name-rule",
        "must be letters, digits, '.', '_' and '-', at most {most}, starting with a letter or digit, {why}",
        most=NAME_LENGTH,
        why=why,
    )
    remedy = worded("hint-write", " Write {meant}.", meant=usable) if usable else ""
    received = worded("must-received", "Received: {received}.{remedy}", received=shown(value), remedy=remedy)
    return joined(rule, received, between=". ")


def usable_name(text: str) -> str:
    """Return the nearest name that can be written; "" if nothing is left of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:NAME_LENGTH]
