"""Secrets in a form that a search of bytes does not see: texts of two or four bytes a character, compressed files."""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from optbench.provenance.private_files import holds_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LARGEST: Final = 1 << 22  # bytes of what is unpacked, for all of a file together
_DEEPEST: Final = 3  # a file in an archive that is compressed itself
_MOST_PLACES: Final = 20  # in one file where a compressed one begins
_ZIP: Final = b"PK\x03\x04"
_UNPACKERS: Final[dict[bytes, Callable[[], Any]]] = {
    b"\x1f\x8b\x08": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
}
# Formats that nothing here can unpack: Zstandard, 7z, RAR, LZ4.
_CLOSED: Final = (b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18")


class _TooMuchError(Exception):
    """There is more than can be searched."""


def hides_secret(data: bytes) -> bool:
    """Return whether a file could hold a secret that its bytes do not show.

    True also for what cannot be unpacked and searched: a file too many left out costs little.
    """
    budget = [_LARGEST]
    try:
        return any(holds_secret(form) for form in _forms(data, budget, _DEEPEST))
    except _TooMuchError:
        return True


def _forms(data: bytes, budget: list[int], depth: int) -> Iterator[bytes]:
    """Yield what the bytes are when they are decoded or unpacked, and what that is in turn."""
    if any(mark in data for mark in _CLOSED):
        raise _TooMuchError
    if b"\0" in data:  # a Latin text of 16 or 32 bits a character is itself without its zeros
        yield data.replace(b"\0", b"")
    for inner in _unpacked(data, budget):
        if depth == 0:
            raise _TooMuchError
        yield inner
        yield from _forms(inner, budget, depth - 1)


def _unpacked(data: bytes, budget: list[int]) -> Iterator[bytes]:
    for mark, unpacker in _UNPACKERS.items():
        for place in _places(data, mark):
            yield _bounded(unpacker(), data[place:], budget)
    for place in _places(data, _ZIP)[:1]:
        yield from _members(data[place:], budget)


def _places(data: bytes, mark: bytes) -> list[int]:
    places: list[int] = []
    place = data.find(mark)
    while place >= 0:
        places.append(place)
        if len(places) > _MOST_PLACES:
            raise _TooMuchError
        place = data.find(mark, place + 1)
    return places


def _bounded(unpacker: Any, packed: bytes, budget: list[int]) -> bytes:
    """Return what a stream holds up to the first damage; that what only looks like a stream is, is none."""
    try:
        content: bytes = unpacker.decompress(packed, budget[0] + 1)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return b""
    _spend(len(content), budget)
    return content


def _members(data: bytes, budget: list[int]) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    content = member.read(budget[0] + 1)
                _spend(len(content), budget)
                yield content
    except _TooMuchError:
        raise
    except Exception as error:  # bytes made by a stranger can make zipfile fail in any way
        raise _TooMuchError from error


def _spend(size: int, budget: list[int]) -> None:
    budget[0] -= size
    if budget[0] < 0:
        raise _TooMuchError
