"""Names of text encodings: one spelling for each, whatever people write."""

from __future__ import annotations

import codecs
from typing import Final

UTF8: Final = "utf-8"
COMMON: Final = (UTF8, "cp1252", "latin-1", "utf-16", "cp1250", "cp1251", "mac-roman", "shift_jis", "gb18030", "big5")
"""What files of tables are usually written in, for a hint."""

_NO_FILES: Final = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")
"""What Python calls an encoding and no file is written in, or only on one system."""
_ONE_OF: Final = {"utf-8-sig": UTF8, "iso8859-1": "latin-1"}


def canonical_encoding(name: str) -> str | None:
    """Return the one spelling of an encoding's name, or None if it is the name of none.

    A byte-order mark is read in any case, so that `utf-8-sig` is `utf-8`.

    Examples
    --------
    >>> [canonical_encoding(name) for name in ("UTF8", "utf-8-sig", "Windows-1252", "ISO-8859-1", "latin1", "rot13")]
    ['utf-8', 'utf-8', 'cp1252', 'latin-1', 'latin-1', None]
    """
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):  # an unknown name; one with a zero character
        return None
    is_text = getattr(found, "_is_text_encoding", True)  # False for rot13, base64, zip, ...
    if not is_text or found.name.replace("-", "_") in _NO_FILES:
        return None
    return _ONE_OF.get(found.name, found.name)
