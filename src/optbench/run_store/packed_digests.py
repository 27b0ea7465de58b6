"""The ladder of a run in little memory: of ten thousand runs most digests are never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_HEX_DIGITS: Final = 64
_BYTES: Final = _HEX_DIGITS // 2


class PackedDigests(Mapping[str, Any]):
    """The content of `digests.json`; lists of digests, one an epoch, are kept as their bytes, and read when asked for.

    Parameters
    ----------
    digests : content of digests.json; what is no list of sha256 digests stays as it is
    """

    __slots__ = ("_values",)

    def __init__(self, digests: Mapping[str, Any]) -> None:
        self._values = {name: _packed(value) for name, value in digests.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PackedDigests:
        """Return what `to_json` was asked of.

        Raises
        ------
        AttributeError, LookupError, TypeError, ValueError
            If it is something else.
        """
        found = cls({})
        packed = {name: bytes.fromhex(value) for name, value in values["packed"].items()}
        found._values = {**values["plain"], **packed}  # what is plain could not be packed
        return found

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, each list in one text."""
        packed = {name: value.hex() for name, value in self._values.items() if isinstance(value, bytes)}
        return {"plain": {name: self._values[name] for name in self._values if name not in packed}, "packed": packed}

    def __getitem__(self, name: str) -> Any:
        """Return one rung: a digest, or a list with one an epoch."""
        value = self._values[name]
        if not isinstance(value, bytes):
            return value
        digits = value.hex()
        return [digits[at : at + _HEX_DIGITS] for at in range(0, len(digits), _HEX_DIGITS)]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the rungs."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of rungs."""
        return len(self._values)

    def __repr__(self) -> str:
        """Return it as the dictionary that it stands for."""
        return repr(dict(self))


def _packed(value: Any) -> Any:
    """Return a list of sha256 digests as bytes, anything else as it is."""
    if not isinstance(value, list) or not value or not all(_is_digest(item) for item in value):
        return value
    return bytes.fromhex("".join(value))


def _is_digest(item: Any) -> bool:
    """Return True for 64 hex digits in small letters: those that are the same when they are written again."""
    if not isinstance(item, str) or len(item) != _HEX_DIGITS:
        return False
    try:
        return bytes.fromhex(item).hex() == item
    except ValueError:
        return False
