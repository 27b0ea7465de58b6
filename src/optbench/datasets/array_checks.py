"""Checks on single arrays, and their form as a model takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_IMAGE_DIMENSIONS = 3
PIXEL_MAX = 255
_MAX_TOKEN = 10_000_000
_EXACT_IN_FLOAT = 2**53
_WIDEST_FLOAT = 8  # bytes


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """(n, ...) float32 or int32 inputs, what they are divided by, and a note on how unless only the type changed."""

    x: NDArray[np.float32] | NDArray[np.int32]
    divide_by: float | None = None
    notes: tuple[Finding, ...] = ()


def check_pair(x: NDArray[Any], y: NDArray[Any], *, split: str, where: str) -> None:
    """Require inputs and labels of one split that belong together and are numbers or, for `y`, labels.

    Raises
    ------
    DataError
        If a length, a dimension, a type or a value is wrong; with the shapes received.
    """
    received = f"Received: x_{split} of shape {x.shape} and {x.dtype}, y_{split} of shape {y.shape} and {y.dtype}."
    if x.ndim < 2:  # noqa: PLR2004 - rows and at least one feature
        raise DataError(
            f"{where}: x_{split} must have a row per example and at least one feature. {received}",
            code="data-array-shape-wrong",
        )
    if len(x) == 0 or x[0].size == 0:
        raise DataError(
            f"{where}: x_{split} must hold at least one example and one feature. {received}", code="data-array-empty"
        )
    if x.dtype.kind not in "biuf":
        raise DataError(f"{where}: x_{split} must hold numbers. {received}", code="data-array-type-wrong")
    for name, array in ((f"x_{split}", x), (f"y_{split}", y)):
        # of wider ones the bytes depend on the machine
        if array.dtype.kind == "f" and array.dtype.itemsize > _WIDEST_FLOAT:
            raise DataError(
                f"{where}: {name} must have at most 64 bits a number. {received} Use astype('float64').",
                code="data-array-type-wrong",
            )
    if y.ndim == 2 and y.shape[1] > 1:  # noqa: PLR2004 - rows and classes
        raise DataError(
            f"{where}: y_{split} must hold one label per example. {received} If it is one-hot encoded, "
            f"use y_{split}.argmax(axis=1).",
            code="data-array-shape-wrong",
        )
    if y.shape not in ((len(x),), (len(x), 1)):
        raise DataError(
            f"{where}: x_{split} and y_{split} must have the same number of examples. {received}",
            code="data-array-lengths-differ",
        )
    _require_finite(x, name=f"x_{split}", where=where)


def as_labels(y: NDArray[Any], *, split: str, where: str) -> list[str]:
    """Return labels as texts, one per example: whole numbers in decimal, texts stripped.

    Raises
    ------
    DataError
        If they are neither whole numbers nor texts.
    """
    flat = y.reshape(-1)
    if flat.dtype.kind == "f":
        flat = flat.astype(np.float64, copy=False)  # the bound is beyond what 16 bits hold
    if flat.dtype.kind == "f" and (np.abs(flat) < _EXACT_IN_FLOAT).all() and (flat == np.rint(flat)).all():
        flat = flat.astype(np.int64)
    if flat.dtype.kind == "b":
        flat = flat.astype(np.int64)
    if flat.dtype.kind in "iu":
        values, positions = np.unique(flat, return_inverse=True)
        names = [str(value) for value in values.tolist()]
        return [names[position] for position in positions.tolist()]
    texts = flat.tolist()
    if not all(isinstance(text, str) for text in texts):
        raise DataError(
            f"{where}: y_{split} must hold whole numbers or texts. Received: {flat.dtype}, e.g. {texts[0]!r}. "
            "Are they numbers to predict? Then set task: regression.",
            code="data-array-type-wrong",
        )
    return [text.strip() for text in texts]


def model_inputs(x: NDArray[Any], *, where: str) -> ModelInputs:
    """Return inputs as float32; images (uint8, three dimensions or more) divided by 255 and with a channel axis.

    Arrays of another type are taken as they are: numbers that somebody has scaled already, sequences, tokens.

    Raises
    ------
    DataError
        If a number is too large for float32.
    """
    if x.dtype != np.uint8 or x.ndim < _MIN_IMAGE_DIMENSIONS:
        return ModelInputs(x=divided(x, None, where=where))
    out = divided(x, float(PIXEL_MAX), where=where)
    note = Finding("data-pixels-divided", Severity.NOTE, {"largest": int(PIXEL_MAX)})
    if x.ndim == _MIN_IMAGE_DIMENSIONS:
        out = out[..., np.newaxis]
        shapes = {"given": list(x.shape[1:]), "used": list(out.shape[1:])}
        note = Finding("data-channel-added", Severity.NOTE, {**note.values, **shapes})
    return ModelInputs(x=out, divide_by=float(PIXEL_MAX), notes=(note,))


def divided(x: NDArray[Any], divide_by: float | None, *, where: str) -> NDArray[np.float32]:
    """Return numbers as float32, divided in float32 if they are to be.

    Raises
    ------
    DataError
        If a number is too large for float32.
    """
    if divide_by is not None:
        return np.asarray(np.divide(x, np.float32(divide_by), dtype=np.float32, casting="unsafe"))
    with np.errstate(over="ignore"):
        out: NDArray[np.float32] = np.ascontiguousarray(x, dtype=np.float32)
    _require_finite(out, name="x as float32", where=where)
    return out


def check_tokens(x: NDArray[Any], *, split: str, where: str) -> None:
    """Require token sequences: whole numbers from 0, a sequence in each row, each with a token.

    Raises
    ------
    DataError
        If they are not.
    """
    received = f"Received: x_{split} of shape {x.shape} and {x.dtype}"
    if x.ndim != 2:  # noqa: PLR2004 - rows and time
        raise DataError(
            f"{where}: token sequences must have the shape (examples, time). {received}.", code="data-tokens-wrong"
        )
    if x.dtype.kind == "f" and not (x == np.rint(x)).all():
        raise DataError(
            f"{where}: tokens must be whole numbers. {received}, with fractions. Set tokens: false.",
            code="data-tokens-wrong",
        )
    if x.min() < 0 or x.max() > _MAX_TOKEN:
        found = int(x.min()) if x.min() < 0 else int(x.max())
        raise DataError(
            f"{where}: tokens must be from 0, for padding, to {_MAX_TOKEN}. {received}, with {found}.",
            code="data-tokens-wrong",
        )
    empty = np.flatnonzero(~x.any(axis=1))
    if len(empty):
        raise DataError(
            f"{where}: each sequence must have a token. {received}; row {empty[0]} is padding only, and "
            f"{len(empty)} rows in all are. Leave them out, or give them one token that stands for nothing.",
            code="data-tokens-missing",
        )


def token_inputs(x: NDArray[Any], *, where: str) -> ModelInputs:
    """Return checked token sequences as int32."""
    del where
    return ModelInputs(x=np.ascontiguousarray(x, dtype=np.int32))


def _require_finite(x: NDArray[Any], *, name: str, where: str) -> None:
    if x.dtype.kind != "f":
        return
    finite = np.isfinite(x)
    if finite.all():
        return
    place = tuple(int(i) for i in np.argwhere(~finite)[0])
    raise DataError(
        f"{where}: {name} must hold finite numbers. Received: {x[place]} at position {place}, shape {x.shape}; "
        f"{int((~finite).sum())} such values in all. Replace them.",
        code="data-not-finite",
    )
