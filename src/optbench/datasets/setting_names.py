"""How messages call what says how a table is stored: by the keys of an experiment file, or by the options of a command.

A message is made where the file is read, with the key as its value `setting`; a command says it with its option there.
"""

from __future__ import annotations

from typing import Final

SEPARATOR: Final = "dataset.separator"
ENCODING: Final = "dataset.encoding"
SHEET: Final = "dataset.sheet"


def before_value(setting: str) -> str:
    """Return a key as it stands before its value.

    Examples
    --------
    >>> before_value(SHEET)
    'dataset.sheet:'
    """
    return f"{setting}:"


_OPTIONS: Final = {SEPARATOR: "--separator", ENCODING: "--encoding", SHEET: "--sheet"}
OPTIONS: Final = {**_OPTIONS, **{before_value(key): option for key, option in _OPTIONS.items()}}
"""The option of a command for each key, before a value, too."""
