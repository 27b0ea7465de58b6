"""Texts in any encoding, as UTF-8: strictly where the encoding is said, by likelihood where one is to be proposed."""

from __future__ import annotations

import codecs
import itertools
import re
from typing import TYPE_CHECKING, BinaryIO, Final

from optbench.core.findings import Finding, Severity
from optbench.core.text import counted
from optbench.core.text_encodings import UTF8, canonical_encoding
from optbench.core.worded import worded
from optbench.datasets.setting_names import ENCODING
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES: Final = 1 << 20
GUESSED_BYTES: Final = 32 << 20
_TOLD_BYTES: Final = 1 << 16
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MANY_RIGHT: Final = 10  # letters of UTF-8 for each byte that is none
_MIXED: Final = 0.5  # so many are there where files were joined; in names in GBK, EUC, Big5 and TIS-620 at most 0.34
_FEWEST_MIXED: Final = 5  # letters of UTF-8: fewer are there by chance
_WIDE: Final = ("utf-16-le", "utf-16-be")
# How many bytes of UTF-16 are zero at least. Letters of English have one each; in any language digits, separators and
# line ends do. What is less is a zero byte that strayed into a text of another encoding
_ZEROS_IN_ASCII, _ZEROS = 0.25, 0.02
_WESTERN, _TURKISH = "cp1252", "cp1254"
_SINGLE_BYTES: Final = (_WESTERN, "cp1250", "cp1251", "koi8_r", "cp1253", _TURKISH, "cp1255", "cp1256")
_CANDIDATES: Final = (*_SINGLE_BYTES, "iso8859_2", "cp932", "euc_jp", "gb18030", "big5", "cp949")
_LATIN: Final = (_WESTERN, _TURKISH, "cp1250", "iso8859-2")
_CENTRAL_EUROPE: Final = ("Czech", "Polish", "Hungarian", "Slovak", "Slovene", "Croatian", "Romanian")
_WITHIN_WORDS: Final = re.compile(rb"(?<=[A-Za-z])([\x80-\xff])(?=[a-z])")
# Bytes of small letters with accents that are signs in Windows-1252, as cent and double dagger are
_OLD_PROGRAMS: Final = (("cp850", (b"\xa1", b"\xa2", b"\xa3", b"\xa4")), ("mac-roman", (b"\x87",)))
_WORD_SIGNS: Final = frozenset("£¥¢³¹¿¼¾")  # letters of other alphabets, where they stand within words


def marked_encoding(start: bytes) -> str | None:
    """Return the encoding that the byte-order mark at the start of a file names, or None without one."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def is_mark_of(encoding: str, start: bytes) -> bool:
    """Return True if a text of an encoding may begin with the byte-order mark that is there.

    An encoding that names its order of bytes needs the mark of that order.
    """
    marked = marked_encoding(start)
    ordered = {f"{marked}-le": start[:2] == codecs.BOM_UTF16_LE, f"{marked}-be": start[:2] != codecs.BOM_UTF16_LE}
    return encoding.startswith(marked or "") and ordered.get(encoding, True)


def utf8_blocks(file: BinaryIO, *, encoding: str, name: str) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8 without byte-order mark; never more of it than a block is held.

    Parameters
    ----------
    name : what messages call the file

    Raises
    ------
    DataError
        At the first byte that is not of that encoding, with its line.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    n_lines, is_first = 0, True
    while True:
        block = file.read(BLOCK_BYTES)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            known = error.object[: error.start].decode(encoding, "replace")
            raise encoding_error(
                name, encoding, error.object[error.start], line=n_lines + known.count("\n") + 1
            ) from None
        n_lines += text.count("\n")
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        if text:
            yield text.encode("utf-8", "surrogatepass")
        if not block:
            return


def doubts(start: bytes, *, encoding: str, name: str) -> list[Finding]:
    """Return a note if the first bytes of a text read better as UTF-8, as they do hardly ever by chance.

    Raises
    ------
    DataError
        If they cannot be of an encoding that writes a zero byte at the end of every line.
    """
    if encoding.startswith(("utf-16", "utf-32")):
        if start and b"\0" not in start:
            raise DataError(
                worded(
                    "file-no-zero-byte",
                    "{name} is not {encoding} text: it holds no zero byte. Correct {setting}; 'optbench "
                    "init {name}' proposes one.",
                    name=name,
                    encoding=encoding,
                    setting=ENCODING,
                ),
                code="data-encoding-wrong",
            )
        return []
    if start.isascii() or not _reads_as(start, UTF8, is_whole=False):
        return []
    return [Finding("data-encoding-doubt", Severity.NOTE, {"name": name, "encoding": encoding})]


def encoding_error(name: str, encoding: str, byte: int, *, line: int) -> DataError:
    """Return the error for a byte that an encoding does not have."""
    return DataError(
        worded(
            "file-not-encoding",
            "{name} is not {encoding} text: byte 0x{byte:02x} in line {line} is not part of it. Correct "
            "{setting}; 'optbench init {name}' proposes one.",
            name=name,
            encoding=encoding,
            byte=byte,
            line=line,
            setting=ENCODING,
        ),
        code="data-encoding-wrong",
    )


def guess_encoding(start: bytes, *, is_whole: bool) -> str:
    """Return the likeliest encoding of a text.

    Parameters
    ----------
    start : its first bytes, the more the better
    is_whole : they are all of it, so that no character can be cut at their end

    Notes
    -----
    A byte-order mark decides; then many zero bytes, which no text has but UTF-16; then what is valid UTF-8, which
    hardly any other text is by chance. What is left is told apart by charset-normalizer, among what tables are written
    in; Latin letters of no other language are Windows-1252, which Excel writes in Western countries and which holds all
    of Latin-1.
    """
    marked = marked_encoding(start)
    if marked is not None:
        return marked
    is_utf8 = _reads_as(start, UTF8, is_whole=is_whole)
    if start.count(0) > (_ZEROS_IN_ASCII if is_utf8 else _ZEROS) * len(start):
        wide = _WIDE[start[::2].count(0) > start[1::2].count(0)]
        if _reads_as(start, wide, is_whole=is_whole):
            return wide
    if is_utf8:
        return UTF8
    lines = _telling_lines(start)
    return _of_old_programs(lines) or _likeliest(lines)


def broken_utf8_error(start: bytes, *, name: str, is_whole: bool) -> DataError | None:
    """Return the error for a text that is UTF-8 but for a few bytes, or in part of its lines; None for any other.

    A guess among all encodings would read each of its letters beyond ASCII as two.

    Parameters
    ----------
    start : the first bytes of a text that is no UTF-8
    """
    text = start.decode(UTF8, "replace")
    n_wrong = text.count("\ufffd") - (0 if is_whole else 1)
    n_right = sum(not one.isascii() for one in text) - text.count("\ufffd")
    is_mixed = n_right >= max(_FEWEST_MIXED, _MIXED * n_wrong)
    if n_wrong < 1 or not (is_mixed or n_right >= _MANY_RIGHT * n_wrong):
        return None
    wrong = text.index("\ufffd")
    byte, line = start[len(text[:wrong].encode(UTF8))], text.count("\n", 0, wrong) + 1
    return DataError(
        f"{name} is UTF-8 text but for {counted(n_wrong, 'place')}, the first in line {line} "
        f"(byte 0x{byte:02x}). Correct the file, as by saving it again; or name the encoding, if it is another one: "
        "--encoding cp1252.",
        code="data-file-not-utf8",
    )


def _telling_lines(start: bytes) -> bytes:
    """Return the first lines that are no plain ASCII, which is the same in nearly every encoding."""
    lines = b"\n".join(line for line in start.split(b"\n") if not line.isascii()) + b"\n"
    return lines if len(lines) <= _TOLD_BYTES else lines[: lines.rfind(b"\n", 0, _TOLD_BYTES) + 1] or lines


def _likeliest(text: bytes) -> str:
    """Return the likeliest encoding of a text that is neither UTF-8 nor UTF-16."""
    from charset_normalizer import from_bytes

    is_western = _reads_as(text, _WESTERN, is_whole=True)
    if is_western and not any(char.isalpha() and not char.isascii() for char in text.decode(_WESTERN)):
        return _WESTERN  # a euro or a degree alone tells no alphabet
    best = from_bytes(text, cp_isolation=list(_CANDIDATES)).best()
    if best is None:
        return _WESTERN if is_western else "latin-1"
    found = str(canonical_encoding(best.encoding))
    if found not in _LATIN:
        return found
    # the Latin ones differ in few letters, so the language decides, and without one what is written most
    if best.language == "Turkish":
        return _TURKISH
    is_shared = _WESTERN in best.could_be_from_charset
    if best.language in _CENTRAL_EUROPE and not is_shared:
        return found
    return _WESTERN if is_western and _letters_fit(text.decode(_WESTERN)) else found


def _of_old_programs(text: bytes) -> str | None:
    """Return the encoding of a CSV file that Excel calls one of MS-DOS or of the Macintosh, None of any other.

    Its letters are signs in Windows-1252, which would stand between two letters there.
    """
    within = {found[1] for found in _WITHIN_WORDS.finditer(text)}
    for encoding, telling in _OLD_PROGRAMS:
        if within.intersection(telling) and all(one.decode(encoding).islower() for one in within):
            return encoding
    return None


def _letters_fit(text: str) -> bool:
    """Return True if no sign stands within a word, as it would where the letters are of another alphabet."""
    return not any(
        (one in _WORD_SIGNS and other.isalpha()) or (other in _WORD_SIGNS and one.isalpha())
        for one, other in itertools.pairwise(text)
    )


def _reads_as(start: bytes, encoding: str, *, is_whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(start, is_whole)
    except UnicodeDecodeError:
        return False
    return True
