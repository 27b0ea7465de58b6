"""Texts that differ in their digits only are of one template: what is true of one is found out once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.arrow_arrays import numpy_of
from optbench.datasets.arrow_texts import buffers

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO, _ONE, _NINE, _CARET = ord("0"), ord("1"), ord("9"), ord("^")


def templates_of(texts: Any, *, keep_behind_letters: bool = True) -> tuple[NDArray[np.int64], list[str]]:
    """Return the template of each text, by its number, and the templates.

    Digits are 1 in a template, but for a zero that is the first digit of all.

    Parameters
    ----------
    texts : a pyarrow array; a null counts as an empty text
    keep_behind_letters : digits behind a letter or `^` stay as they are, as those of a unit: m2
    """
    import pyarrow as pa

    starts, data = buffers(texts)
    part = data[starts[0] : starts[-1]].copy()
    ends = starts - starts[0]
    is_digit = (part >= _ZERO) & (part <= _NINE)
    digits = np.flatnonzero(is_digit)
    position = np.searchsorted(digits, ends[:-1])
    leading = digits[position[position < np.searchsorted(digits, ends[1:])]]
    zeros = leading[part[leading] == _ZERO]
    part[is_digit & ~_behind_letters(part, ends) if keep_behind_letters else is_digit] = _ONE
    part[zeros] = _ZERO
    made = type(texts).from_buffers(len(texts), pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(part))
    encoded = made.dictionary_encode()
    return numpy_of(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()


def _behind_letters(part: NDArray[np.uint8], ends: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which bytes have an ASCII letter, or `^`, before them in their text."""
    before = np.zeros_like(part)
    before[1:] = part[:-1]
    before[ends[:-1][ends[:-1] < len(part)]] = 0
    lower = before | 0x20
    found: NDArray[np.bool_] = ((lower >= ord("a")) & (lower <= ord("z"))) | (before == _CARET)
    return found
