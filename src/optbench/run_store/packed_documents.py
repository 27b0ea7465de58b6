"""Documents of runs in little memory: of ten thousand runs names are held once, and most numbers never looked at."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

Kind = str | int | tuple[tuple[str, ...], str]
"""How a value is held: `FLOAT`, `DIGEST`, `PLAIN`, `TEXT`; number of digests in a list; names and kinds of numbers."""

FLOAT: Final = "float"
DIGEST: Final = "digest"
PLAIN: Final = "plain"
TEXT: Final = "text"
_NUMBER_KINDS: Final[Mapping[type, str]] = {float: "f", int: "i", type(None): "n"}
_LARGEST_WHOLE: Final = 2**53
"""Up to here a float holds every whole number."""
_DOUBLE: Final = struct.Struct("<d")
_HEX_DIGITS: Final = 64
_BYTES: Final = _HEX_DIGITS // 2
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))


class PackedDocument(Mapping[str, Any]):
    """A JSON object whose numbers and sha256 digests are kept as bytes, and read when they are asked for.

    Parameters
    ----------
    form : what the document shares with others
    data : the bytes
    rest : what is held otherwise: plain values, and JSON texts of lists and objects
    """

    __slots__ = ("_data", "_form", "_rest")

    def __init__(self, form: Form, data: bytes, rest: tuple[Any, ...]) -> None:
        self._form, self._data, self._rest = form, data, rest

    @property
    def form(self) -> Form:
        """What the document shares with others."""
        return self._form

    @classmethod
    def from_json(cls, form: Form, values: Mapping[str, Any]) -> PackedDocument:
        """Return what `to_json` was asked of.

        Raises
        ------
        AttributeError, LookupError, TypeError, ValueError
            If it is something else.
        """
        data, rest = bytes.fromhex(values["data"]), list(values["rest"])
        if len(data) != form.n_bytes or len(rest) != form.n_rest:
            raise ValueError("a document and its form do not belong together")
        for at in form.texts:
            rest[at] = sys.intern(rest[at])
        return cls(form, data, tuple(rest))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, the bytes as one text; without the form."""
        return {"data": self._data.hex(), "rest": list(self._rest)}

    def __getitem__(self, name: str) -> Any:
        """Return one value; an object or a list is made anew each time."""
        return self._form.value(name, self._data, self._rest)

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the document."""
        return iter(self._form)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._form)

    def __repr__(self) -> str:
        """Return it as the dictionary that it stands for."""
        return repr(dict(self))


class Form:
    """What documents have in common whose names and types of values are the same: where each value is.

    Parameters
    ----------
    kinds : name -> how its value is held, in the order of the document
    """

    __slots__ = ("_numbers", "_places", "kinds", "n_bytes", "n_rest", "texts")

    def __init__(self, kinds: tuple[tuple[str, Kind], ...]) -> None:
        self.kinds = kinds
        self._places: dict[str, tuple[Kind, int]] = {}
        self._numbers: dict[str, _Numbers] = {}
        self.n_bytes = self.n_rest = 0
        texts = []
        for name, kind in kinds:
            if kind in (PLAIN, TEXT):
                self._places[name] = (kind, self.n_rest)
                texts += [self.n_rest] if kind == TEXT else []
                self.n_rest += 1
                continue
            self._places[name] = (kind, self.n_bytes)
            if isinstance(kind, tuple):
                self._numbers[name] = _Numbers(*kind)
            self.n_bytes += self._numbers[name].n_bytes if isinstance(kind, tuple) else _size(kind)
        self.texts = tuple(texts)

    def value(self, name: str, data: bytes, rest: tuple[Any, ...]) -> Any:
        """Return a value of a document of this form.

        Raises
        ------
        KeyError
            If it has no such name.
        """
        kind, at = self._places[name]
        if isinstance(kind, tuple):
            return self._numbers[name].read(data, at)
        if isinstance(kind, int):
            digits = data[at : at + kind * _BYTES].hex()
            return [digits[begin : begin + _HEX_DIGITS] for begin in range(0, len(digits), _HEX_DIGITS)]
        if kind == PLAIN:
            return rest[at]
        if kind == FLOAT:
            return _DOUBLE.unpack_from(data, at)[0]
        return data[at : at + _BYTES].hex() if kind == DIGEST else json.loads(rest[at])

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._places)


class Forms:
    """The forms that were met; documents of one form share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, Kind], ...], Form] = {}

    def packed(self, document: Mapping[str, Any]) -> PackedDocument:
        """Return a JSON object, packed."""
        kinds: list[tuple[str, Kind]] = []
        data: list[bytes] = []
        rest: list[Any] = []
        for name, value in document.items():
            kind, held = _packed(value)
            kinds.append((name, kind))
            if kind in (PLAIN, TEXT):
                rest.append(held)
            else:
                data.append(held)
        return PackedDocument(self._form(tuple(kinds)), b"".join(data), tuple(rest))

    def from_json(self, kinds: Any) -> Form:
        """Return the form whose kinds were written as JSON, which has lists for tuples.

        Raises
        ------
        AttributeError, LookupError, TypeError, ValueError
            If it is something else.
        """
        return self._form(
            tuple(
                (name, (tuple(kind[0]), "".join(kind[1])) if isinstance(kind, list) else kind) for name, kind in kinds
            )
        )

    def _form(self, kinds: tuple[tuple[str, Kind], ...]) -> Form:
        if kinds not in self._known:
            self._known[kinds] = Form(kinds)
        return self._known[kinds]


class _Numbers:
    """An object of numbers and nulls, such as the metrics of a split."""

    __slots__ = ("_format", "_held", "_names", "_whole")

    def __init__(self, names: tuple[str, ...], kinds: str) -> None:
        held = [name for name, kind in zip(names, kinds, strict=True) if kind != "n"]
        self._names, self._held = names, held
        self._whole = [name for name, kind in zip(names, kinds, strict=True) if kind == "i"]
        self._format = f"<{len(held)}d"

    @property
    def n_bytes(self) -> int:
        return len(self._held) * _DOUBLE.size

    def read(self, data: bytes, at: int) -> dict[str, float | int | None]:
        found: dict[str, float | int | None] = dict.fromkeys(self._names)
        found.update(zip(self._held, struct.unpack_from(self._format, data, at), strict=True))
        for name in self._whole:
            found[name] = int(found[name] or 0)
        return found


def _size(kind: str | int) -> int:
    """Return the bytes of a float, of a digest, or of so many of them.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if isinstance(kind, int):
        return kind * _BYTES
    return {FLOAT: _DOUBLE.size, DIGEST: _BYTES}[kind]


def _packed(value: Any) -> tuple[Kind, Any]:
    """Return how a JSON value is held, and what is held of it."""
    if type(value) is float:
        return FLOAT, _DOUBLE.pack(value)
    if _is_digest(value):
        return DIGEST, bytes.fromhex(value)
    if isinstance(value, list) and value and all(map(_is_digest, value)):
        return len(value), bytes.fromhex("".join(value))
    if isinstance(value, dict) and value and all(map(_is_number, value.values())):
        kinds = "".join([_NUMBER_KINDS[type(number)] for number in value.values()])
        held = [number for number in value.values() if number is not None]
        return (tuple(value), kinds), struct.pack(f"<{len(held)}d", *held)
    if isinstance(value, list | dict):
        return TEXT, sys.intern(_ENCODER.encode(value))
    return PLAIN, value


def _is_number(value: Any) -> bool:
    """Return True for what is the same when it has been a float, and for null."""
    return type(value) in _NUMBER_KINDS and not (type(value) is int and abs(value) > _LARGEST_WHOLE)


def _is_digest(item: Any) -> bool:
    """Return True for 64 hex digits in small letters: those that are the same when they are written again."""
    if not isinstance(item, str) or len(item) != _HEX_DIGITS:
        return False
    try:
        return bytes.fromhex(item).hex() == item
    except ValueError:
        return False
