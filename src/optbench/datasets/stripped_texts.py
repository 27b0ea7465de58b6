"""Texts of pyarrow arrays, treated exactly as Python would treat them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# What `str.strip` removes; pyarrow's own idea of white space need not agree.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def texts_of(cells: Sequence[str | None]) -> Any:
    """Return cells as a pyarrow large_string array."""
    import pyarrow as pa

    return pa.array(cells, type=pa.large_string())


def stripped(texts: Any) -> Any:
    """Return a pyarrow array of texts without blanks at either end, as `str.strip` does."""
    import pyarrow.compute as pc

    return pc.utf8_trim(texts, characters=WHITE_SPACE)
