"""Texts of a page in every language at once: the page shows one of them, and switches in place.

What is made for one language is made for each, and the results are merged: where they are equal they stand once, where
they differ the text becomes `Words`. Numbers of figures, names and what is typed are therefore never doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from optbench.words import spoken_language, text
from optbench.words.catalogue import languages
from optbench.words.tables import language_tag, localised, number

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True)
class Words:
    """A text that is not the same in all languages of a page.

    Attributes
    ----------
    texts : tag of a language (BCP 47) -> text; the page's first language is the first
    """

    texts: Mapping[str, str]

    @property
    def said(self) -> str:
        """The text in the page's first language."""
        return next(iter(self.texts.values()))

    def __html__(self) -> str:
        """Return what a template shows: the text of each language, of which the style sheet hides all but one."""
        return self.marked("span")

    def marked(self, tag: str) -> str:
        """Return the escaped text of each language within an element that names the language."""
        return "".join(f'<{tag} lang="{name}">{escape(said)}</{tag}>' for name, said in self.texts.items())

    def __str__(self) -> str:
        return self.said


Text = str | Words


@dataclass(frozen=True, slots=True)
class Speech:
    """The languages of a page.

    Attributes
    ----------
    languages : names of languages; the first is the one that is shown at first
    """

    languages: tuple[str, ...]

    @classmethod
    def of_page(cls, language: str | None = None) -> Self:
        """Return the language that is asked for and the others that come with optbench.

        A language that does not come with it, such as the folder of a translation that is tried, stands alone.
        """
        spoken = spoken_language(language)
        known = languages()
        return cls((spoken, *(other for other in known if other != spoken)) if spoken in known else (spoken,))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag of each language."""
        return tuple(map(language_tag, self.languages))

    def each(self, make: Callable[[str], Any]) -> Any:
        """Return what `make` gives for each language, merged: texts that differ are `Words`.

        Raises
        ------
        ValueError
            If more than texts differ: another number of rows, say.
        """
        return _merged(dict(zip(self.tags, map(make, self.languages), strict=True)))

    def text(self, code: str, /, **values: Any) -> Text:
        """Return a text of the catalogue."""
        said: Text = self.each(lambda language: text(code, language, **values))
        return said

    def number(self, value: float | None, name: str) -> Text:
        """Return a number in one of the formats that texts have."""
        said: Text = self.each(lambda language: number(value, name, language))
        return said

    def localised(self, written: str) -> Text:
        """Return a number that is written with the marks of English."""
        said: Text = self.each(lambda language: localised(written, language))
        return said


def _merged(found: Mapping[str, Any]) -> Any:
    """Return values of several languages as one; the keys are tags."""
    first, *others = found.values()
    if all(other == first for other in others):
        return first
    if all(isinstance(one, str | Words) for one in found.values()):
        return Words({tag: str(one) for tag, one in found.items()})
    if any(type(other) is not type(first) for other in others):
        raise ValueError(f"a page has other things to say in another language: {type(first).__name__}")
    if is_dataclass(first) and not isinstance(first, type):
        names = [one.name for one in fields(first)]
        return replace(
            first, **{name: _merged({tag: getattr(one, name) for tag, one in found.items()}) for name in names}
        )
    if isinstance(first, Mapping):
        _require_equal(found, set)
        return {key: _merged({tag: one[key] for tag, one in found.items()}) for key in first}
    if isinstance(first, Sequence) and not isinstance(first, str):
        _require_equal(found, len)
        items = [_merged({tag: one[place] for tag, one in found.items()}) for place in range(len(first))]
        return items if isinstance(first, list) else tuple(items)
    raise ValueError(f"a page has other values in another language: {first!r}")


def _require_equal(found: Mapping[str, Any], measure: Callable[[Any], Any]) -> None:
    first, *others = map(measure, found.values())
    if any(other != first for other in others):
        raise ValueError("a page has more to say in one language than in another")


def text_json(said: Text) -> str | dict[str, str]:
    """Return a text as a value of JSON: a string, or one for each language by its tag."""
    return dict(said.texts) if isinstance(said, Words) else said


def marked(said: Text, tag: str = "span") -> str:
    """Return a text as escaped markup."""
    return said.marked(tag) if isinstance(said, Words) else escape(said)


def named(said: Text, attribute: str) -> str:
    """Return an attribute that holds a text, and its texts in all languages, from which the script takes them."""
    shown = f'{attribute}="{escape(str(said))}"'
    if not isinstance(said, Words):
        return shown
    others = " ".join(f'data-{name}="{escape(told)}"' for name, told in said.texts.items())
    return f'{shown} data-say="{attribute}" {others}'
