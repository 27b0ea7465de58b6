"""Sentences of errors: English where they are made, and what another language needs to say the same.

An error is raised far below the room that has the languages, and its message is read by programs and records as well as
by people. So it is a text like every other, in English, that also knows its code and its values; `optbench.words` says
it in another language, and whoever knows nothing of that has the English text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GENERAL: Final = "format-error-in-general"
"""The code of what is said of an error whose sentence there is in English only: its kind, and the English sentence."""


class Worded(str):
    """An English text that other languages have, too.

    What is computed of it, such as `f"{text}"` or `text.strip()`, is a plain text: `joined` keeps the parts.

    Attributes
    ----------
    code : of its text in the catalogues; "" of a text that consists of others
    values : what is filled in, by name; a value may be such a text itself
    parts : what it consists of
    template : its English with placeholders
    """

    __slots__ = ("code", "parts", "template", "values")

    code: str
    values: Mapping[str, Any]
    parts: tuple[str, ...]
    template: str

    def __new__(
        cls,
        english: str,
        code: str = "",
        values: Mapping[str, Any] | None = None,
        parts: Iterable[str] = (),
        template: str = "",
    ) -> Self:
        """Return the text; whoever raises an error calls `worded` or `joined`."""
        made = super().__new__(cls, english)
        made.code, made.values, made.parts, made.template = code, dict(values or {}), tuple(parts), template
        return made

    def respelt(self, change: Callable[[str], str]) -> Worded:
        """Return it with its English, and what stands in it as it is, written in another way."""
        parts = [part.respelt(change) if isinstance(part, Worded) else change(part) for part in self.parts]
        return Worded(change(str(self)), self.code, self.values, parts, self.template)

    def retold(self, name: str, texts: Mapping[str, str]) -> Worded:
        """Return it, and what stands in it, with another text where a value of that name is one of some texts.

        Examples
        --------
        >>> told = worded("rows-sheet", "{setting} must name a sheet.", setting="dataset.sheet")
        >>> told.retold("setting", {"dataset.sheet": "--sheet"})
        '--sheet must name a sheet.'
        """
        if self.parts:
            return joined(*(_retold(part, name, texts) for part in self.parts))
        if not self.template:
            return self
        values = {key: _retold(value, name, texts) for key, value in self.values.items()}
        if name in values:
            values[name] = texts.get(values[name], values[name])
        return Worded(self.template.format(**values), self.code, values, template=self.template)


def worded(code: str, english: str, /, **values: Any) -> Worded:
    """Return a sentence.

    Parameters
    ----------
    code : of the sentence in the catalogues
    english : the sentence on one line, with placeholders as `str.format` takes them; `python tools/write_words.py`
        copies it into the English catalogue, for translators
    values : what is filled in

    Examples
    --------
    >>> sentence = worded("file-no-such", "{path}: there is no such file.", path="a.yaml")
    >>> sentence, sentence.code, sentence.values["path"]
    ('a.yaml: there is no such file.', 'file-no-such', 'a.yaml')
    """
    return Worded(english.format(**values), code, values, template=english)


def _retold(value: Any, name: str, texts: Mapping[str, str]) -> Any:
    return value.retold(name, texts) if isinstance(value, Worded) else value


def joined(*parts: str, between: str = "") -> Worded:
    """Return several texts as one; those that are plain, such as names and marks, are the same in every language.

    Examples
    --------
    >>> joined("a.yaml", worded("file-no-such", "there is no such file."), between=": ")
    'a.yaml: there is no such file.'
    """
    pieces = [piece for part in parts for piece in (between, part)][1:]
    return Worded(between.join(parts), parts=pieces)


def said_in_general(code: str, english: str) -> Worded:
    """Return an error's sentence; other languages say of one that has no words what its kind is, and show it below.

    Parameters
    ----------
    code : of the error, as docs/error-codes.md lists it
    """
    if isinstance(english, Worded):
        return english
    return Worded(english, GENERAL, {"error": code, "message": joined(english)})


def recognised(said: str, sentences: Mapping[str, Callable[..., str]]) -> str:
    """Return what another library says with its words, if it is one of the sentences known.

    Parameters
    ----------
    sentences : by a pattern of the whole sentence, what makes the same one from the named groups of the pattern; what a
        later version of the library says in another way is none of them

    Examples
    --------
    >>> known = {"no (?P<what>[a-z]+)": lambda **found: worded("typed-none", "no {what}", **found)}
    >>> recognised("no egg", known).code, isinstance(recognised("no two eggs", known), Worded)
    ('typed-none', False)
    """
    for pattern, words in sentences.items():
        found = re.fullmatch(pattern, said)
        told = words(**found.groupdict()) if found else ""
        if told == said:
            return told
    return said
