"""Fills the placeholders of a catalogue's texts: numbers rounded, lists joined, texts within texts."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from optbench.core.worded import Worded
from optbench.words.catalogue import read_catalogue, subject_of
from optbench.words.formats import LISTS, NUMBERS, written_number
from optbench.words.language import CODES, DEFAULT
from optbench.words.structures import STRUCTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.words.formats import ListStyle


# The marks within a number: not the comma of `(28, 28)`, nor the point that ends a sentence. Four digits are a case of
# their own: Spanish has no mark there.
_MARK: Final = re.compile(r"(?<![\d.,])(?P<first>\d),(?P<others>\d{3})(?!,?\d)|(?<=\d)[.,](?=\d)")
_MARKS: Final = {".": "format-decimal-mark", ",": "format-thousands-mark"}

# What begins with the sound of i, before which Spanish has another "and"; not "hielo", whose i is no vowel.
_BEGINS_WITH_I: Final = re.compile(r"h?[ií](?![aeoáéó])", re.IGNORECASE)
_AND_BEFORE_I: Final = "format-and-before-i"

# What values of another kind than the text expects end in; a record may come from a newer version, or from a stranger.
UNFIT: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


class Writer(string.Formatter):
    """Writes texts in one language.

    Beside Python's formats (`{p:.2g}`, `{name!r}`) there are those of `formats` and `structures`, the latter with an
    argument after a blank (`{gap:size {metric}}`), and four that lead to other texts of the catalogue, where `{value}`
    is what stands here:

    - `{rows:@noun-rows}` : that text
    - `{missing:?column-missing}` : that text, or nothing if the value is 0, empty or null
    - `{split:@split-*}` : the text whose code ends with the value, such as `split-test`; of a list each, with commas
    - `{reason:message}` : the value is a finding as JSON, a list of findings, or null for nothing
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def filled(self, code: str, **values: Any) -> str:
        """Return the text of a code; in the language of codes it is the code, whatever the values."""
        return self.written(code, values)

    def written(self, code: str, values: Mapping[str, Any]) -> str:
        """Return the text of a code, with values as a finding has them."""
        if self._language == CODES:
            return code
        return self.vformat(read_catalogue(self._language, subject_of(code)).pattern(code, values), (), values)

    def said(self, message: str) -> str:
        """Return an error's message; what the language has no words for stays English, as do all in that of codes."""
        if self._language in (DEFAULT, CODES) or not isinstance(message, Worded):
            return str(message)
        if message.parts:
            return "".join(map(self.said, message.parts))
        values = {name: _on_its_line(value) for name, value in message.values.items()}
        try:
            return self.written(message.code, values)
        except UNFIT:
            return str(message)

    def has(self, code: str) -> bool:
        """Return True if the language has a text of that code; in the language of codes everything is one."""
        return self._language == CODES or code in read_catalogue(self._language, subject_of(code)).counted

    def messages(self, value: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> list[str]:
        """Return the sentences of findings that are values of another one."""
        if value is None:
            return []
        findings = [value] if isinstance(value, Mapping) else value
        return [self.written(finding["code"], finding["values"]) for finding in findings]

    def joined(self, items: Sequence[str], style: ListStyle) -> str:
        """Return texts as one."""
        shown = items[: style.most]
        hidden = len(items) - len(shown)
        if hidden:
            return self.filled("format-more", shown=", ".join(shown), n_hidden=hidden)
        if style.last is not None and len(shown) > 1:
            code = _AND_BEFORE_I if _BEGINS_WITH_I.match(shown[-1]) else style.last
            return self.filled(code, first=", ".join(shown[:-1]), last=shown[-1])
        return ", ".join(shown)

    def number(self, text: str) -> str:
        """Return a number's text with the decimal and the thousands mark of the language."""
        if self._language == CODES:
            return text
        return _MARK.sub(self._marked, text)

    def _marked(self, found: re.Match[str]) -> str:
        return (
            self.filled("format-four-digits", **found.groupdict()) if found["first"] else self.filled(_MARKS[found[0]])
        )

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one value."""
        if isinstance(value, Worded):
            return self.said(value)
        if format_spec.startswith(("@", "?")):
            return self._referred(format_spec[1:], value) if value or format_spec.startswith("@") else ""
        name, _, argument = format_spec.partition(" ")
        if name in STRUCTURES:
            return STRUCTURES[name](self, value, argument)
        if name in LISTS:
            return self.joined([LISTS[name].one(item) for item in value], LISTS[name])
        if name in NUMBERS:
            return self.number(written_number(value, name))
        formatted = format(value, format_spec)
        is_rounded = isinstance(value, float) or (format_spec and isinstance(value, int))
        return self.number(formatted) if is_rounded else formatted

    def _referred(self, code: str, value: Any) -> str:
        if isinstance(value, list) and "*" in code:
            return ", ".join(self._referred(code, item) for item in value)
        return self.filled(code.replace("*", str(value)), value=value)


def _on_its_line(value: Any) -> Any:
    """Return a value with its line ends and the like as escapes, so that no name in it begins a line of its own."""
    if not isinstance(value, str) or isinstance(value, Worded):
        return value
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in value)
