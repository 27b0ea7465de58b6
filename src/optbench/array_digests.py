"""Digests of arrays and texts: sha256 over dtype, shape and little-endian bytes, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.mapped_arrays import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


def array_digest(array: NDArray[Any]) -> str:
    """Return the sha256 hex digest of an array's dtype, shape and bytes.

    Parameters
    ----------
    array : any shape; numbers or booleans in any byte order and layout, or texts (hashed by `text_digest`)

    Raises
    ------
    TypeError
        If the array holds Python objects other than text.
    """
    if array.dtype.kind in "UO":
        return _text_array_digest(array)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"an array of dtype {array.dtype} has no digest; numbers, booleans and texts have")
    little = array.dtype.newbyteorder("<")
    hasher = hashlib.sha256(_header(little.str, array.shape))
    if array.size:
        for block in blocks(np.atleast_1d(array)):
            hasher.update(np.ascontiguousarray(block, dtype=little).data)
    return hasher.hexdigest()


def arrays_digest(arrays: Mapping[str, NDArray[Any]] | Sequence[NDArray[Any]]) -> str:
    """Return one sha256 hex digest of several arrays, names included.

    The order of a mapping does not matter, the order of a sequence does (its names are the positions).
    """
    named = arrays if isinstance(arrays, Mapping) else {f"{i:08d}": array for i, array in enumerate(arrays)}
    lines = [json.dumps([name, array_digest(named[name])]) for name in sorted(named)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def text_digest(texts: Iterable[str | None]) -> str:
    """Return the sha256 hex digest of a sequence of texts; None (no value) differs from every text.

    Each text stands behind its length in bytes, so that no two different sequences give the same bytes.
    """
    hasher = hashlib.sha256()
    for text in texts:
        if text is None:
            hasher.update(b"-\n")
        else:
            encoded = text.encode("utf-8", "surrogatepass")
            hasher.update(b"%d\n%s" % (len(encoded), encoded))
    return hasher.hexdigest()


def _text_array_digest(array: NDArray[Any]) -> str:
    texts = array.ravel().tolist()
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("an array of Python objects has a digest only if all of them are texts")
    return hashlib.sha256(_header("text", array.shape) + text_digest(texts).encode()).hexdigest()


def _header(kind: str, shape: tuple[int, ...]) -> bytes:
    return json.dumps([kind, list(shape)]).encode() + b"\n"
