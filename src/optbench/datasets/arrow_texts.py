"""Texts in pyarrow arrays: their bytes without a copy, and what Python would do with them, for all cells at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.arrow_arrays import is_null, mask_of, numbers_of, numpy_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

# What `str.strip` removes; pyarrow's own idea of white space need not agree.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_BLANK, _ASCII = 0x20, 0x80
_NO_BYTES = np.zeros(0, dtype=np.uint8)


def buffers(texts: Any) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return where each text of a string or large_string array begins, (n + 1,), and the bytes they all point into."""
    import pyarrow as pa

    width = np.dtype(np.int64 if pa.types.is_large_string(texts.type) else np.int32)
    _, offsets, data = texts.buffers()
    begin = texts.offset
    starts = np.frombuffer(offsets, dtype=width)[begin : begin + len(texts) + 1] if len(texts) else np.zeros(1, width)
    return starts, _NO_BYTES if data is None else np.frombuffer(data, dtype=np.uint8)


def used_bytes(texts: Any) -> NDArray[np.uint8]:
    """Return the bytes of all texts, one after the other."""
    starts, data = buffers(texts)
    return data[starts[0] : starts[-1]]


def stripped(texts: Any) -> Any:
    """Return texts without blanks at either end, as `str.strip` does; the array itself if there are none."""
    import pyarrow.compute as pc

    if _has_bare_ends(texts):
        return texts
    return pc.utf8_trim(texts, characters=WHITE_SPACE)


def _has_bare_ends(texts: Any) -> bool:
    """Return True if no text can have white space at an end; False if that takes a closer look."""
    starts, data = buffers(texts)
    part = data[starts[0] : starts[-1]]
    if not len(part) or (part.min() > _BLANK and part.max() < _ASCII):
        return True
    is_empty = starts[1:] == starts[:-1]
    begins = starts[:-1][~is_empty] if is_empty.any() else starts[:-1]
    ends = starts[1:][~is_empty] if is_empty.any() else starts[1:]
    edges = (data[begins], data[ends - 1])
    return all(bool(edge.min() > _BLANK and edge.max() < _ASCII) for edge in edges)


def is_any_of(texts: Any, words: Iterable[str]) -> NDArray[np.bool_]:
    """Return which texts are one of some words, or null; (n,) bool."""
    import pyarrow.compute as pc

    possible = _possible(texts, words)
    if possible == [""] and texts.null_count == 0:
        starts, _ = buffers(texts)
        return np.asarray(starts[1:] == starts[:-1])
    if not possible and texts.null_count == 0:
        return np.zeros(len(texts), dtype=bool)
    words_there = texts_of(possible)
    found = pc.is_in(texts, value_set=words_there if texts.type == words_there.type else words_there.cast(texts.type))
    return numpy_of(found) | is_null(texts)


def positions_in(texts: Any, words: Sequence[str]) -> NDArray[np.int64]:
    """Return where each text of a pyarrow array without nulls stands among different words, (n,); -1 if nowhere."""
    import pyarrow.compute as pc

    there = texts_of(words)
    found = pc.index_in(texts, value_set=there if texts.type == there.type else there.cast(texts.type))
    nowhere = numbers_of(np.full(len(found), -1, dtype=np.int32))  # `fill_null` would import pandas
    return numpy_of(pc.coalesce(found, nowhere)).astype(np.int64)


def _possible(texts: Any, words: Iterable[str]) -> list[str]:
    """Return the words that may be among texts, judged by which bytes there are."""
    part = used_bytes(texts)
    if not len(part):
        return [word for word in words if not word]
    least, most = int(part.min()), int(part.max())
    return [word for word in words if all(least <= byte <= most for byte in word.encode())]


def matches(texts: Any, pattern: str) -> NDArray[np.bool_]:
    """Return which texts a regular expression of ASCII digits matches from end to end, (n,) bool; no nulls."""
    import pyarrow.compute as pc

    return numpy_of(pc.match_substring_regex(texts, rf"\A(?:{pattern})\z"))


def chosen(texts: Any, is_chosen: NDArray[np.bool_]) -> Any:
    """Return the texts at which `is_chosen` is True."""
    return texts if is_chosen.all() else texts.filter(mask_of(is_chosen))
